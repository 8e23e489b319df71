//! Sessions in a SQLite file: the default, embedded, nothing to install.
//!
//! Choose it for one machine. Everything acknowledged survives a restart, a crash of the process and
//! (`synchronous = FULL`) a crash of the machine. Several processes may share the file.
//!
//! Reads run in the calling thread, over connections apart from the one writer: in WAL mode they wait
//! for nobody, and a hop to another thread would cost four times the read itself. Writes take turns on
//! the blocking pool.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use rusqlite::{Connection, TransactionBehavior, named_params, params};
use time::OffsetDateTime;

use super::cached::{Foreign, Watched};
use super::encoding::{millis, span};
use super::{Capabilities, Loaded, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Reason, Record};

pub mod file;
mod row;
mod schema;

use row::Row;

/// A SQLite database with a table of sessions.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    application: String,
    path: std::path::PathBuf,
    patience: Duration,
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
    /// The writer's `data_version` when somebody last asked what others have written.
    data_version: AtomicI64,
}

impl SqliteStore {
    /// Opens the file at `path`, creates it and its table if they are missing, and brings an older
    /// table up to date. `prefix` keeps applications that share the file apart; another process's lock is
    /// waited for as long as `patience`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or written.
    pub fn open(
        path: &Path,
        prefix: &str,
        patience: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let mut writer = file::connect(path, patience).map_err(StoreError::unavailable)?;
        file::migrate(&mut writer, "sessions", &schema::MIGRATIONS, clock.now())
            .map_err(StoreError::unavailable)?;
        let inner = Inner {
            clock,
            application: prefix.to_owned(),
            path: path.to_owned(),
            patience,
            readers: Mutex::default(),
            writer: Mutex::new(writer),
            data_version: AtomicI64::new(-1),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a query in this thread.
    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.inner.readers.lock().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => file::connect_reader(&self.inner.path, self.inner.patience)
                .map_err(StoreError::unavailable)?,
        };
        let result = query(&reader).map_err(StoreError::unavailable);
        self.inner.readers.lock().push(reader);
        result
    }

    /// Runs a transaction on the blocking pool; it goes on to its end even if the caller is cancelled.
    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Inner, &rusqlite::Transaction<'_>) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let result = tokio::task::spawn_blocking(move || {
            let mut writer = inner.writer.lock();
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = act(&inner, &transaction)?;
            transaction.commit()?;
            Ok::<T, WriteError>(result)
        });
        result.await.map_err(StoreError::unavailable)?.map_err(|WriteError(error)| error)
    }
}

#[async_trait]
impl Watched for SqliteStore {
    /// Asks for `PRAGMA data_version` of the writer, which its own commits do not change.
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        let inner = Arc::clone(&self.inner);
        let asked = tokio::task::spawn_blocking(move || {
            let writer = inner.writer.lock();
            let version = writer
                .prepare_cached("PRAGMA data_version")
                .and_then(|mut statement| statement.query_row([], |row| row.get(0)))?;
            let before = inner.data_version.swap(version, Ordering::Relaxed);
            let is_same = before == version;
            Ok::<_, rusqlite::Error>(if is_same { Foreign::Keys(Vec::new()) } else { Foreign::Anything })
        });
        asked.await.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)
    }
}

