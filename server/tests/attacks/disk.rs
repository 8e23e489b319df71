//! The disk of a server, with little room: what becomes of it when it is full, and when there is room again.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::process::Process;

/// Holds the server's files and is full when it is told to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disk {
    /// A small file system in memory, which the server's process alone sees (`ENOSPC`). Needs user namespaces.
    Small,
    /// Every disk, while no file may grow (`EFBIG`, by `RLIMIT_FSIZE`).
    Rationed,
}

/// Room for the database and its log, and some to fill.
const MOUNT: &str = r#"mount -t tmpfs -o size=24m tmpfs data && exec "$@""#;
/// Whoever writes beyond the limit would be ended by a signal otherwise.
const RATION: &str = r#"trap "" XFSZ; exec "$@""#;
const IN_A_NAMESPACE: [&str; 5] = ["unshare", "--user", "--map-root-user", "--mount", "sh"];

impl Disk {
    /// Those that this machine has; each has one.
    pub fn kinds() -> Vec<Self> {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("data")).expect("makes a folder");
        let [program, arguments @ ..] = IN_A_NAMESPACE;
        let mut tried = Command::new(program);
        tried.args(arguments).args(["-c", MOUNT, "sh", "true"]).current_dir(folder.path());
        let has_small = tried.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if has_small {
            return vec![Self::Small, Self::Rationed];
        }
        let mut err = std::io::stderr();
        let _ =
            writeln!(err, "no small disk, since nobody gets a namespace of their own here: a ration instead");
        vec![Self::Rationed]
    }

    /// Starts a server whose files are on it.
    pub fn start(self, folder: &TempDir, settings: &[String]) -> Process {
        fs::create_dir(folder.path().join("data")).expect("makes a folder");
        let wrapper = match self {
            Self::Small => [&IN_A_NAMESPACE[..], &["-c", MOUNT, "sh"]].concat(),
            Self::Rationed => vec!["sh", "-c", RATION, "sh"],
        };
        Process::start_wrapped(&wrapper, folder, settings, Stdio::null())
    }

    /// No byte more fits.
    pub fn fill(self, process: &Process, folder: &TempDir) {
        match self {
            Self::Small => {
                let mut ballast = File::create(ballast(process, folder)).expect("the disk is seen from here");
                for size in [1 << 16, 1 << 12, 1] {
                    while let Ok(1..) = ballast.write(&vec![0; size]) {}
                }
                let error = ballast.write(&[0]).expect_err("is full");
                assert_eq!(error.kind(), ErrorKind::StorageFull);
            }
            Self::Rationed => ration(process, "0"),
        }
    }

    /// There is room again.
    pub fn free(self, process: &Process, folder: &TempDir) {
        match self {
            Self::Small => fs::remove_file(ballast(process, folder)).expect("is removed"),
            Self::Rationed => ration(process, "unlimited"),
        }
    }
}

/// Within the files as the server sees them.
fn ballast(process: &Process, folder: &TempDir) -> PathBuf {
    let path = folder.path().join("data/ballast");
    PathBuf::from(format!("/proc/{}/root{}", process.id(), path.display()))
}

/// The soft limit alone: whoever is not root may not raise the hard one again.
fn ration(process: &Process, most: &str) {
    let set = Command::new("prlimit")
        .args([format!("--pid={}", process.id()), format!("--fsize={most}:unlimited")])
        .status();
    assert!(set.expect("prlimit, of util-linux, is there").success());
}
