//! `cargo xtask passwords`: the list of passwords that are refused as common.
//!
//! `crates/auth/data/collect.mjs` makes it of packaged lists, with the versions and checksums of the lock file beside
//! it. The list is committed, so that nobody needs npm to build the server; the test run makes it again, and fails
//! when the two differ.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::{node, process, say, workspace};

/// Writes the list.
pub fn run() -> Result<ExitCode> {
    let list = collect()?;
    fs::write(file(), &list).context("cannot write the list of common passwords")?;
    say::result(&format!("{} common passwords", list.lines().count()));
    Ok(ExitCode::SUCCESS)
}

/// Compares the list with what its sources say.
pub fn check() -> Result<String> {
    let written = fs::read_to_string(file()).context("cannot read the list of common passwords")?;
    if written != collect()? {
        bail!("{} is not what its sources say; `cargo xtask passwords` writes it", file().display());
    }
    Ok(format!("{} as their sources say", written.lines().count()))
}

fn collect() -> Result<String> {
    node::packages(&folder(), "lists of passwords")?;
    let script = folder().join("collect.mjs");
    let list = process::answer(process::command("node").arg(script));
    Ok(list.context("`node crates/auth/data/collect.mjs` fails")? + "\n")
}

fn folder() -> PathBuf {
    workspace::root().join("crates/auth/data")
}

fn file() -> PathBuf {
    folder().join("common-passwords.txt")
}
