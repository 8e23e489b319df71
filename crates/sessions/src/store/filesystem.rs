//! Sessions in files, one for each: nothing to install, and an operator can look at them.
//!
//! Choose it for one machine where a folder is all that there is. Everything acknowledged survives a
//! restart, a crash of the process and (files and folders are synchronised) a crash of the machine.
//! Several processes may share the folder, on a file system that keeps `flock`.
//!
//! A record is written beside its file and renamed over it, so a reader sees the old or the new one,
//! whole. It is JSON in one line; a second line tells a damaged file from a whole one. Writers of the 256
//! shards take turns by a lock file. The modification time of a file is the moment from which a sweep has
//! to look at it.
//!
//! Behind a cache each process hears what the others on this machine change, from a file to which they append
//! (see `changes`). Several machines on one network file system do not hear each other reliably: no cache there.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant, SystemTime};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::cached::{Foreign, Watched};
use super::encoding::{Document, hex};
use super::private_file::private_file;
use super::{Capabilities, Loaded, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

mod changes;
mod files;
mod names;
mod steps;

use changes::Changes;
use files::{
    create_folder, create_folder_in, find_due, folder_of, is_no_file, read_at_once, read_whole, remove,
    synchronise, write_whole,
};
use names::{folder_name, key_of};
use steps::Steps;

/// A folder with a file for each session.
#[derive(Clone, Debug)]
pub struct FilesystemStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    /// This application's folder.
    root: PathBuf,
    changes: Changes,
    /// The shard at which the next sweep begins.
    sweeps_from: AtomicU8,
}

/// What of a write must outlive a crash of the machine.
#[derive(Clone, Copy, PartialEq)]
enum Durability {
    /// The new file.
    Synchronised,
    /// The old file or the new one, whole.
    OldOrNew,
    /// Nothing: without the file the session has ended as well.
    Lossy,
}

/// Longest wait for the turn to write in a shard: whoever has it writes one file, unless its process was stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a sweep did with one file.
enum Swept {
    Ended,
    Removed,
    Nothing,
}

impl FilesystemStore {
    /// Opens the folder at `path`, and creates it if it is missing, for its owner alone. `prefix` keeps
    /// applications that share it apart: each has a folder of its own in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the folder cannot be created or written.
    pub fn open(path: &Path, prefix: &str, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let root = path.join(folder_name(prefix));
        let changes = create_folders(&root).and_then(|()| Changes::open(&root));
        let changes = changes.map_err(StoreError::unavailable)?;
        let inner = Inner { clock, root, changes, sweeps_from: AtomicU8::new(0) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs `act` on the blocking pool, alone among the writers of a key's shard. It goes on to its end
    /// even if the caller is cancelled.
    async fn write<T: Send + 'static>(
        &self,
        key: Key,
        act: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.on_the_pool(move |inner| {
            let _turn = inner.lock(shard_of(&key))?;
            act(inner)
        })
        .await
    }

    async fn on_the_pool<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || act(&inner)).await.map_err(StoreError::unavailable)?
    }

    /// As [`on_the_pool`](Self::on_the_pool), for what may take long: a thread cannot be cancelled, and the process does
    /// not end before it. What `act` is given has no owner any more once nobody waits.
    async fn while_wanted<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner, Weak<()>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let caller = Arc::new(());
        let waiting = Arc::downgrade(&caller);
        let done = self.on_the_pool(move |inner| act(inner, waiting)).await;
        drop(caller);
        done
    }
}

#[async_trait]
impl Watched for FilesystemStore {
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        let asked = self.while_wanted(|inner, caller| {
            let told = inner.changes.foreign(|| caller.strong_count() > 0, |shard| inner.is_free(shard));
            told.map_err(StoreError::unavailable)
        });
        asked.await
    }
}

