//! `cargo xtask test`: everything that can be checked, the quickest first.

mod api;
mod tally;

use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::site::{self, Mode};
use crate::{asvs, browser, node, passwords, process, say, services, wasm_target, workspace};
use tally::Tally;

/// Runs one kind of check after another, up to the first that fails. Ends with one line that counts the tests.
pub fn run() -> ExitCode {
    let mut tally = Tally::default();
    let outcome = every_kind(&mut tally);
    if let Err(failure) = &outcome {
        say::failure(failure);
    }
    say::result(&tally.to_string());
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn every_kind(tally: &mut Tally) -> Result<()> {
    node::ensure()?;
    kind("format", || check(cargo().args(["fmt", "--all", "--check"]), "`cargo fmt --check`"))?;
    kind("lints, server side", || check(&mut host_lints(), "clippy"))?;
    kind("lints, browser side", || {
        wasm_target::ensure()?;
        check(&mut browser_lints(), "clippy for wasm32")
    })?;
    kind("development build", || check(&mut development_check()?, "`cargo check` for development"))?;
    kind("session engine with one store alone", each_store_alone)?;
    kind("table of security requirements", asvs::check)?;
    kind("unit and HTTP tests", || {
        services::ensure()?;
        rust_tests(tally)
    })?;
    kind("REST API by its document", || api_tests(tally))?;
    kind("list of common passwords", passwords::check)?;
    kind("browser tests", || browser_tests(tally))
}

fn kind(name: &str, work: impl FnOnce() -> Result<String>) -> Result<()> {
    let started = Instant::now();
    say::progress(&format!("» {name}"));
    let summary = work()?;
    say::progress(&format!("  {summary} in {}", say::duration(started.elapsed())));
    Ok(())
}

fn check(command: &mut Command, work: &str) -> Result<String> {
    process::quietly(command)?.or_fail(work)?;
    Ok("passed".to_owned())
}

/// `frontend` stays out: it would turn on `hydrate` in the crates that the server shares with the browser.
fn host_lints() -> Command {
    let mut command = cargo();
    command.args([
        "clippy",
        "--workspace",
        "--exclude",
        "frontend",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]);
    command
}

/// The browser's entry point, and with it all that it is made of.
fn browser_lints() -> Command {
    let mut command = cargo();
    command.args(["clippy", "--package", "frontend", "--target", "wasm32-unknown-unknown"]);
    command.args(["--", "--deny", "warnings"]);
    command
}

/// cargo-leptos erases the views' types in development, and other code compiles then. In a folder of its own:
/// the two builds would undo each other.
fn development_check() -> Result<Command> {
    let mut command = cargo();
    command.args(["check", "--package", "app", "--features", "ssr"]);
    command.env("RUSTFLAGS", "--cfg erase_components");
    command.env("CARGO_TARGET_DIR", workspace::target_folder()?.join("development"));
    Ok(command)
}

/// Whoever takes the session engine may take one store of it, and no store may lean on another.
fn each_store_alone() -> Result<String> {
    for store in ["filesystem", "memory", "postgres", "redis", "sqlite"] {
        let mut command = cargo();
        command.args(["check", "--package", "sessions", "--no-default-features", "--features", store]);
        command.env("CARGO_TARGET_DIR", workspace::target_folder()?.join("development"));
        check(&mut command, &format!("`cargo check` of sessions with {store} alone"))?;
    }
    Ok("passed".to_owned())
}

fn rust_tests(tally: &mut Tally) -> Result<String> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--exclude", "frontend", "--no-fail-fast"]);
    let transcript = process::quietly(&mut command)?;
    let mut counted = Tally::of_cargo(&transcript.lines);
    counted.own_up_to_failure(transcript.succeeded);
    tally.add(counted);
    transcript.or_fail("`cargo test`")?;
    Ok(counted.summary())
}

/// Against the program that the tests before have built.
fn api_tests(tally: &mut Tally) -> Result<String> {
    let counted = api::run(&workspace::target_folder()?.join("debug/server"), tally)?;
    Ok(counted.summary())
}

/// Against the optimised build, since that is what visitors get. All of them over `SQLite`; those that are
/// about sessions also where sessions are elsewhere.
fn browser_tests(tally: &mut Tally) -> Result<String> {
    let site = site::ensure(Mode::Release)?;
    let browser = browser::ensure()?;
    let mut sum = Tally::default();
    for store in [None, Some("encrypted"), Some("redis"), Some("signed")] {
        say::progress(&format!("  running the journeys over {}", store.unwrap_or("sqlite")));
        let mut command = browser::playwright();
        command.arg("test").env("ANTEROOM_BINARY", &site.server);
        if let Some(store) = store {
            command.args(["--grep", "@journey"]).env("END2END_STORE", store);
        }
        if let Some(program) = &browser {
            command.env("CHROMIUM_PATH", program);
        }
        let counted = playwright(&mut command, tally)?;
        sum.add(counted);
    }
    Ok(sum.summary())
}

/// Runs Playwright, and counts by its report.
fn playwright(command: &mut Command, tally: &mut Tally) -> Result<Tally> {
    let report = workspace::target_folder()?.join("browser-tests.json");
    fs::remove_file(&report).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error).context("cannot remove the last report of the browser tests"),
    })?;
    command.arg("--reporter=list,json").env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    let transcript = process::quietly(command)?;
    let mut counted = Tally::of_playwright(&fs::read_to_string(&report).unwrap_or_default());
    counted.own_up_to_failure(transcript.succeeded);
    tally.add(counted);
    transcript.or_fail("`playwright test`")?;
    Ok(counted)
}

fn cargo() -> Command {
    process::command("cargo")
}