/// Lets `?` in a transaction take the driver's errors.
struct WriteError(StoreError);

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self(StoreError::unavailable(error))
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (key, record) = (*key, record.clone());
        self.write(move |inner, transaction| {
            let values = serde_json::to_string(&record.values).map_err(StoreError::corrupt).map_err(WriteError)?;
            let inserted = transaction
                .prepare_cached(
                    "INSERT INTO sessions (key, application, account, value, idle, absolute, persistent, created, seen, deadline, version)
                     VALUES (:key, :application, :account, :value, :idle, :absolute, :persistent, :created, :seen, :deadline, :version)
                     ON CONFLICT (key) DO NOTHING",
                )?
                .execute(named_params! {
                    ":key": key.as_bytes(),
                    ":application": inner.application,
                    ":account": record.account.as_ref().map(AccountKey::as_bytes),
                    ":value": values,
                    ":idle": span(record.policy.idle),
                    ":absolute": span(record.policy.absolute),
                    ":persistent": record.policy.persistent,
                    ":created": millis(record.created_at),
                    ":seen": millis(record.last_seen),
                    ":deadline": millis(record.idle_deadline()),
                    ":version": i64::try_from(record.version).unwrap_or(i64::MAX),
                })?;
            Ok(inserted == 1)
        })
        .await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let now = self.inner.clock.now();
        match self.read(|reader| Row::select(reader, key))? {
            None => Ok(Loaded::Absent),
            Some(Row::Ended { reason, at }) => Ok(Loaded::Ended { reason, at }),
            Some(Row::Stored(stored)) => Ok(Loaded::at(stored.decode()?, now)),
        }
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let (key, change) = (*key, change.clone());
        self.write(move |inner, transaction| {
            let Some(mut record) = living(inner, transaction, &key)? else { return Ok(None) };
            record.apply(&change);
            let values =
                serde_json::to_string(&record.values).map_err(StoreError::corrupt).map_err(WriteError)?;
            transaction
                .prepare_cached(
                    "UPDATE sessions SET value = ?2, seen = ?3, deadline = ?4, version = ?5 WHERE key = ?1",
                )?
                .execute(params![
                    key.as_bytes(),
                    values,
                    millis(record.last_seen),
                    millis(record.idle_deadline()),
                    i64::try_from(record.version).unwrap_or(i64::MAX),
                ])?;
            Ok(Some(record))
        })
        .await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let key = *key;
        self.write(move |inner, transaction| {
            let touched = transaction
                .prepare_cached(
                    "UPDATE sessions SET seen = max(seen, ?2), deadline = min(max(seen, ?2) + idle, created + absolute)
                     WHERE key = ?1 AND ended IS NULL AND deadline > ?3",
                )?
                .execute(params![key.as_bytes(), millis(seen), millis(inner.clock.now())])?;
            Ok(touched == 1)
        })
        .await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<(), StoreError> {
        let key = *key;
        self.write(move |inner, transaction| {
            transaction
                .prepare_cached(&format!("UPDATE sessions SET {ENDED} WHERE key = :key AND ended IS NULL"))?
                .execute(named_params! {
                    ":key": key.as_bytes(),
                    ":reason": reason.as_str(),
                    ":now": millis(inner.clock.now()),
                })?;
            Ok(())
        })
        .await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let now = millis(self.inner.clock.now());
        let rows = self.read(|reader| {
            reader
                .prepare_cached(
                    "SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline, key
                     FROM sessions WHERE application = ?1 AND account = ?2 AND ended IS NULL AND deadline > ?3
                     ORDER BY created DESC",
                )?
                .query_map(params![self.inner.application, account.as_bytes(), now], |row| {
                    Ok((Key::from_bytes(row.get(10)?), Row::read(row)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let summaries = rows.into_iter().filter_map(|(key, row)| Some((key, row.into_stored()?)));
        summaries.map(|(key, stored)| Ok(Summary { key, record: stored.decode()? })).collect()
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let except = except.copied();
        self.write(move |inner, transaction| {
            let ended = transaction
                .prepare_cached(&format!(
                    "UPDATE sessions SET {ENDED} WHERE application = :application AND account = :account
                     AND ended IS NULL AND deadline > :now AND key IS NOT :except"
                ))?
                .execute(named_params! {
                    ":application": inner.application,
                    ":account": account.as_bytes(),
                    ":except": except.as_ref().map(Key::as_bytes),
                    ":reason": reason.as_str(),
                    ":now": millis(inner.clock.now()),
                })?;
            Ok(ended as u64)
        })
        .await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.write(move |inner, transaction| {
            let now = inner.clock.now();
            let ended = transaction
                .prepare_cached(&format!(
                    "UPDATE sessions SET {ENDED} WHERE key IN
                     (SELECT key FROM sessions WHERE ended IS NULL AND deadline <= :now LIMIT :limit)"
                ))?
                .execute(
                    named_params! { ":reason": Reason::Idle.as_str(), ":now": millis(now), ":limit": limit },
                )?;
            let removed = transaction
                .prepare_cached(
                    "DELETE FROM sessions WHERE key IN
                     (SELECT key FROM sessions WHERE ended IS NOT NULL AND deadline <= ?1 LIMIT ?2)",
                )?
                .execute(params![millis(now - REASON_KEPT_FOR), limit])?;
            Ok((ended + removed) as u64)
        })
        .await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "sqlite",
            survives_restart: true,
            shared: true,
            listable: true,
            expires_by_itself: false,
        }
    }
}

/// Ends a row: its data goes; a limit that has passed already is the reason. From then on `deadline`
/// is the moment of its end.
const ENDED: &str = "value = '', account = NULL,
    ended = CASE WHEN deadline > :now THEN :reason WHEN deadline >= created + absolute THEN 'absolute' ELSE 'idle' END,
    deadline = min(deadline, :now)";

fn living(
    inner: &Inner,
    transaction: &rusqlite::Transaction<'_>,
    key: &Key,
) -> Result<Option<Record>, WriteError> {
    match Row::select(transaction, key)? {
        Some(Row::Stored(stored)) => {
            let record = stored.decode().map_err(WriteError)?;
            Ok(record.expired(inner.clock.now()).is_none().then_some(record))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedClock, Policy, SessionId};

    const PATIENCE: Duration = Duration::from_millis(400);

    fn open(folder: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(&folder.path().join("s.db"), "", PATIENCE, Arc::new(FixedClock::default()))
            .expect("opens")
    }

    #[tokio::test]
    async fn a_damaged_record_is_corrupt_and_no_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let key = SessionId::random().key("");
        let record = Record::new(Policy::SIGNED_IN, store.inner.clock.now());
        store.insert(&key, &record).await.expect("inserts");
        for damage in ["{", "[]", "null", ""] {
            store.inner.writer.lock().execute("UPDATE sessions SET value = ?1", [damage]).expect("damages");
            assert!(matches!(store.load(&key).await, Err(StoreError::Corrupt(_))), "{damage}");
        }
    }

    #[tokio::test]
    async fn a_reader_waits_for_no_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let key = SessionId::random().key("");
        store.insert(&key, &Record::new(Policy::SIGNED_IN, store.inner.clock.now())).await.expect("inserts");
        let mut other = file::connect(&folder.path().join("s.db"), PATIENCE).expect("connects");
        let _writing = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("begins");
        assert!(matches!(store.load(&key).await, Ok(Loaded::Living(_))));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let missing = Path::new("/nowhere/at/all/s.db");
        assert!(SqliteStore::open(missing, "", PATIENCE, Arc::new(FixedClock::default())).is_err());
    }
}