#[async_trait]
impl Store for FilesystemStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (key, record) = (*key, record.clone());
        self.write(key, move |inner| {
            if inner.exists(&key)? {
                return Ok(false);
            }
            // The index first: an entry without a record is ignored, a record without an entry would
            // escape the end of its account's sessions.
            if let Some(account) = record.account {
                inner.add_to_index(account, &key)?;
            }
            inner.put(&key, &Document::Record(record), Durability::Synchronised)?;
            Ok(true)
        })
        .await
    }

    /// In the calling thread: a file that small comes from the page cache sooner than another thread wakes.
    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        Ok(match self.inner.get(key)? {
            Some(Document::Record(record)) => Loaded::at(record, self.inner.clock.now()),
            Some(Document::Ended { reason, at }) => Loaded::Ended { reason, at },
            None => Loaded::Absent,
        })
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let (key, change) = (*key, change.clone());
        self.write(key, move |inner| {
            let Some(mut record) = inner.living(&key)? else { return Ok(None) };
            record.apply(&change);
            inner.announce(&key)?;
            inner.put(&key, &Document::Record(record.clone()), Durability::Synchronised)?;
            Ok(Some(record))
        })
        .await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let key = *key;
        self.write(key, move |inner| {
            let Some(mut record) = inner.living(&key)? else { return Ok(false) };
            record.touch(seen);
            inner.put(&key, &Document::Record(record), Durability::OldOrNew)?;
            Ok(true)
        })
        .await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let key = *key;
        self.write(key, move |inner| inner.end(&key, reason)).await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        self.on_the_pool(move |inner| {
            let mut summaries = Vec::new();
            for key in inner.indexed(account)? {
                match inner.living(&key) {
                    Ok(record) => summaries.extend(record.map(|record| Summary { key, record })),
                    Err(StoreError::Corrupt(_)) => {}
                    Err(unavailable) => return Err(unavailable),
                }
            }
            summaries.sort_by_key(|summary| std::cmp::Reverse(summary.record.created_at));
            Ok(summaries)
        })
        .await
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let except = except.copied();
        self.on_the_pool(move |inner| {
            let (mut ended, mut failure) = (0, None);
            for key in inner.indexed(account)?.iter().filter(|key| Some(**key) != except) {
                // One that fails keeps no other alive.
                match inner.end_listed(account, key, reason) {
                    Ok(last) => ended += u64::from(last.is_some()),
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
            failure.map_or(Ok(ended), Err)
        })
        .await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        let pauses = pauses.clone();
        self.while_wanted(move |inner, caller| inner.sweep(limit, Steps::begin(pauses, caller))).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "filesystem",
            is_client_side: false,
            survives_restart: true,
            shared: true,
            listable: true,
            expires_by_itself: false,
        }
    }
}

