//! Packages of Debian, which root may install.

use std::path::Path;

use anyhow::Result;

use crate::{process, say};

/// Installs packages with apt-get; `false`, and nothing done, where that is not this user's to do.
pub fn install(packages: &[&str], time: &str) -> Result<bool> {
    let is_root = process::answer(process::command("id").arg("-u")).as_deref() == Some("0");
    if !is_root || !Path::new("/etc/debian_version").exists() {
        return Ok(false);
    }
    say::progress(&format!("  installing {} with apt-get ({time})", packages.join(" and ")));
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    for arguments in [&["update"][..], &install[..]] {
        let mut command = process::command("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        process::quietly(&mut command)?.or_fail(&format!("`apt-get {}`", arguments.join(" ")))?;
    }
    Ok(true)
}
