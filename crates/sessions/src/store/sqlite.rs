//! Sessions in a SQLite file: the default, embedded, nothing to install.
//!
//! Choose it for one machine. Everything acknowledged survives a restart, a crash of the process and
//! (`synchronous = FULL`) a crash of the machine. Several processes may share the file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{named_params, params};
use time::OffsetDateTime;

use super::cached::{Foreign, Watched};
use super::encoding::{millis, span};
use super::row::{summaries, value_of, version_of};
use super::{Capabilities, Loaded, Migrations, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

mod database;
pub mod file;
mod row;
mod schema;

pub use database::{Database, WriteError};

/// A SQLite database with a table of sessions.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    database: Database,
    application: Arc<str>,
    clock: Arc<dyn Clock>,
}

impl SqliteStore {
    /// The table of sessions.
    pub const MIGRATIONS: Migrations = schema::MIGRATIONS;

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
        let database = Database::open(path, patience, &[Self::MIGRATIONS], clock.now())?;
        Ok(Self { database, application: prefix.into(), clock })
    }
}

#[async_trait]
impl Watched for SqliteStore {
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        let is_foreign = self.database.has_foreign_writes().await?;
        Ok(if is_foreign { Foreign::Anything } else { Foreign::Keys(Vec::new()) })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (key, record) = (*key, record.clone());
        let application = Arc::clone(&self.application);
        self.database.write(move |transaction| {
            let value = value_of(&record).map_err(WriteError)?;
            let inserted = transaction
                .prepare_cached(
                    "INSERT INTO sessions (key, application, account, value, idle, absolute, persistent, created, seen, deadline, version)
                     VALUES (:key, :application, :account, :value, :idle, :absolute, :persistent, :created, :seen, :deadline, :version)
                     ON CONFLICT (key) DO NOTHING",
                )?
                .execute(named_params! {
                    ":key": key.as_bytes(),
                    ":application": application,
                    ":account": record.account.as_ref().map(AccountKey::as_bytes),
                    ":value": value,
                    ":idle": span(record.policy.idle),
                    ":absolute": span(record.policy.absolute),
                    ":persistent": record.policy.persistent,
                    ":created": millis(record.created_at),
                    ":seen": millis(record.last_seen),
                    ":deadline": millis(record.idle_deadline()),
                    ":version": version_of(&record),
                })?;
            Ok(inserted == 1)
        })
        .await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let now = self.clock.now();
        let row = self.database.read(|reader| row::select(reader, key))?;
        row.map_or(Ok(Loaded::Absent), |row| row.loaded(now))
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let (key, change) = (*key, change.clone());
        let clock = Arc::clone(&self.clock);
        self.database
            .write(move |transaction| {
                let Some(mut record) = living(clock.now(), transaction, &key)? else { return Ok(None) };
                record.apply(&change);
                let value = value_of(&record).map_err(WriteError)?;
                transaction
                .prepare_cached(
                    "UPDATE sessions SET value = ?2, seen = ?3, deadline = ?4, version = ?5 WHERE key = ?1",
                )?
                .execute(params![
                    key.as_bytes(),
                    value,
                    millis(record.last_seen),
                    millis(record.idle_deadline()),
                    version_of(&record),
                ])?;
                Ok(Some(record))
            })
            .await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let key = *key;
        let clock = Arc::clone(&self.clock);
        self.database.write(move |transaction| {
            let touched = transaction
                .prepare_cached(
                    "UPDATE sessions SET seen = max(seen, ?2), deadline = min(max(seen, ?2) + idle, created + absolute)
                     WHERE key = ?1 AND ended IS NULL AND deadline > ?3",
                )?
                .execute(params![key.as_bytes(), millis(seen), millis(clock.now())])?;
            Ok(touched == 1)
        })
        .await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let key = *key;
        let clock = Arc::clone(&self.clock);
        self.database
            .write(move |transaction| {
                let now = clock.now();
                let last = match living(now, transaction, &key) {
                    Err(WriteError(StoreError::Corrupt(_))) => None,
                    last => last?,
                };
                transaction
                    .prepare_cached(&format!(
                        "UPDATE sessions SET {ENDED} WHERE key = :key AND ended IS NULL"
                    ))?
                    .execute(named_params! {
                        ":key": key.as_bytes(),
                        ":reason": reason.as_str(),
                        ":now": millis(now),
                    })?;
                Ok(last)
            })
            .await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let now = self.clock.now();
        let rows = self.database.read(|reader| {
            reader
                .prepare_cached(
                    "SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline, key
                     FROM sessions WHERE application = ?1 AND account = ?2 AND ended IS NULL AND deadline > ?3
                     ORDER BY created DESC",
                )?
                .query_map(params![self.application, account.as_bytes(), millis(now)], |row| {
                    Ok(row::keyed(row).ok())
                })?
                .filter_map(Result::transpose)
                .collect()
        })?;
        Ok(summaries(rows, now))
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let except = except.copied();
        let (application, clock) = (Arc::clone(&self.application), Arc::clone(&self.clock));
        self.database
            .write(move |transaction| {
                let (now, except) = (millis(clock.now()), except.as_ref().map(Key::as_bytes));
                let living: i64 = transaction
                    .prepare_cached(&format!(
                        "SELECT count(*) FROM sessions WHERE {OTHERS} AND deadline > :now"
                    ))?
                    .query_row(
                        named_params! {
                            ":application": application,
                            ":account": account.as_bytes(),
                            ":except": except,
                            ":now": now,
                        },
                        |row| row.get(0),
                    )?;
                transaction.prepare_cached(&format!("UPDATE sessions SET {ENDED} WHERE {OTHERS}"))?.execute(
                    named_params! {
                        ":application": application,
                        ":account": account.as_bytes(),
                        ":except": except,
                        ":reason": reason.as_str(),
                        ":now": now,
                    },
                )?;
                Ok(u64::try_from(living).unwrap_or(0))
            })
            .await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        pauses.in_steps(limit, |some| self.sweep_some(some)).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "sqlite",
            is_client_side: false,
            survives_restart: true,
            shared: true,
            listable: true,
            expires_by_itself: false,
        }
    }
}

