//! Schemathesis, which tries an API with whatever its document allows and forbids, in a Python
//! environment of its own below the target folder.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::{debian, process, say, workspace};

/// From the Python Package Index.
const VERSION: &str = "4.32.5";

/// Installs it, or finds it installed. The answer is the program.
pub fn ensure() -> Result<PathBuf> {
    let folder = workspace::target_folder()?.join(format!("schemathesis-{VERSION}"));
    let program = folder.join("bin/schemathesis");
    if process::answer(process::command(&program).arg("--version")).is_some() {
        return Ok(program);
    }
    say::progress("  installing Schemathesis from the Python Package Index (about a minute)");
    make_environment(&folder)?;
    let mut install = process::command(folder.join("bin/python"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.arg(format!("schemathesis=={VERSION}"));
    process::quietly(&mut install)?.or_fail("`pip install schemathesis`")?;
    Ok(program)
}

/// Debian keeps what this takes in a package of its own.
fn make_environment(folder: &std::path::Path) -> Result<()> {
    let make = || process::quietly(process::command("python3").args(["-m", "venv", "--clear"]).arg(folder));
    if make().is_ok_and(|done| done.succeeded) {
        return Ok(());
    }
    if !debian::install(&["python3", "python3-venv"], "about a minute")? {
        bail!(
            "the tests of the REST API need Python 3.10 or newer with `venv`: install it from https://python.org"
        );
    }
    make().context("there is no Python 3")?.or_fail("`python3 -m venv`")?;
    Ok(())
}