/// What happens to one key, under its shard's lock where it writes.
impl Inner {
    fn get(&self, key: &Key) -> Result<Option<Document>, StoreError> {
        let path = self.record_path(key);
        match read_at_once(&path) {
            Ok(bytes) => match Document::decode(&bytes) {
                Ok(document) => Ok(Some(document)),
                // One read need not give all of a file.
                Err(_) => read_whole(&path)
                    .map_err(StoreError::unavailable)
                    .and_then(|bytes| Document::decode(&bytes).map(Some)),
            },
            Err(error) if is_no_file(&error) => Err(StoreError::corrupt(error)),
            // A folder that is gone says nothing about the session.
            Err(error) if error.kind() == ErrorKind::NotFound && folder_of(&path).is_dir() => Ok(None),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    fn exists(&self, key: &Key) -> Result<bool, StoreError> {
        self.record_path(key).try_exists().map_err(StoreError::unavailable)
    }

    fn living(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        Ok(match self.get(key)? {
            Some(Document::Record(record)) if record.expired(self.clock.now()).is_none() => Some(record),
            _ => None,
        })
    }

    /// Before each change of a record that others may have in memory: not before an insert, nor before what
    /// makes no difference to them, a touch or the sweep of what has expired.
    fn announce(&self, key: &Key) -> Result<(), StoreError> {
        self.changes.announce(key).map_err(StoreError::unavailable)
    }

    fn put(&self, key: &Key, document: &Document, durability: Durability) -> Result<(), StoreError> {
        let bytes = document.encode()?;
        write_whole(&self.record_path(key), &bytes, due(document), durability)
            .map_err(StoreError::unavailable)
    }

    /// Ends a session, and tells who has it in memory; also of one that has expired, which lives again elsewhere
    /// if a clock is put back. What it held, if a session that lived has ended by this.
    fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        self.finish(key, reason, Durability::Synchronised)
    }

    /// Leaves only the reason; a limit that has passed already is the reason. What may be lost makes no difference
    /// to others, and is not announced.
    fn finish(
        &self,
        key: &Key,
        reason: Reason,
        durability: Durability,
    ) -> Result<Option<Record>, StoreError> {
        let now = self.clock.now();
        let found = match self.get(key) {
            Ok(Some(Document::Record(record))) => Some(record),
            Err(StoreError::Corrupt(_)) => None,
            Ok(Some(Document::Ended { .. }) | None) => return Ok(None),
            Err(unavailable) => return Err(unavailable),
        };
        let limit = found.as_ref().and_then(|record| Some((record.expired(now)?, record.idle_deadline())));
        let (reason, at) = match (&found, limit) {
            (_, Some(limit)) => limit,
            (Some(_), None) => (reason, now),
            (None, None) => (Reason::Corrupt, now),
        };
        if durability == Durability::Synchronised {
            self.announce(key)?;
        }
        self.put(key, &Document::Ended { reason, at }, durability)?;
        if let Some(account) = found.as_ref().and_then(|record| record.account) {
            self.unlist(account, key);
        }
        Ok(found.filter(|_| limit.is_none()))
    }

    /// Ends one of an account's sessions, and takes it off the account's list.
    fn end_listed(
        &self,
        account: AccountKey,
        key: &Key,
        reason: Reason,
    ) -> Result<Option<Record>, StoreError> {
        let _turn = self.lock(shard_of(key))?;
        let last = match self.end(key, reason) {
            // What nobody can read, such as a folder in a file's place, lives for nobody.
            Err(_) if matches!(self.get(key), Err(StoreError::Corrupt(_))) => None,
            ended => ended?,
        };
        self.unlist(account, key);
        Ok(last)
    }

    /// A file that cannot be swept keeps no other from it; if there are only such, that is an error.
    fn sweep(&self, limit: usize, mut steps: Steps) -> Result<u64, StoreError> {
        let now = SystemTime::from(self.clock.now());
        let (mut ended, mut removed, mut failure) = (0, 0, None);
        let first = self.sweeps_from.load(Ordering::Relaxed);
        'shards: for shard in (0..=u8::MAX).map(|offset| first.wrapping_add(offset)) {
            let found = find_due(&shard_path(&self.root, shard), now, &mut steps);
            let found = found.map_err(StoreError::unavailable).and_then(|found| {
                self.clear_away(shard, &found.left)?;
                Ok(found.keys)
            });
            let due = found.unwrap_or_else(|error| {
                failure.get_or_insert(error);
                Vec::new()
            });
            for key in due {
                if ended >= limit || removed >= limit || !steps.is_wanted() {
                    self.sweeps_from.store(shard, Ordering::Relaxed);
                    break 'shards;
                }
                steps.pause();
                steps.take_one();
                match self.sweep_one(&key) {
                    Ok(Swept::Ended) => ended += 1,
                    Ok(Swept::Removed) => removed += 1,
                    Ok(Swept::Nothing) => {}
                    Err(error) => drop(failure.get_or_insert(error)),
                }
            }
        }
        match failure {
            Some(error) if ended + removed == 0 => Err(error),
            _ => Ok((ended + removed) as u64),
        }
    }

    fn sweep_one(&self, key: &Key) -> Result<Swept, StoreError> {
        let _turn = self.lock(shard_of(key))?;
        match self.get(key) {
            Ok(Some(Document::Ended { at, .. })) if self.clock.now() - REASON_KEPT_FOR >= at => {
                remove(&self.record_path(key)).map_err(StoreError::unavailable)?;
                Ok(Swept::Removed)
            }
            Ok(Some(Document::Record(record))) if record.expired(self.clock.now()).is_some() => {
                self.finish(key, Reason::Idle, Durability::Lossy)?;
                Ok(Swept::Ended)
            }
            Err(StoreError::Corrupt(_)) => {
                self.end(key, Reason::Corrupt)?;
                Ok(Swept::Ended)
            }
            Err(unavailable) => Err(unavailable),
            Ok(_) => Ok(Swept::Nothing),
        }
    }

