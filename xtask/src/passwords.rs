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

/// The packages are put below the target folder, since all that is in `crates` counts as source.
fn collect() -> Result<String> {
    let packages = workspace::target_folder()?.join("password-lists");
    fs::create_dir_all(&packages).with_context(|| format!("cannot write to {}", packages.display()))?;
    for name in ["package.json", "package-lock.json"] {
        let wanted = fs::read(folder().join(name)).with_context(|| format!("cannot read {name}"))?;
        // As it is if it is the same: npm is asked again only when it has changed.
        if fs::read(packages.join(name)).ok().as_ref() != Some(&wanted) {
            fs::write(packages.join(name), wanted).with_context(|| format!("cannot copy {name}"))?;
        }
    }
    node::packages(&packages, "lists of passwords")?;
    let mut node = process::command("node");
    node.arg(folder().join("collect.mjs")).arg(packages.join("node_modules"));
    let list = process::answer(&mut node).context("`node crates/auth/data/collect.mjs` fails")?;
    Ok(list + "\n")
}

fn folder() -> PathBuf {
    workspace::root().join("crates/auth/data")
}

fn file() -> PathBuf {
    folder().join("common-passwords.txt")
}
