//! `cargo xtask conformance`: which session store keeps which rule.

mod table;
mod verdicts;

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::process::{self, Transcript};
use crate::{say, services};
use table::Table;
use verdicts::Verdicts;

/// The modules of the rules, and what each is about.
const MODULES: [(&str, &str); 2] = [
    ("stores", "What every store holds to"),
    ("http", "What the layer holds to over every store, and with the record in the cookie"),
];
/// The columns that each table has to have, by module.
const COLUMNS: [&[&str]; 2] = [
    &[
        "cached_filesystem",
        "cached_postgres",
        "cached_sqlite",
        "encrypted",
        "filesystem",
        "memory",
        "postgres",
        "redis_alone",
        "redis_cached",
        "redis_cluster",
        "signed",
        "sqlite",
    ],
    &[
        "encrypted",
        "filesystem",
        "filesystem_cached",
        "memory",
        "postgres",
        "postgres_cached",
        "redis",
        "redis_cached",
        "redis_cluster",
        "signed",
        "signed_ids",
        "sqlite",
        "sqlite_cached",
    ],
];

/// Runs every rule in every store and prints the tables. Fails unless each store keeps each rule, or says why it
/// has nothing to hold there.
pub fn run() -> Result<ExitCode> {
    services::ensure()?;
    say::progress("» the rules of the session stores");
    let transcript = process::quietly(&mut rules())?;
    report(transcript)
}

/// Chosen as `cargo xtask test` chooses, so that neither builds again what the other has built.
fn rules() -> Command {
    let mut command = process::command("cargo");
    command.args(["test", "--workspace", "--exclude", "frontend", "--test", "it"]);
    command.args(["--", "stores::", "http::", "--show-output"]);
    command
}

/// What failed is shown before the table, so that the table is what a person sees last.
fn report(transcript: Transcript) -> Result<ExitCode> {
    let modules = MODULES.map(|(module, about)| (Verdicts::of_libtest(&transcript.lines, module), about));
    if modules.iter().all(|(verdicts, _)| verdicts.is_empty()) {
        transcript.or_fail("`cargo test`")?;
        bail!("`cargo test` ran no rule of a session store");
    }
    if !transcript.succeeded {
        transcript.show();
    }
    for (verdicts, about) in modules.iter().filter(|(verdicts, _)| !verdicts.is_empty()) {
        say::result(&format!("{about}:\n\n{}\n", Table::of(verdicts)));
    }
    if let Some((missing, _)) = modules.iter().find(|(verdicts, _)| verdicts.is_empty()) {
        bail!("`cargo test` ran no rule in the module `{}`", missing.module);
    }
    for ((verdicts, _), columns) in modules.iter().zip(COLUMNS) {
        let stores = verdicts.stores();
        if let Some(store) = columns.iter().find(|store| !stores.contains(*store)) {
            bail!("`cargo test` ran no rule for {store} in the module `{}`", verdicts.module);
        }
    }
    if !modules.iter().all(|(verdicts, _)| verdicts.all_hold()) {
        return Ok(ExitCode::FAILURE);
    }
    if !transcript.succeeded {
        bail!("`cargo test` failed, though every rule in the table holds; its output is above the table");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LAYER: &str = "test http::memory::merely_visiting_begins_nothing ... ok";

    /// Both rules for all stores that have to be there; a line that says the same of one of them stands for it.
    fn of_all_stores(lines: &[&str]) -> Vec<String> {
        let rules = ["stores::STORE::a_read_never_writes", "http::STORE::merely_visiting_begins_nothing"];
        let rules = rules.iter().zip(COLUMNS);
        let rules = rules.flat_map(|(rule, stores)| stores.iter().map(|store| rule.replace("STORE", store)));
        let said = |rule: &str| lines.iter().any(|line| line.starts_with(&format!("test {rule} ")));
        let others = rules.filter(|rule| !said(rule)).map(|rule| format!("test {rule} ... ok"));
        others.chain(lines.iter().map(|&line| line.to_owned())).collect()
    }

    fn exit_code(succeeded: bool, lines: &[&str]) -> Result<ExitCode> {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        report(Transcript { succeeded, lines, took: Duration::ZERO })
    }

    fn exit_code_with(succeeded: bool, lines: &[&str]) -> Result<ExitCode> {
        report(Transcript { succeeded, lines: of_all_stores(lines), took: Duration::ZERO })
    }

    #[test]
    fn rules_that_all_hold_are_a_success() {
        assert_eq!(exit_code_with(true, &[]).unwrap(), ExitCode::SUCCESS);
    }

    #[test]
    fn a_broken_rule_is_a_failure() {
        let done = exit_code_with(false, &["test stores::memory::a_read_never_writes ... FAILED"]);
        assert_eq!(done.unwrap(), ExitCode::FAILURE);
    }

    #[test]
    fn a_store_that_is_in_no_rule_is_a_failure_that_names_it() {
        for missing in COLUMNS[1] {
            let lines = of_all_stores(&[]);
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            let without = format!("http::{missing}::");
            let lines: Vec<_> = lines.into_iter().filter(|line| !line.contains(&without)).collect();
            let error = exit_code(true, &lines).unwrap_err().to_string();
            assert!(error.contains(missing) && error.contains("`http`"), "{error}");
        }
    }

    #[test]
    fn a_module_without_rules_is_a_failure_that_names_it() {
        for (line, missing) in
            [("test stores::memory::a_read_never_writes ... ok", "`http`"), (LAYER, "`stores`")]
        {
            let error = exit_code(true, &[line]).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }

    #[test]
    fn a_rule_that_one_store_does_not_run_is_a_failure() {
        let lines = ["test stores::sqlite::odd_values_survive_unchanged ... ok"];
        assert_eq!(exit_code_with(true, &lines).unwrap(), ExitCode::FAILURE);
    }

    #[test]
    fn an_empty_transcript_is_a_failure() {
        assert!(exit_code(true, &[]).is_err());
        assert!(exit_code(true, &["running 0 tests"]).is_err());
    }

    #[test]
    fn a_build_that_fails_is_a_failure() {
        assert!(exit_code(false, &["error: could not compile `sessions`"]).is_err());
    }

    #[test]
    fn a_run_that_breaks_down_is_a_failure_though_no_rule_in_the_table_is_broken() {
        assert!(exit_code_with(false, &["(signal: 6, SIGABRT)"]).is_err());
    }
}