    /// Removes what a write that came to no end has left in a shard: while nobody else writes there.
    fn clear_away(&self, shard: u8, left: &[PathBuf]) -> Result<(), StoreError> {
        if left.is_empty() {
            return Ok(());
        }
        let _turn = self.lock(shard)?;
        left.iter().try_for_each(|path| remove(path)).map_err(StoreError::unavailable)
    }
}

/// Where things are.
impl Inner {
    fn record_path(&self, key: &Key) -> PathBuf {
        let (shard, name) = (hex(&[shard_of(key)]), hex(key.as_bytes()));
        let mut path =
            PathBuf::with_capacity(self.root.as_os_str().len() + "/records/00/".len() + name.len());
        path.extend([self.root.as_path(), Path::new("records"), Path::new(&shard), Path::new(&name)]);
        path
    }

    /// Waits for the turn to write in a shard; the turn ends when the file is dropped, or its process ends.
    fn lock(&self, shard: u8) -> Result<File, StoreError> {
        let file = private_file().truncate(false).open(self.lock_path(shard));
        let file = file.map_err(StoreError::unavailable)?;
        let (began, mut pause) = (Instant::now(), Duration::from_micros(50));
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                // A thread that waited for ever would be missing to everybody else.
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(pause),
                Err(error) => return Err(StoreError::unavailable(io::Error::from(error))),
            }
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    /// Whether nobody is writing in a shard.
    fn is_free(&self, shard: u8) -> bool {
        match File::open(self.lock_path(shard)) {
            Ok(file) => file.try_lock_shared().is_ok(),
            Err(error) => error.kind() == ErrorKind::NotFound,
        }
    }

    fn lock_path(&self, shard: u8) -> PathBuf {
        self.root.join("locks").join(hex(&[shard]))
    }

    fn accounts(&self) -> PathBuf {
        self.root.join("accounts")
    }

    fn account_path(&self, account: AccountKey) -> PathBuf {
        self.accounts().join(hex(account.as_bytes()))
    }

    fn add_to_index(&self, account: AccountKey, key: &Key) -> Result<(), StoreError> {
        let folder = self.account_path(account);
        let entry = folder.join(hex(key.as_bytes()));
        // Whoever removes the last entry removes the folder, perhaps between these two steps.
        let made = || create_folder_in(&self.accounts(), &folder).and_then(|()| private_file().open(&entry));
        made().or_else(|_| made()).and_then(|_| synchronise(&folder)).map_err(StoreError::unavailable)
    }

    /// Takes what has ended off an account's list. What is left there is passed over by those who read it.
    fn unlist(&self, account: AccountKey, key: &Key) {
        let folder = self.account_path(account);
        if let Err(error) = remove(&folder.join(hex(key.as_bytes()))) {
            tracing::debug!(%error, "a session that has ended is still listed");
        }
        // Fails while other entries are in it, as it should.
        let _ = fs::remove_dir(folder);
    }

    fn indexed(&self, account: AccountKey) -> Result<Vec<Key>, StoreError> {
        match fs::read_dir(self.account_path(account)) {
            Ok(entries) => {
                let names = entries.map(|entry| Ok(key_of(&entry?.file_name())));
                names
                    .filter_map(Result::transpose)
                    .collect::<io::Result<_>>()
                    .map_err(StoreError::unavailable)
            }
            // Of an account without sessions; not of all accounts.
            Err(error) if error.kind() == ErrorKind::NotFound && self.accounts().is_dir() => Ok(Vec::new()),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

fn create_folders(root: &Path) -> io::Result<()> {
    for shard in 0..=u8::MAX {
        create_folder(&shard_path(root, shard))?;
    }
    create_folder(&root.join("accounts"))?;
    create_folder(&root.join("locks"))?;
    synchronise(&root.join("records"))?;
    synchronise(root)?;
    synchronise(folder_of(root))
}

fn shard_path(root: &Path, shard: u8) -> PathBuf {
    root.join("records").join(hex(&[shard]))
}

const fn shard_of(key: &Key) -> u8 {
    let [first, ..] = key.as_bytes();
    *first
}

/// When a sweep has something to do with it.
fn due(document: &Document) -> SystemTime {
    match document {
        Document::Record(record) => record.idle_deadline().into(),
        Document::Ended { at, .. } => at.saturating_add(REASON_KEPT_FOR).into(),
    }
}

#[cfg(test)]
mod tests;