impl SqliteStore {
    /// In one transaction.
    async fn sweep_some(&self, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let clock = Arc::clone(&self.clock);
        self.database
            .write(move |transaction| {
                let now = clock.now();
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
}

/// The sessions of an account, save one, that have not been ended; also those that are over by now, which would live
/// again if the clock is put back.
const OTHERS: &str =
    "application = :application AND account = :account AND ended IS NULL AND key IS NOT :except";

/// Ends a row: its data goes; a limit that has passed already is the reason. From then on `deadline`
/// is the moment of its end.
const ENDED: &str = "value = '', account = NULL,
    ended = CASE WHEN deadline > :now THEN :reason WHEN deadline >= created + absolute THEN 'absolute' ELSE 'idle' END,
    deadline = min(deadline, :now)";

fn living(
    now: OffsetDateTime,
    transaction: &rusqlite::Transaction<'_>,
    key: &Key,
) -> Result<Option<Record>, WriteError> {
    row::select(transaction, key)?.map_or(Ok(None), |row| row.living(now).map_err(WriteError))
}

#[cfg(test)]
mod tests {
    use rusqlite::TransactionBehavior;

    use super::*;
    use crate::{FixedClock, Policy, SessionId};

    const PATIENCE: Duration = Duration::from_millis(400);

    fn open(folder: &tempfile::TempDir) -> SqliteStore {
        SqliteStore::open(&folder.path().join("s.db"), "", PATIENCE, Arc::new(FixedClock::default()))
            .expect("opens")
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let record = Record::new(Policy::SIGNED_IN, store.clock.now());
        store.insert(&SessionId::random().key(""), &record).await.expect("inserts");
        let modes = std::fs::read_dir(folder.path()).expect("lists").map(|entry| {
            let entry = entry.expect("an entry");
            (entry.file_name(), entry.metadata().expect("is there").permissions().mode() & 0o777)
        });
        let modes: Vec<_> = modes.collect();
        assert!(modes.len() > 1 && modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_to_which_links_lead_that_is_not_there_yet_is_for_its_owner_alone() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (beside, real) = (folder.path().join("beside"), folder.path().join("real.db"));
        symlink("real.db", &beside).expect("links");
        symlink(&beside, folder.path().join("s.db")).expect("links");
        let store = open(&folder);
        let mode = std::fs::metadata(&real).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(store);
    }

    /// What this process has locked in the database file, as the kernel says.
    #[cfg(target_os = "linux")]
    fn locks(path: &Path) -> Vec<String> {
        use std::os::unix::fs::MetadataExt as _;
        let file = format!(":{} ", std::fs::metadata(path).expect("is there").ino());
        let locks = std::fs::read_to_string("/proc/locks").expect("is Linux");
        let locks = locks.lines().filter(|lock| lock.contains(&file));
        locks.filter_map(|lock| lock.split_once(": ")).map(|(_, lock)| lock.to_owned()).collect()
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_connects_next_takes_no_lock_from_who_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.db");
        let first = open(&folder);
        first.load(&SessionId::random().key("")).await.expect("loads");
        let before = locks(&path);
        assert!(!before.is_empty(), "in WAL a connection has a lock for as long as it is open");
        let _second = open(&folder);
        assert_eq!(locks(&path), before);
    }

    #[tokio::test]
    async fn a_damaged_record_is_corrupt_and_no_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let key = SessionId::random().key("");
        let record = Record::new(Policy::SIGNED_IN, store.clock.now());
        store.insert(&key, &record).await.expect("inserts");
        for damage in ["{", "[]", "null", ""] {
            store.database.execute("UPDATE sessions SET value = ?1", damage);
            assert!(matches!(store.load(&key).await, Err(StoreError::Corrupt(_))), "{damage}");
        }
        for damage in ["value = CAST(x'ff' AS TEXT)", "account = CAST(?1 AS BLOB)"] {
            let key = SessionId::random().key("");
            store.insert(&key, &record).await.expect("inserts");
            let damage = format!("UPDATE sessions SET {damage} WHERE ?1 = 'odd'");
            store.database.execute(&damage, "odd");
            let change = Change::set("a", 1.into(), store.clock.now());
            assert!(matches!(store.load(&key).await, Err(StoreError::Corrupt(_))), "{damage}");
            assert!(matches!(store.apply(&key, &change).await, Err(StoreError::Corrupt(_))), "{damage}");
            assert_eq!(store.end(&key, Reason::Corrupt).await.expect("ends"), None, "{damage}");
            let loaded = store.load(&key).await;
            assert!(
                matches!(loaded, Ok(Loaded::Ended { reason: Reason::Corrupt, .. })),
                "{damage}: {loaded:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_reader_waits_for_no_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder);
        let key = SessionId::random().key("");
        store.insert(&key, &Record::new(Policy::SIGNED_IN, store.clock.now())).await.expect("inserts");
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
