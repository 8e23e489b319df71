//! A kept list of what is known of published packages, for where the live database cannot be reached.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::workspace;

/// What parts several ranges in a column.
const OR: &str = " || ";

/// The lines above the columns, each after a `#`.
const PREAMBLE: &str = "\
# Of the RustSec advisory database, https://github.com/rustsec/advisory-db, CC0-1.0, as of ";
const PREAMBLE_END: &str = ".
# Where `source` names an advisory of GitHub's database, ours is adapted from that one, under CC-BY-4.0.
# Written by `cargo xtask deny --keep-advisories <CLONE>`.
";

/// The whole list.
pub struct Advisories {
    /// The day of the database, such as `2025-02-24`.
    pub as_of: String,
    /// Ordered by package.
    pub list: Vec<Advisory>,
}

/// What is known of one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advisory {
    /// Such as `RUSTSEC-2020-0071`.
    pub id: String,
    /// The package's name.
    pub package: String,
    /// `vulnerability`, `unsound`, `unmaintained` or `notice`.
    pub kind: String,
    /// Ranges of versions in which it is mended.
    pub patched: String,
    /// Ranges of versions in which it has never been.
    pub unaffected: String,
    /// Where it was published first, if its licence asks to say so.
    pub source: String,
}

impl Advisory {
    /// Joins ranges as a column holds them.
    pub fn ranges(ranges: &[String]) -> String {
        ranges.join(OR)
    }

    /// Whether this version is affected.
    fn affects(&self, version: &Version) -> Result<bool> {
        for range in [&self.patched, &self.unaffected].into_iter().flat_map(|column| column.split(OR)) {
            if range.is_empty() {
                continue;
            }
            let range =
                VersionReq::parse(range).with_context(|| format!("{} has the range {range}", self.id))?;
            if range.matches(version) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Advisories {
    /// The list that is kept in the tree.
    pub fn kept() -> Result<Self> {
        let path = Self::path();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let as_of = text.strip_prefix(PREAMBLE).and_then(|rest| rest.get(..10));
        let as_of = as_of.context("the list of advisories does not say of which day it is")?.to_owned();
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let list = reader.deserialize().collect::<Result<_, _>>().context("the list of advisories")?;
        Ok(Self { as_of, list })
    }

    /// Puts this list into the tree.
    pub fn keep(&self) -> Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for advisory in &self.list {
            writer.serialize(advisory)?;
        }
        let rows = String::from_utf8(writer.into_inner()?)?;
        let text = [PREAMBLE, &self.as_of, PREAMBLE_END, &rows].concat();
        fs::write(Self::path(), text).context("cannot write the list of advisories")
    }

    /// What is known to be vulnerable of what is locked.
    pub fn vulnerable<'a>(&'a self, locked: &'a [Locked]) -> Result<Vec<Found<'a>>> {
        let mut found = Vec::new();
        for advisory in self.list.iter().filter(|advisory| advisory.kind == "vulnerability") {
            for package in locked.iter().filter(|package| package.name == advisory.package) {
                if advisory.affects(&package.version)? {
                    found.push(Found { advisory, package });
                }
            }
        }
        Ok(found)
    }

    fn path() -> PathBuf {
        workspace::root().join("xtask/data/advisories.csv")
    }
}

/// A package of a `Cargo.lock`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Locked {
    name: String,
    version: Version,
}

impl Locked {
    /// All packages of this workspace, and of the fuzzer's.
    pub fn all() -> Result<Vec<Self>> {
        let mut all = BTreeSet::new();
        for file in ["Cargo.lock", "crates/sessions/fuzz/Cargo.lock"] {
            all.extend(Self::of(&workspace::root().join(file))?);
        }
        Ok(all.into_iter().collect())
    }

    fn of(file: &Path) -> Result<Vec<Self>> {
        #[derive(Deserialize)]
        struct Lock {
            package: Vec<Locked>,
        }
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let lock: Lock = toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(lock.package)
    }
}

/// A package with something known of it.
pub struct Found<'a> {
    advisory: &'a Advisory,
    package: &'a Locked,
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.package.name, self.package.version, self.advisory.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str, version: &str) -> Locked {
        Locked { name: name.to_owned(), version: version.parse().unwrap() }
    }

    fn found(name: &str, version: &str) -> Vec<String> {
        let (advisories, locked) = (Advisories::kept().unwrap(), [locked(name, version)]);
        advisories.vulnerable(&locked).unwrap().iter().map(ToString::to_string).collect()
    }

    /// ASVS V15.2.1.
    #[test]
    fn nothing_that_is_locked_is_known_to_be_vulnerable() {
        let (advisories, locked) = (Advisories::kept().unwrap(), Locked::all().unwrap());
        assert!(advisories.list.len() > 600 && locked.len() > 300);
        let found: Vec<_> = advisories.vulnerable(&locked).unwrap().iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "by RustSec's database of {}: {found:?}", advisories.as_of);
    }

    #[test]
    fn what_is_neither_patched_nor_unaffected_is_found() {
        assert_eq!(found("time", "0.1.44"), ["time 0.1.44: RUSTSEC-2020-0071"]);
        for version in ["0.2.0", "0.2.23", "0.3.55"] {
            assert_eq!(found("time", version), [""; 0], "{version}");
        }
        assert_eq!(found("rsa", "0.9.6"), ["rsa 0.9.6: RUSTSEC-2023-0071"], "never patched");
    }

    /// Whoever reads the page must know how old the list is.
    #[test]
    fn the_security_page_says_of_which_day_the_list_is() {
        let page = fs::read_to_string(workspace::root().join("docs/security.md")).unwrap();
        let as_of = Advisories::kept().unwrap().as_of;
        assert!(page.contains(&format!("RustSec's database of {as_of}")), "{as_of}");
    }
}
