//! A file with connections that read and one that writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::super::{Migrations, StoreError};
use super::file;

/// A file with some tables, kept up to date.
///
/// Reads run in the calling thread, over connections apart from the one writer: in WAL mode they wait
/// for nobody, and a hop to another thread would cost four times the read itself. Writes take turns on
/// the blocking pool.
#[derive(Clone, Debug)]
pub struct Database {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    patience: Duration,
    readers: Mutex<Vec<Connection>>,
    writer: Mutex<Connection>,
    /// Who may wait for the writer in a thread: whoever writes and the next. The others wait in no thread, so that a
    /// file which somebody else has locked takes none from those who need them, and no longer than `patience`, so that
    /// whoever gives up leaves no work.
    turns: Arc<Semaphore>,
    /// The writer's `data_version` when somebody last asked what others have written.
    data_version: AtomicI64,
}

/// Lets `?` in a transaction take the driver's errors.
#[derive(Debug)]
pub struct WriteError(pub StoreError);

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self(meaning(error))
    }
}

/// What an error means: a value that is not of its column's kind says that its row cannot be read.
fn meaning(error: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | Utf8Error(..) => StoreError::corrupt(error),
        _ => StoreError::unavailable(error),
    }
}

impl Database {
    /// Opens the file, creates it if it is missing, and brings its tables up to date at the moment `now`.
    /// Another's lock is waited for as long as `patience`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or written.
    pub fn open(
        path: &Path,
        patience: Duration,
        migrations: &[Migrations],
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let mut writer = file::connect(path, patience).map_err(StoreError::unavailable)?;
        for part in migrations {
            file::migrate(&mut writer, part, now).map_err(StoreError::unavailable)?;
        }
        let inner = Inner {
            path: path.to_owned(),
            patience,
            readers: Mutex::default(),
            writer: Mutex::new(writer),
            turns: Arc::new(Semaphore::new(2)),
            data_version: AtomicI64::new(-1),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Runs a query in this thread.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] for a value that is not of its column's kind.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.inner.readers.lock().pop();
        let reader = match idle {
            Some(reader) => reader,
            None => file::connect_reader(&self.inner.path, self.inner.patience)
                .map_err(StoreError::unavailable)?,
        };
        let result = query(&reader).map_err(meaning);
        self.inner.readers.lock().push(reader);
        result
    }

    /// Runs a transaction on the blocking pool when it is its turn; from then on it goes on to its end even if the
    /// caller is cancelled. No other writer comes between what it reads and what it writes (`BEGIN IMMEDIATE`).
    ///
    /// # Errors
    /// That of `act`, or [`StoreError::Unavailable`]: nothing was written.
    pub async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> Result<T, WriteError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let turn = timeout(inner.patience, Arc::clone(&inner.turns).acquire_owned()).await;
        let turn = turn.map_err(StoreError::unavailable)?.map_err(StoreError::unavailable)?;
        let result = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut writer = inner.writer.lock();
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = act(&transaction)?;
            transaction.commit()?;
            Ok::<T, WriteError>(result)
        });
        result.await.map_err(StoreError::unavailable)?.map_err(|WriteError(error)| error)
    }

    /// Whether others have written since this was last asked: by `PRAGMA data_version` of the writer,
    /// which its own commits do not change.
    pub(crate) async fn has_foreign_writes(&self) -> Result<bool, StoreError> {
        let inner = Arc::clone(&self.inner);
        let asked = tokio::task::spawn_blocking(move || {
            let writer = inner.writer.lock();
            let mut statement = writer.prepare_cached("PRAGMA data_version")?;
            statement.query_row([], |row| row.get(0))
        });
        let version: rusqlite::Result<i64> = asked.await.map_err(StoreError::unavailable)?;
        let version = version.map_err(StoreError::unavailable)?;
        // Here and not on the pool, where it goes on when nobody waits for the answer any more.
        Ok(self.inner.data_version.swap(version, Ordering::Relaxed) != version)
    }

    #[cfg(test)]
    pub(super) fn execute(&self, sql: &str, value: &str) {
        self.inner.writer.lock().execute(sql, [value]).expect("executes");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::join_all;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn who_gives_up_waiting_for_a_locked_file_leaves_no_work_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("some.db");
        let database = Database::open(&path, PATIENCE, &[], OffsetDateTime::UNIX_EPOCH).expect("opens");
        let mut other = Connection::open(&path).expect("opens");
        let lock = other.transaction_with_behavior(TransactionBehavior::Immediate).expect("locks");
        let done = Arc::new(AtomicUsize::new(0));
        let write = || {
            let done = Arc::clone(&done);
            database.write(move |_| {
                done.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
        };
        // By callers who go away, and by those whom nobody waits for but who go on.
        let answers = join_all((0..100).map(|_| timeout(2 * PATIENCE, write()))).await;
        assert!(answers.iter().all(|answer| !matches!(answer, Ok(Ok(())))), "the file is locked");
        let answers = join_all((0..100).map(|_| write())).await;
        assert!(answers.iter().all(Result::is_err), "the file is locked");
        lock.rollback().expect("unlocks");
        write().await.expect("is done");
        assert_eq!(done.load(Ordering::Relaxed), 1, "this one alone");
    }
}
