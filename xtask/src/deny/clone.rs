//! A clone of the RustSec advisory database.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::advisories::{Advisories, Advisory};
use crate::process;

/// What stands above an advisory's text, between a line ```` ```toml ```` and one ```` ``` ````.
#[derive(Deserialize)]
struct FrontMatter {
    advisory: Head,
    versions: Versions,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    package: String,
    informational: Option<String>,
    withdrawn: Option<String>,
    license: Option<String>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

/// Every advisory about a package in this clone that was not withdrawn.
pub fn read(clone: &Path) -> Result<Advisories> {
    let mut git = process::command("git");
    git.arg("-C").arg(fs::canonicalize(clone)?).args(["log", "-1", "--format=%cs"]);
    let as_of = process::answer(&mut git).context("the database is no git clone")?;
    let mut list = Vec::new();
    for package in entries(&clone.join("crates"))? {
        for file in entries(&package)? {
            let text = fs::read_to_string(&file)?;
            list.extend(parse(&text).with_context(|| format!("cannot read {}", file.display()))?);
        }
    }
    list.sort_by(|one: &Advisory, other| (&one.package, &one.id).cmp(&(&other.package, &other.id)));
    Ok(Advisories { as_of, list })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    Ok(entries.collect::<Result<Vec<_>, _>>()?.into_iter().map(|entry| entry.path()).collect())
}

/// The advisory, unless it was withdrawn.
fn parse(text: &str) -> Result<Option<Advisory>> {
    let matter = text.strip_prefix("```toml\n").and_then(|rest| rest.split("\n```").next());
    let FrontMatter { advisory, versions } = toml::from_str(matter.context("it has no front matter")?)?;
    let is_credited = advisory.license.is_some_and(|license| license != "CC0-1.0");
    Ok(advisory.withdrawn.is_none().then(|| Advisory {
        id: advisory.id,
        package: advisory.package,
        kind: advisory.informational.unwrap_or_else(|| "vulnerability".to_owned()),
        patched: Advisory::ranges(&versions.patched),
        unaffected: Advisory::ranges(&versions.unaffected),
        source: advisory.url.filter(|_| is_credited).unwrap_or_default(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2024-0001\"\npackage = \"a\"\ndate = \"2024-01-01\"\n\
                        url = \"https://github.com/advisories/GHSA-1\"\nlicense = \"CC-BY-4.0\"\n\n\
                        [versions]\npatched = [\">= 1.2\", \"^0.9.3\"]\n```\n\n# A title\n\n```toml\nno = 1\n```\n";

    #[test]
    fn an_advisory_is_kept_with_its_ranges_and_whom_it_is_owed_to() {
        let advisory = parse(TEXT).unwrap().unwrap();
        assert_eq!((advisory.id.as_str(), advisory.kind.as_str()), ("RUSTSEC-2024-0001", "vulnerability"));
        assert_eq!((advisory.patched.as_str(), advisory.unaffected.as_str()), (">= 1.2 || ^0.9.3", ""));
        assert_eq!(advisory.source, "https://github.com/advisories/GHSA-1");
    }

    #[test]
    fn what_was_withdrawn_is_not_kept() {
        let text = TEXT.replace("[versions]", "withdrawn = \"2024-02-01\"\n\n[versions]");
        assert_eq!(parse(&text).unwrap(), None);
    }
}
