//! Where things are: the workspace, what its build leaves, and the user's cache.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

/// The workspace's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The folder into which cargo builds, wherever the user has put it.
pub fn target_folder() -> Result<PathBuf> {
    let answer = process::answer(process::command("cargo").args([
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--offline",
    ]))
    .context("`cargo metadata` gives no answer")?;
    let metadata: Value = serde_json::from_str(&answer).context("`cargo metadata` gives no JSON")?;
    let folder =
        metadata.get("target_directory").and_then(Value::as_str).context("cargo names no target folder")?;
    Ok(PathBuf::from(folder))
}

/// This project's folder in the user's cache, shared by all clones.
pub fn cache() -> Result<PathBuf> {
    let base = match (env::var_os("XDG_CACHE_HOME"), env::home_dir()) {
        (Some(folder), _) if Path::new(&folder).is_absolute() => PathBuf::from(folder),
        (_, Some(home)) => home.join(".cache"),
        (_, None) => bail!("no home folder: set XDG_CACHE_HOME to a folder in which tools can be kept"),
    };
    Ok(base.join("anteroom"))
}

/// The folder into which `cargo install` puts programs.
pub fn cargo_programs() -> Result<PathBuf> {
    match (env::var_os("CARGO_HOME"), env::home_dir()) {
        (Some(folder), _) => Ok(PathBuf::from(folder).join("bin")),
        (None, Some(home)) => Ok(home.join(".cargo/bin")),
        (None, None) => bail!("no home folder: set CARGO_HOME"),
    }
}

/// The version of a package in Cargo.lock.
pub fn locked_version(package: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
    version_in(&lock, package).with_context(|| format!("Cargo.lock has no {package}"))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let version = lock.lines().skip_while(|line| *line != name).nth(1)?;
    Some(version.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_found_by_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "bindgen"), None);
    }
}
