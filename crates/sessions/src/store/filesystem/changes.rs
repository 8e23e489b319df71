//! What is about to change, for the processes that keep records in memory.
//!
//! The file `changes` names the session of each change before anybody can see the change, so no process is
//! killed between a change and its announcement. Whoever reads a name drops what it holds of that session,
//! again and again until it has seen the lock of the session's shard free: then the change is there, or its
//! writer is gone.
//!
//! A file that has been replaced (by a writer, when it is full), cut or removed tells nothing: everything is
//! dropped, until each shard has been seen free. So an operator who changes records by hand removes it
//! afterwards. Nothing here is synchronised: no process outlives a crash of the machine.
//!
//! Appends to one file are whole on the file systems of one machine; those of several machines overwrite each
//! other on a network file system (`open(2)`, `O_APPEND`).

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::super::cached::Foreign;
use super::shard_of;
use crate::{Key, SessionId};

mod follower;

use follower::Follower;

/// The size of an announcement, in bytes: of a page's size no fraction is left over, so that none lies in two
/// pages, and a killed process leaves all of it or nothing.
const ANNOUNCEMENT: usize = 64;
/// The size at which the file is replaced, in bytes: sixteen thousand announcements.
const FULL: u64 = 1 << 20;
/// How often a replaced file is opened again for one announcement.
const ATTEMPTS: u32 = 10;

/// The file, for one process that writes to it and may follow what others write.
#[derive(Debug)]
pub(super) struct Changes {
    path: PathBuf,
    writer: Writer,
    /// Counts what this process announces, so that no announcement is like another.
    count: AtomicU64,
    log: Mutex<Arc<Log>>,
    follower: Mutex<Follower>,
}

/// Random bytes of its own for each process.
type Writer = [u8; 24];

impl Changes {
    /// Opens the file in `folder`, and creates it if it is missing.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let path = folder.join("changes");
        let log = Log::open(&path)?;
        let [writer @ .., _, _, _, _, _, _, _, _] = *SessionId::random().key("").as_bytes();
        Ok(Self {
            path,
            writer,
            count: AtomicU64::new(0),
            log: Mutex::new(Arc::new(log)),
            follower: Mutex::default(),
        })
    }

    /// Tells everybody that the record under `key` is about to change. The caller has the lock of its shard,
    /// and keeps it until the change can be seen.
    pub(super) fn announce(&self, key: &Key) -> io::Result<()> {
        for _ in 0..ATTEMPTS {
            let log = Arc::clone(&self.log.lock());
            if let Err(error) = (&log.file).write_all(&self.announcement(key)) {
                // Half of it may be there, and shift all that follow.
                let _ = self.replace();
                return Err(error);
            }
            // Written into a file that had been replaced by then, it would be read by nobody.
            if let Some(size) = log.size_at(&self.path)? {
                if size >= FULL || !is_whole(size) {
                    // Otherwise it grows, and the next writer tries again.
                    let _ = self.replace();
                }
                return Ok(());
            }
            *self.log.lock() = Arc::new(Log::open(&self.path)?);
        }
        Err(io::Error::other("the file of changes is replaced again and again"))
    }

    /// What others have announced since the last call, or earlier if their change may still be on its way.
    /// `is_awaited` tells whether somebody still waits for it: what is told to nobody is told to no other.
    /// `is_free` tells whether nobody has the lock of a shard.
    pub(super) fn foreign(
        &self,
        is_awaited: impl Fn() -> bool,
        is_free: impl Fn(u8) -> bool,
    ) -> io::Result<Foreign> {
        if !cfg!(unix) {
            // Nobody tells there whether two names are of one file.
            return Ok(Foreign::Anything);
        }
        let mut follower = self.follower.try_lock().ok_or(ErrorKind::WouldBlock)?;
        if !is_awaited() {
            return Err(ErrorKind::TimedOut.into());
        }
        follower.read(&self.path, &self.writer)?;
        Ok(follower.report(is_free))
    }

    /// The key, who announces, and the number of the announcement.
    fn announcement(&self, key: &Key) -> [u8; ANNOUNCEMENT] {
        let mut announcement = [0; ANNOUNCEMENT];
        let count = self.count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let parts = key.as_bytes().iter().chain(&self.writer).chain(&count);
        announcement.iter_mut().zip(parts).for_each(|(byte, part)| *byte = *part);
        announcement
    }

    /// Puts an empty file in the file's place.
    fn replace(&self) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        Log::open(&beside)?;
        fs::rename(beside, &self.path)
    }
}

/// The file as it was opened.
#[derive(Debug)]
struct Log {
    file: File,
    /// Device and number of the file; nobody else has them while it is open.
    identity: (u64, u64),
}

impl Log {
    fn open(path: &Path) -> io::Result<Self> {
        Self::of(options().create(true).open(path)?)
    }

    fn existing(path: &Path) -> io::Result<Self> {
        Self::of(options().open(path)?)
    }

    fn of(file: File) -> io::Result<Self> {
        let identity = identity(&file.metadata()?);
        Ok(Self { file, identity })
    }

    /// The file's size, if it is the one at `path`.
    fn size_at(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::symlink_metadata(path) {
            Ok(about) => Ok((identity(&about) == self.identity).then_some(about.len())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// For its owner alone, and through no link.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    options
}

#[cfg(unix)]
fn identity(about: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (about.dev(), about.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

const fn is_whole(size: u64) -> bool {
    size.is_multiple_of(ANNOUNCEMENT as u64)
}

#[cfg(test)]
mod tests;
