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

    fn exit_code(succeeded: bool, lines: &[&str]) -> Result<ExitCode> {
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        report(Transcript { succeeded, lines, took: Duration::ZERO })
    }

    #[test]
    fn rules_that_all_hold_are_a_success() {
        let done = exit_code(true, &["test stores::memory::a_read_never_writes ... ok", LAYER]);
        assert_eq!(done.unwrap(), ExitCode::SUCCESS);
    }

    #[test]
    fn a_broken_rule_is_a_failure() {
        let done = exit_code(false, &["test stores::memory::a_read_never_writes ... FAILED", LAYER]);
        assert_eq!(done.unwrap(), ExitCode::FAILURE);
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
        let lines = [
            "test stores::memory::a_read_never_writes ... ok",
            "test stores::sqlite::a_read_never_writes ... ok",
            "test stores::sqlite::odd_values_survive_unchanged ... ok",
            LAYER,
        ];
        assert_eq!(exit_code(true, &lines).unwrap(), ExitCode::FAILURE);
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
        let lines = ["test stores::memory::a_read_never_writes ... ok", LAYER, "(signal: 6, SIGABRT)"];
        assert!(exit_code(false, &lines).is_err());
    }
}
