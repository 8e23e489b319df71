//! Files that hold a secret: only their owner may read them.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of such a file; a key has a few thousand.
const MOST_BYTES: u64 = 64 * 1024;

/// Why a secret was not taken from a file. No message contains anything of the file.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read, or holds no text.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others can read it too.
    #[error(
        "{} can be read by others than its owner; `chmod 600` makes it a secret again", path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
    },
}

/// The text of a file that only its owner can read (ASVS V13.3.2).
///
/// Two kinds of files are what their makers mean by a secret and are taken as well: root's file that one
/// group may read, since only root chose the group; and root's file below `/run/secrets`, where Docker and
/// Podman put a container's secrets, readable by all of that container and by nobody else.
///
/// # Errors
/// [`SecretFileError`].
pub fn read_secret(path: &Path) -> Result<String, SecretFileError> {
    let unreadable = |source| SecretFileError::Unreadable { path: path.to_owned(), source };
    let file = open(path)?;
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// Refuses a file that others can read.
pub(super) fn refuse_exposed(path: &Path) -> Result<(), SecretFileError> {
    open(path).map(drop)
}

fn open(path: &Path) -> Result<File, SecretFileError> {
    let unreadable = |source| SecretFileError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    if is_exposed(path, &file).map_err(unreadable)? {
        return Err(SecretFileError::Exposed { path: path.to_owned() });
    }
    Ok(file)
}

/// Judged by the open file, which nobody can put another in the place of.
#[cfg(unix)]
fn is_exposed(path: &Path, file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;

    let about = file.metadata()?;
    let (is_roots, mode) = (about.uid() == 0, about.mode() & 0o777);
    let is_mounted = is_roots && path.canonicalize()?.starts_with("/run/secrets");
    Ok(is_open(mode, is_roots) && !is_mounted)
}

#[cfg(unix)]
const fn is_open(mode: u32, is_roots: bool) -> bool {
    let forbidden = if is_roots { 0o037 } else { 0o077 };
    mode & forbidden != 0
}

#[cfg(not(unix))]
fn is_exposed(_: &Path, _: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// ASVS V13.3.2.
    #[test]
    fn a_secret_that_others_can_read_is_refused_without_being_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        fs::write(&path, "hunter2").expect("writes");
        for (mode, is_fine) in [(0o600, true), (0o400, true), (0o604, false), (0o602, false), (0o660, false)]
        {
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("changes");
            let read = read_secret(&path);
            assert_eq!(read.is_ok(), is_fine, "{mode:o}");
            let refusal = read.err().map_or_else(String::new, |error| error.to_string());
            assert!(!refusal.contains("hunter2") && refusal.contains("chmod 600") != is_fine, "{refusal}");
        }
    }

    #[test]
    fn root_may_share_a_secret_with_one_group_that_only_reads() {
        assert!(!is_open(0o640, true) && is_open(0o640, false));
        assert!(is_open(0o660, true) && is_open(0o644, true));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let refusal = read_secret(Path::new("nowhere/key")).expect_err("missing").to_string();
        assert!(refusal.starts_with("nowhere/key cannot be read: "), "{refusal}");
    }
}
