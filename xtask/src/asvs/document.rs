//! The table of requirements and tests.

use std::fmt;

use super::evidence::Evidence;
use super::requirement::Requirement;

/// All requirements with the tests that hold them; its `Display` is `docs/asvs.md`.
pub struct Document<'a> {
    /// Every requirement.
    pub requirements: &'a [Requirement],
    /// Every test that holds some.
    pub evidence: &'a [Evidence],
}

const HEAD: &str = "\
# OWASP ASVS 5.0.0, row by row

Each requirement that concerns Anteroom, with the tests that hold it. Written by `cargo xtask asvs` from the tests' own words; the test run fails when a row that had a test loses it. [asvs.csv](asvs.csv) lists every requirement in our own words, with the reason for each that is left out.

To run the test of a row, take what stands after the last `::` of its name:

```sh
cargo test --workspace --exclude frontend a_restart_forgets_nothing
```

At least one `1 passed` must be among the results: the whole name finds nothing, and cargo calls that a success. What stands before says where the test is: `http::` and `attacks::` in `server/tests`, `it::` in `crates/sessions/tests`, `dependencies::` in `xtask/tests`, otherwise in the crate of that name. A rule of `sessions::conformance` runs once for each store. Some tests start `redis-server`, PostgreSQL or `strace`.

A name with `end2end::` is a browser test. `cargo xtask test` prepares it once (the site, Playwright and a browser); then, with `CHROMIUM_PATH` set if the browser is the system's:

```sh
cd end2end && npx playwright test --grep \"a password can be pasted\"
```
";

impl Document<'_> {
    /// `187 of 203 requirements are held by tests.`
    pub fn total(&self) -> String {
        let ours = self.ours(None).count();
        let held = self.ours(None).filter(|requirement| self.is_held(requirement)).count();
        format!("{held} of {ours} requirements are held by tests.")
    }

    /// How many are held at each level, and every one that is not.
    pub fn summary(&self) -> String {
        let levels = (1..=3).map(|level| {
            let held = self.ours(Some(level)).filter(|requirement| self.is_held(requirement)).count();
            format!("level {level}: {held} of {}", self.ours(Some(level)).count())
        });
        let missing = self.ours(None).filter(|requirement| !self.is_held(requirement));
        let missing = missing
            .map(|one| format!("missing {} ({}, level {}): {}", one.id, one.status, one.level, one.what));
        levels.chain(missing).chain([self.total()]).collect::<Vec<_>>().join("\n")
    }

    /// Ids that have a test in this earlier table, and none now.
    pub fn lost_since(&self, written: &str) -> Vec<String> {
        let had =
            written.lines().filter(|line| line.contains("| `")).filter_map(|line| line.split(" | ").next());
        let had = had.filter_map(|start| start.strip_prefix("| "));
        let is_lost = |id: &&str| !self.evidence.iter().any(|held| held.ids.iter().any(|held| held == id));
        had.filter(is_lost).map(str::to_owned).collect()
    }

    fn ours(&self, level: Option<u8>) -> impl Iterator<Item = &Requirement> {
        self.requirements
            .iter()
            .filter(move |one| one.is_ours() && level.is_none_or(|level| level == one.level))
    }

    fn tests_of(&self, requirement: &Requirement) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|held| held.ids.contains(&requirement.id))
    }

    fn is_held(&self, requirement: &Requirement) -> bool {
        self.tests_of(requirement).next().is_some()
    }
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\n{}\n", self.total())?;
        writeln!(f, "| id | level | requirement | test | what it shows |\n|---|--:|---|---|---|")?;
        for requirement in self.ours(None) {
            let (id, level, what) = (&requirement.id, requirement.level, escaped(&requirement.what));
            if !self.is_held(requirement) {
                writeln!(f, "| {id} | {level} | {what} | none yet | |")?;
            }
            for test in self.tests_of(requirement) {
                writeln!(f, "| {id} | {level} | {what} | `{}` | {} |", test.name, escaped(&test.shows))?;
            }
        }
        Ok(())
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(id: &str, status: &str) -> Requirement {
        let (what, how) = ("Something".to_owned(), String::new());
        Requirement { id: id.to_owned(), level: 1, status: status.to_owned(), what, how }
    }

    fn evidence(ids: &[&str]) -> Vec<Evidence> {
        let ids = ids.iter().map(|&id| id.to_owned()).collect();
        vec![Evidence { name: "http::a::b".to_owned(), shows: "B".to_owned(), ids }]
    }

    #[test]
    fn what_is_not_ours_is_neither_counted_nor_listed() {
        let requirements = [requirement("V1.1.1", "auto"), requirement("V1.1.2", "na")];
        let held = evidence(&["V1.1.1"]);
        let document = Document { requirements: &requirements, evidence: &held };
        assert_eq!(document.total(), "1 of 1 requirements are held by tests.");
        assert!(document.to_string().contains("| V1.1.1 | 1 | Something | `http::a::b` | B |"));
        assert!(!document.to_string().contains("V1.1.2"));
    }

    #[test]
    fn a_requirement_that_loses_its_last_test_is_named() {
        let requirements = [requirement("V1.1.1", "auto"), requirement("V1.1.3", "doc")];
        let (before, after) = (evidence(&["V1.1.1", "V1.1.3"]), evidence(&["V1.1.3"]));
        let written = Document { requirements: &requirements, evidence: &before }.to_string();
        let now = Document { requirements: &requirements, evidence: &after };
        assert_eq!(now.lost_since(&written), ["V1.1.1"]);
        assert!(now.summary().contains("missing V1.1.1 (auto, level 1)"));
    }

    #[test]
    fn a_requirement_that_never_had_a_test_is_not_lost() {
        let requirements = [requirement("V1.1.1", "auto")];
        let none = Document { requirements: &requirements, evidence: &[] };
        assert_eq!(none.lost_since(&none.to_string()), Vec::<String>::new());
    }
}
