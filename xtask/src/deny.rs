//! `cargo xtask deny`: licences, banned and duplicate dependencies, their sources, and known advisories.

mod advisories;
mod clone;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use crate::{process, say, tools};
use advisories::{Advisories, Locked};

/// Flags of `cargo xtask deny`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Only write xtask/data/advisories.csv anew, from a clone of the RustSec advisory database; cargo-deny has one
    /// in ~/.cargo/advisory-dbs where it can reach it
    #[arg(long, value_name = "CLONE")]
    keep_advisories: Option<PathBuf>,
}

/// Checks what `deny.toml` says, and advisories: by the live database where it can be reached, else by the list
/// that is kept here.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some(clone) = &arguments.keep_advisories {
        let advisories = clone::read(clone)?;
        advisories.keep()?;
        say::result(&format!("Kept {} advisories of {}.", advisories.list.len(), advisories.as_of));
        return Ok(ExitCode::SUCCESS);
    }
    let programs = tools::cargo_deny()?;
    say::progress("» licences, bans, duplicates and sources");
    process::quietly(&mut cargo_deny(&programs, &["check", "bans", "licenses", "sources"])?)?
        .or_fail("`cargo deny check`")?;
    say::progress("» advisories");
    if process::quietly(&mut cargo_deny(&programs, &["fetch", "db"])?)?.succeeded {
        process::quietly(&mut cargo_deny(&programs, &["check", "advisories"])?)?
            .or_fail("`cargo deny check advisories`")?;
    } else {
        check_kept()?;
    }
    say::result("Licences, bans, duplicates, sources and advisories are as they should be.");
    Ok(ExitCode::SUCCESS)
}

/// By the list in the tree, and says how old it is.
fn check_kept() -> Result<()> {
    let (advisories, locked) = (Advisories::kept()?, Locked::all()?);
    let as_of = &advisories.as_of;
    say::progress(&format!("  today's cannot be reached from here: these are of {as_of}"));
    let found: Vec<_> = advisories.vulnerable(&locked)?.iter().map(ToString::to_string).collect();
    if !found.is_empty() {
        bail!("vulnerable, as was known on {as_of}: {}", found.join(", "));
    }
    Ok(())
}

fn cargo_deny(programs: &Path, arguments: &[&str]) -> Result<Command> {
    let mut command = process::command("cargo");
    command.arg("deny").args(arguments).env("PATH", process::path_with([programs])?);
    Ok(command)
}
