//! Node.js and npm, which bring the WebAssembly optimiser and the browser tests.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::{process, say};

/// The oldest Node.js that the browser tests' runner supports.
const OLDEST: u32 = 20;

/// Fails with a sentence that says what to install, unless Node.js and npm are there.
pub fn ensure() -> Result<()> {
    let advice = format!("install Node.js {OLDEST} or newer, which includes npm, from https://nodejs.org");
    let version = process::answer(process::command("node").arg("--version"))
        .with_context(|| format!("there is no Node.js: {advice}"))?;
    if major(&version).is_none_or(|major| major < OLDEST) {
        bail!("Node.js {version} is too old: {advice}");
    }
    if process::find("npm").is_none() {
        bail!("there is no npm: {advice}");
    }
    Ok(())
}

/// Runs npm in a folder.
pub fn npm(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = process::command("npm");
    command.current_dir(folder).args(arguments).args(["--no-audit", "--no-fund", "--loglevel=error"]);
    process::quietly(&mut command)?.or_fail(&format!("`npm {}`", arguments.join(" ")))?;
    Ok(())
}

/// Installs what the folder's lock file says, unless it is there since that last changed. `what` is the gist of it.
pub fn packages(folder: &Path, what: &str) -> Result<()> {
    let installed = changed(&folder.join("node_modules/.package-lock.json"));
    let wanted = changed(&folder.join("package-lock.json")).max(changed(&folder.join("package.json")));
    if installed.is_some() && installed >= wanted {
        return Ok(());
    }
    say::progress(&format!("  installing {what} from npm (a few seconds)"));
    npm(folder, &["ci"])
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|metadata| metadata.modified()).ok()
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
