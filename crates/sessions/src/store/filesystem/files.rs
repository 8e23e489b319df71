//! Files as this store writes and reads them: whole, for their owner alone, and through no link.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::super::private_file::private_file;
use super::Durability;
use super::names::key_of;
use super::steps::Steps;
use crate::Key;

/// Ends the name of a file that is not yet in its place.
const BESIDE: &str = "new";

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// What one read gives of a file, which is all of most records. Whoever asks for the size first, and then for
/// the end, spends as much on that as on the read.
pub(super) fn read_at_once(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 2048];
    let count = existing_file().open(path)?.read(&mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

pub(super) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    existing_file().open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a folder or a link stands where a record should.
pub(super) fn is_no_file(error: &io::Error) -> bool {
    #[cfg(unix)]
    let is_link = error.raw_os_error() == Some(libc::ELOOP);
    #[cfg(not(unix))]
    let is_link = false;
    is_link || error.kind() == ErrorKind::IsADirectory
}

/// What a sweep finds in a shard.
#[derive(Default)]
pub(super) struct Due {
    /// Keys of files that are due.
    pub keys: Vec<Key>,
    /// Files that are being written, or that somebody who was killed had begun to write.
    pub left: Vec<PathBuf>,
}

/// Looks for what is due, without opening any file.
pub(super) fn find_due(shard: &Path, now: SystemTime, steps: &mut Steps) -> io::Result<Due> {
    let mut found = Due::default();
    for entry in fs::read_dir(shard)?.filter_map(Result::ok) {
        steps.pause();
        if !steps.is_wanted() {
            break;
        }
        match key_of(&entry.file_name()) {
            Some(key) => {
                let due = entry.metadata().and_then(|about| about.modified());
                found.keys.extend(due.is_ok_and(|due| due <= now).then_some(key));
            }
            None if entry.path().extension().is_some_and(|extension| extension == BESIDE) => {
                found.left.push(entry.path());
            }
            None => {}
        }
    }
    Ok(found)
}

pub(super) fn write_whole(
    path: &Path,
    bytes: &[u8],
    due: SystemTime,
    durability: Durability,
) -> io::Result<()> {
    let beside = path.with_extension(BESIDE);
    let written = write_beside(&beside, bytes, due, durability).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What cannot be removed either is left to a sweep.
        let _ = fs::remove_file(&beside);
    }
    written?;
    if durability == Durability::Synchronised { synchronise(folder_of(path)) } else { Ok(()) }
}

fn write_beside(path: &Path, bytes: &[u8], due: SystemTime, durability: Durability) -> io::Result<()> {
    let mut file = private_file().truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.set_modified(due)?;
    match durability {
        Durability::Synchronised => file.sync_all(),
        // A new name for contents that are not there yet would leave neither the old ones nor the new.
        Durability::OldOrNew => file.sync_data(),
        Durability::Lossy => Ok(()),
    }
}

/// Makes a rename or a new name in a folder outlive the machine.
pub(super) fn synchronise(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
        .or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// With all that it is in.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    folders().recursive(true).create(path)
}

/// In a folder that is there; it survives a crash.
pub(super) fn create_folder_in(parent: &Path, path: &Path) -> io::Result<()> {
    match folders().create(path) {
        Ok(()) => synchronise(parent),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn folders() -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Follows no link, and waits for nobody who might write.
pub(super) fn existing_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options
}
