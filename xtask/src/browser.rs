//! The browser tests' runner, Playwright, and a Chromium for it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::{debian, node, process, say, workspace};

/// Under these names systems carry the browser.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Playwright's browser is a download of some 170 MB; whoever takes longer is better served by the system's.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(5);

/// Installs Playwright and finds it a browser. `None` is Playwright's own, else the answer is the program to start.
pub fn ensure() -> Result<Option<PathBuf>> {
    node::packages(&folder(), "Playwright")?;
    if let Some(chosen) = env::var_os("CHROMIUM_PATH").filter(|path| !path.is_empty()) {
        return Ok(Some(PathBuf::from(chosen)));
    }
    if download() {
        return Ok(None);
    }
    if let Some(program) = on_the_system() {
        say::progress(&format!("  Playwright's browser cannot be had here; using {}", program.display()));
        return Ok(Some(program));
    }
    match from_debian()? {
        Some(program) => Ok(Some(program)),
        None => bail!(
            "no browser: Playwright could not download its own, and none of {} is on this system; \
             install Chromium, or name one in CHROMIUM_PATH",
            NAMES.join(", ")
        ),
    }
}

/// Playwright's command line, in the folder of the browser tests.
pub fn playwright() -> Command {
    let mut command = process::command("npx");
    command.current_dir(folder()).args(["--no-install", "playwright"]);
    command
}

fn folder() -> PathBuf {
    workspace::root().join("end2end")
}

/// Whether Playwright's own browser is here, after a try to download it, and runs.
fn download() -> bool {
    say::progress("  looking for Playwright's browser (a download of some 170 MB the first time)");
    let mut command = playwright();
    command.args(["install", "chromium"]).env("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "10000");
    let downloaded = process::quietly_within(&mut command, DOWNLOAD_LIMIT).is_ok_and(|done| done.succeeded);
    downloaded && own_program().is_some_and(|program| runs(&program))
}

fn own_program() -> Option<PathBuf> {
    let script = "console.log(require('@playwright/test').chromium.executablePath())";
    process::answer(process::command("node").current_dir(folder()).args(["-e", script])).map(PathBuf::from)
}

fn on_the_system() -> Option<PathBuf> {
    let mac = PathBuf::from("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
    NAMES.iter().filter_map(|name| process::find(name)).chain([mac]).find(|program| runs(program))
}

/// A browser may lack libraries of the system.
fn runs(program: &Path) -> bool {
    process::answer(process::command(program).arg("--version")).is_some()
}

/// Root on Debian may install it.
fn from_debian() -> Result<Option<PathBuf>> {
    let is_installed = debian::install(&["chromium", "fonts-liberation"], "about a minute")?;
    Ok(if is_installed { on_the_system() } else { None })
}
