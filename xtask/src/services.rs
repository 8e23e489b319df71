//! The programs that the tests start: servers, and what watches ours.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::{debian, process};

/// Redis, Postgres and strace, or an error that says what is missing.
pub fn ensure() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    debian::install(&missing, "about a minute")?;
    let missing = self::missing();
    if missing.is_empty() {
        return Ok(());
    }
    bail!(
        "the tests need {}: install {} so that redis-server, initdb and strace are found; \
         on Debian, root does it with `apt-get install {}`",
        missing.join(" and "),
        if missing.len() == 1 { "it" } else { "them" },
        missing.join(" ")
    )
}

/// The Debian packages of what is not here.
fn missing() -> Vec<&'static str> {
    let has_postgres = process::find("initdb").is_some() || has_debian_postgres();
    let needed = [
        ("redis-server", process::find("redis-server").is_some()),
        ("postgresql", has_postgres),
        ("strace", process::find("strace").is_some()),
    ];
    needed.into_iter().filter(|(_, is_here)| !is_here).map(|(package, _)| package).collect()
}

/// Debian keeps them out of `PATH`, one folder for each version.
fn has_debian_postgres() -> bool {
    let versions = fs::read_dir(Path::new("/usr/lib/postgresql")).into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin/initdb")).any(|program| program.exists())
}
