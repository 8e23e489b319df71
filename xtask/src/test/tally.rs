//! How many tests passed and failed.

use std::fmt;

use serde_json::Value;

/// Counts over all kinds of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    passed: u64,
    failed: u64,
    /// Those of the passed that needed a second try.
    flaky: u64,
}

impl Tally {
    /// Adds up libtest's closing lines, one for each test binary.
    pub fn of_cargo(lines: &[String]) -> Self {
        let mut sum = Self::default();
        for line in lines.iter().filter_map(|line| line.strip_prefix("test result: ")) {
            let (passed, failed) = (number_before(line, " passed"), number_before(line, " failed"));
            sum.add(Self { passed, failed, flaky: 0 });
        }
        sum
    }

    /// The counts in the report of Playwright's JSON reporter; what passes at a second try has passed.
    pub fn of_playwright(report: &str) -> Self {
        let report: Value = serde_json::from_str(report).unwrap_or_default();
        let count =
            |name: &str| report.pointer(&format!("/stats/{name}")).and_then(Value::as_u64).unwrap_or(0);
        let flaky = count("flaky");
        Self { passed: count("expected") + flaky, failed: count("unexpected"), flaky }
    }

    /// Schemathesis' closing lines: `209 generated, 4 found 3 unique failures`, or `209 generated, 209 passed`.
    pub fn of_schemathesis(lines: &[String]) -> Self {
        let summary = lines.iter().rev().find(|line| line.contains(" generated, "));
        let number = |word| summary.map_or(0, |line| number_before(line, word));
        let (all, failed) = (number(" generated"), number(" found"));
        Self { passed: all.saturating_sub(failed), failed, flaky: 0 }
    }

    /// A run that failed before it could count a failure counts as one.
    pub fn own_up_to_failure(&mut self, succeeded: bool) {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
    }

    /// Takes in another count.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.flaky += other.flaky;
    }

    /// For the end of one kind.
    pub fn summary(self) -> String {
        match self.flaky {
            0 => format!("{} passed", self.passed),
            flaky => format!("{} passed, {flaky} of them at a second try,", self.passed),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "tests: {} passed, {} failed", self.passed, self.failed)
    }
}

fn number_before(line: &str, word: &str) -> u64 {
    line.split_once(word)
        .and_then(|(before, _)| before.split_whitespace().next_back())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_test_binaries_are_added_up() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.03s",
            "test login::works ... ok",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ]
        .map(str::to_owned);
        assert_eq!(Tally::of_cargo(&lines), Tally { passed: 15, failed: 2, flaky: 0 });
    }

    #[test]
    fn a_browser_test_that_passes_at_its_second_try_has_passed() {
        let report = r#"{"stats": {"expected": 7, "flaky": 1, "unexpected": 2, "skipped": 3}}"#;
        let tally = Tally::of_playwright(report);
        assert_eq!(tally, Tally { passed: 8, failed: 2, flaky: 1 });
        assert_eq!(tally.summary(), "8 passed, 1 of them at a second try,");
    }

    #[test]
    fn requests_of_schemathesis_are_counted() {
        let tally = |line: &str| Tally::of_schemathesis(&["Test cases:".to_owned(), line.to_owned()]);
        let some_failed = tally("  209 generated, 4 found 3 unique failures");
        assert_eq!(some_failed, Tally { passed: 205, failed: 4, flaky: 0 });
        assert_eq!(tally("  317 generated, 317 passed"), Tally { passed: 317, failed: 0, flaky: 0 });
    }

    #[test]
    fn a_run_that_broke_down_counts_as_one_failure() {
        let mut tally = Tally::of_playwright("");
        tally.own_up_to_failure(false);
        assert_eq!(tally.to_string(), "tests: 0 passed, 1 failed");
    }
}
