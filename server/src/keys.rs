//! The keys that seal records and sign ids.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sessions::KeyRing;

use crate::application::{StartError, prepare_folder};
use crate::config::{Config, SecretKey, keygen, read_secret};

/// The keys of the settings. Where none is set, which production refuses, one that development makes for itself
/// and keeps beside the accounts, so that a restart ends no session.
///
/// # Errors
/// [`StartError::Key`].
pub(crate) fn key_ring(config: &Config) -> Result<KeyRing, StartError> {
    if let Some(ring) = ring(&config.sessions.keys) {
        return Ok(ring);
    }
    let beside = config.database.path().map(|path| path.with_file_name("development.key"));
    let path = beside.unwrap_or_else(|| PathBuf::from("data/development.key"));
    prepare_folder(&path)?;
    let key = kept(&path).map_err(|why| StartError::Key { path: path.display().to_string(), why })?;
    ring(&[key])
        .ok_or_else(|| StartError::Key { path: path.display().to_string(), why: "it is empty".into() })
}

fn ring(keys: &[SecretKey]) -> Option<KeyRing> {
    KeyRing::new(keys.iter().map(|key| *key.expose()))
}

/// The key in this file, which is made if it is not there.
fn kept(path: &Path) -> Result<SecretKey, String> {
    if !fs::exists(path).map_err(|error| error.to_string())? {
        let key = keygen().map_err(|error| error.to_string())?;
        write(path, &key).map_err(|error| error.to_string())?;
    }
    read_secret(path).map_err(|error| error.to_string())?.trim().parse()
}

/// Whole or not at all, since others may read it at the same moment. One that another process has made first
/// stands.
fn write(path: &Path, key: &str) -> io::Result<()> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{key}").and_then(|()| file.sync_all())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn development_makes_one_key_for_its_owner_alone_and_keeps_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("development.key");
        let made = kept(&path).expect("is made");
        assert!(kept(&path).expect("is kept") == made);
        let permissions = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(permissions(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changes");
        assert!(kept(&path).expect_err("is exposed").contains("chmod 600"));
    }
}
