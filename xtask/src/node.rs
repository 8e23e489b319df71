//! Node.js and npm, which bring the WebAssembly optimiser and the browser tests.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process;

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
