//! Who runs PostgreSQL, which refuses to run as root.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

use anyhow::{Context as _, Result};

/// Oneself, or another user if one is root.
pub(crate) enum User {
    Oneself,
    Other { uid: u32, gid: u32 },
}

impl User {
    pub(crate) fn of_servers() -> Result<Self> {
        let mine = tempfile::tempdir()?.path().metadata()?.uid();
        if mine != 0 {
            return Ok(Self::Oneself);
        }
        let other =
            ["postgres", "nobody"].into_iter().find_map(|name| Some((id(name, "-u")?, id(name, "-g")?)));
        let (uid, gid) = other.context("root needs a user `postgres` or `nobody` to run PostgreSQL as")?;
        Ok(Self::Other { uid, gid })
    }

    pub(crate) fn own(&self, folder: &Path) -> io::Result<()> {
        match self {
            Self::Oneself => Ok(()),
            Self::Other { uid, gid } => chown(folder, Some(*uid), Some(*gid)),
        }
    }

    /// Writes a file that only this user can read.
    pub(crate) fn keep(&self, path: &Path, text: &str) -> io::Result<()> {
        fs::write(path, text)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        self.own(path)
    }

    /// A program that this user runs in `folder`.
    pub(crate) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Self::Other { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}

/// The folder for temporary files, or one of the usual ones if another user could not come through to it.
pub(crate) fn open_to_all() -> PathBuf {
    let is_open = |folder: &Path| {
        folder.ancestors().all(|part| part.metadata().is_ok_and(|about| about.mode() & 0o001 != 0))
    };
    let chosen = std::env::temp_dir();
    let usual = ["/tmp", "/var/tmp"].map(PathBuf::from);
    let open = std::iter::once(chosen.clone()).chain(usual).find(|folder| is_open(folder));
    open.unwrap_or(chosen)
}

fn id(user: &str, which: &str) -> Option<u32> {
    let output = Command::new("id").args([which, user]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
