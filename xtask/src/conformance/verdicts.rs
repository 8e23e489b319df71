//! What libtest printed about the rules, store by store.

use std::collections::{BTreeMap, BTreeSet};

/// How one store stands to one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The test passed.
    Kept,
    /// The test passed without anything to hold, for this reason.
    NotApplicable(String),
    /// The test failed.
    Broken,
    /// The store has no such test, or it was ignored.
    NotRun,
}

/// The verdicts on all rules in all stores.
pub struct Verdicts {
    /// The module of the tests in which each store has its own.
    pub module: &'static str,
    /// By rule, then by store.
    known: BTreeMap<String, BTreeMap<String, Verdict>>,
}

impl Verdicts {
    /// Reads what libtest prints with `--show-output` of the tests in `module`: a line for each, then a section
    /// for each that said something.
    pub fn of_libtest(lines: &[String], module: &'static str) -> Self {
        let mut verdicts = Self { module, known: BTreeMap::new() };
        let mut section = None;
        for line in lines {
            if let Some((test, verdict)) = outcome(line) {
                verdicts.put(test, verdict);
            } else if let Some(test) = section_heading(line) {
                section = Some(test);
            } else if let Some((test, reason)) = section.zip(line.strip_prefix("not applicable: ")) {
                verdicts.excuse(test, reason);
            }
        }
        verdicts
    }

    /// Whether not a single rule was run.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether each store keeps each rule, or has nothing to hold there.
    pub fn all_hold(&self) -> bool {
        self.count(|verdict| matches!(verdict, Verdict::Broken | Verdict::NotRun)) == 0
    }

    /// All rules, as their tests are named.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }

    /// All stores, as their modules are named.
    pub fn stores(&self) -> BTreeSet<&str> {
        self.known.values().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// How a store stands to a rule.
    pub fn on(&self, rule: &str, store: &str) -> &Verdict {
        self.known.get(rule).and_then(|stores| stores.get(store)).unwrap_or(&Verdict::NotRun)
    }

    /// Rule by rule, how each store stands to it.
    pub fn iter(&self) -> impl Iterator<Item = &Verdict> {
        let stores = self.stores();
        self.rules().flat_map(move |rule| stores.clone().into_iter().map(move |store| self.on(rule, store)))
    }

    /// How many verdicts are such.
    pub fn count(&self, is_such: impl Fn(&Verdict) -> bool) -> usize {
        self.iter().filter(|verdict| is_such(verdict)).count()
    }

    fn put(&mut self, test: &str, verdict: Verdict) {
        if let Some((store, rule)) = store_and_rule(self.module, test) {
            self.known.entry(rule.to_owned()).or_default().insert(store.to_owned(), verdict);
        }
    }

    /// A test that failed after it had said so is broken all the same.
    fn excuse(&mut self, test: &str, reason: &str) {
        let known = store_and_rule(self.module, test)
            .and_then(|(store, rule)| self.known.get_mut(rule)?.get_mut(store));
        if let Some(verdict @ Verdict::Kept) = known {
            *verdict = Verdict::NotApplicable(reason.to_owned());
        }
    }
}

/// `test stores::memory::a_read_never_writes ... ok`
fn outcome(line: &str) -> Option<(&str, Verdict)> {
    let (test, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let verdict = match outcome {
        "ok" => Verdict::Kept,
        "FAILED" => Verdict::Broken,
        _ => Verdict::NotRun,
    };
    Some((test, verdict))
}

/// `---- stores::memory::a_read_never_writes stdout ----`
fn section_heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// A module directly below `stores` is a store, and a test directly in it is a rule. Other tests are about
/// something else.
fn store_and_rule<'a>(module: &str, test: &'a str) -> Option<(&'a str, &'a str)> {
    let (store, rule) = test.strip_prefix(module)?.strip_prefix("::")?.split_once("::")?;
    (!rule.contains("::")).then_some((store, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "
running 7 tests
test stores::a_name_too_many_is_passed_over ... ok
test stores::memory::a_read_never_writes ... ok
test stores::sqlite::a_read_never_writes ... ok
test stores::memory::odd_values_survive_unchanged ... FAILED
test stores::sqlite::odd_values_survive_unchanged ... ok
test stores::sqlite::a_touch_never_revives ... ok
test stores::sqlite::a_reason_is_kept_for_a_day ... ignored

successes:

---- stores::sqlite::a_read_never_writes stdout ----
opened sessions.db

---- stores::memory::a_read_never_writes stdout ----
a line of the store
not applicable: nobody can look inside


successes:
    stores::memory::a_read_never_writes

failures:

---- stores::memory::odd_values_survive_unchanged stdout ----
not applicable: nothing is odd here
thread 'stores::memory::odd_values_survive_unchanged' panicked at stores.rs:1:1:
";

    fn sample() -> Verdicts {
        Verdicts::of_libtest(&SAMPLE.lines().map(str::to_owned).collect::<Vec<_>>(), "stores")
    }

    #[test]
    fn a_test_that_passes_is_a_rule_kept() {
        assert_eq!(sample().on("a_read_never_writes", "sqlite"), &Verdict::Kept);
    }

    #[test]
    fn what_does_not_apply_gives_its_reason() {
        let reason = Verdict::NotApplicable("nobody can look inside".to_owned());
        assert_eq!(sample().on("a_read_never_writes", "memory"), &reason);
    }

    #[test]
    fn a_test_that_fails_is_broken_whatever_it_said() {
        assert_eq!(sample().on("odd_values_survive_unchanged", "memory"), &Verdict::Broken);
    }

    #[test]
    fn a_test_that_is_missing_or_ignored_was_not_run() {
        assert_eq!(sample().on("a_touch_never_revives", "memory"), &Verdict::NotRun);
        assert_eq!(sample().on("a_reason_is_kept_for_a_day", "sqlite"), &Verdict::NotRun);
        assert!(!sample().all_hold());
    }

    #[test]
    fn only_tests_in_the_module_of_a_store_are_rules() {
        let rules = [
            "a_read_never_writes",
            "a_reason_is_kept_for_a_day",
            "a_touch_never_revives",
            "odd_values_survive_unchanged",
        ];
        assert_eq!(sample().rules().collect::<Vec<_>>(), rules);
        assert_eq!(sample().stores().into_iter().collect::<Vec<_>>(), ["memory", "sqlite"]);
        assert_eq!(store_and_rule("stores", "stores::sqlite::file::a_reader_never_waits"), None);
        assert_eq!(store_and_rule("stores", "http::stores::memory::a_read_never_writes"), None);
    }

    #[test]
    fn the_section_of_another_test_excuses_nobody() {
        let lines = [
            "test stores::memory::a_read_never_writes ... ok",
            "---- stores::memory::a_read_never_writes stdout ----",
            "---- stores::a_name_too_many_is_passed_over stdout ----",
            "not applicable: no accounts",
        ];
        let verdicts = Verdicts::of_libtest(&lines.map(str::to_owned), "stores");
        assert_eq!(verdicts.on("a_read_never_writes", "memory"), &Verdict::Kept);
    }

    #[test]
    fn without_tests_there_are_no_verdicts() {
        assert!(Verdicts::of_libtest(&[], "stores").is_empty());
    }
}
