//! `cargo xtask settings`: the reference of all settings.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};

use crate::{process, say, workspace};

/// Writes `docs/settings.md` from the docs in `server/src/config`.
pub fn run() -> Result<ExitCode> {
    let mut command = process::command("cargo");
    command.args(["run", "--quiet", "--package", "server", "--example", "settings"]);
    let output = command.stderr(std::process::Stdio::inherit()).output().context("cargo does not run")?;
    ensure!(output.status.success(), "the reference could not be made");
    let path = workspace::root().join("docs/settings.md");
    fs::write(&path, output.stdout).with_context(|| format!("cannot write {}", path.display()))?;
    say::result("docs/settings.md is up to date");
    Ok(ExitCode::SUCCESS)
}
