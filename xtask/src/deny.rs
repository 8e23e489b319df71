//! `cargo xtask deny`: licences, banned and duplicate dependencies, their sources, and known advisories.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::{process, say, tools};

/// Checks what `deny.toml` says. Advisories are checked where their database can be reached.
pub fn run() -> Result<ExitCode> {
    let programs = tools::cargo_deny()?;
    say::progress("» licences, bans, duplicates and sources");
    process::quietly(&mut cargo_deny(&programs, &["check", "bans", "licenses", "sources"])?)?
        .or_fail("`cargo deny check`")?;
    say::progress("» advisories");
    if process::quietly(&mut cargo_deny(&programs, &["fetch", "db"])?)?.succeeded {
        process::quietly(&mut cargo_deny(&programs, &["check", "advisories"])?)?
            .or_fail("`cargo deny check advisories`")?;
        say::result("Licences, bans, duplicates, sources and advisories are as they should be.");
    } else {
        say::result("Licences, bans, duplicates and sources are as they should be.");
        say::progress("  not checked: the database of advisories cannot be reached from here");
    }
    Ok(ExitCode::SUCCESS)
}

fn cargo_deny(programs: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = process::command("cargo");
    command.arg("deny").args(arguments).env("PATH", process::path_with([programs])?);
    Ok(command)
}
