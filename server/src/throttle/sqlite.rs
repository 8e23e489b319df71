//! Attempts counted in a SQLite file, that of the accounts: shared by the processes of one machine.

use async_trait::async_trait;
use auth::{Admission, LAST_FAILURE, ThrottleError};
use rusqlite::{OptionalExtension as _, Transaction, params};
use sessions::StoreError;
use sessions::store::Migrations;
use sessions::store::sqlite::{Database, WriteError};

use super::Key;
use super::counting::Tally;
use super::rules::{Bucket, Failures, KEPT_FOR, admission};

/// Tables of what is counted in a SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteTally {
    database: Database,
}

impl SqliteTally {
    /// The tables of what is counted.
    pub const MIGRATIONS: Migrations = Migrations {
        name: "throttle",
        steps: &["
    CREATE TABLE throttle_addresses (
        key        BLOB PRIMARY KEY,
        full_again INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX throttle_addresses_full_again ON throttle_addresses (full_again);
    CREATE TABLE throttle_failures (
        key   BLOB PRIMARY KEY,
        count INTEGER NOT NULL,
        last  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX throttle_failures_by_count ON throttle_failures (count, last);
    "],
    };

    /// Counts in this database, whose tables are up to date.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    async fn write<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, ThrottleError> {
        let written = self.database.write(move |transaction| act(transaction).map_err(WriteError::from));
        written.await.map_err(ThrottleError::new)
    }
}

#[async_trait]
impl Tally for SqliteTally {
    async fn pass(&self, key: Key, bucket: Bucket, now: i64) -> Result<Admission, ThrottleError> {
        let waits = self.write(move |transaction| {
            let noted = transaction
                .prepare_cached("SELECT full_again FROM throttle_addresses WHERE key = ?1")?
                .query_row([key.as_bytes()], |row| row.get(0))
                .optional()?;
            let passed = bucket.pass(noted, now);
            if let Ok(full_again) = passed {
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO throttle_addresses (key, full_again) VALUES (?1, ?2)",
                    )?
                    .execute(params![key.as_bytes(), full_again])?;
            }
            Ok(passed.err())
        });
        waits.await.map(admission)
    }

    async fn guess(&self, key: Key, now: i64) -> Result<Admission, ThrottleError> {
        let waits = self.write(move |transaction| {
            let noted = transaction
                .prepare_cached("SELECT count, last FROM throttle_failures WHERE key = ?1")?
                .query_row([key.as_bytes()], |row| Ok(Failures { count: row.get(0)?, last: row.get(1)? }))
                .optional()?;
            let guessed = Failures::guess(noted, now);
            if let Ok(Failures { count, last }) = guessed {
                transaction
                    .prepare_cached(
                        "INSERT OR REPLACE INTO throttle_failures (key, count, last) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![key.as_bytes(), count, last])?;
            }
            Ok(guessed.err())
        });
        waits.await.map(admission)
    }

    async fn forgive(&self, key: Key) -> Result<(), ThrottleError> {
        let forgiven = self.write(move |transaction| {
            transaction
                .prepare_cached("DELETE FROM throttle_failures WHERE key = ?1")?
                .execute([key.as_bytes()])
        });
        forgiven.await.map(drop)
    }

    async fn take_back(&self, key: Key) -> Result<(), ThrottleError> {
        let taken = self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE throttle_failures SET count = max(count - 1, 0) WHERE key = ?1")?
                .execute([key.as_bytes()])
        });
        taken.await.map(drop)
    }

    async fn sweep(&self, now: i64, most: usize, limit: usize) -> Result<u64, ThrottleError> {
        let [addresses, failures] = self.excess(most).map_err(ThrottleError::new)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let swept = self.write(move |transaction| {
            let mut swept = 0;
            swept += transaction.execute(DUE_ADDRESSES, params![now, limit])?;
            swept += transaction.execute(DUE_FAILURES, params![now - KEPT_FOR, LAST_FAILURE, limit])?;
            swept += transaction.execute(EXCESS_ADDRESSES, [addresses.min(limit)])?;
            swept += transaction.execute(EXCESS_FAILURES, [failures.min(limit)])?;
            Ok(swept as u64)
        });
        swept.await
    }
}

impl SqliteTally {
    /// How many rows of each kind there are too many.
    fn excess(&self, most: usize) -> Result<[i64; 2], StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.database.read(|reader| {
            let count = |sql| reader.query_row(sql, [], |row| row.get::<_, i64>(0));
            let counts = [
                count("SELECT count(*) FROM throttle_addresses")?,
                count("SELECT count(*) FROM throttle_failures")?,
            ];
            Ok(counts.map(|count| (count - most).max(0)))
        })
    }
}

const DUE_ADDRESSES: &str = "
    DELETE FROM throttle_addresses WHERE key IN (
        SELECT key FROM throttle_addresses WHERE full_again <= ?1 LIMIT ?2
    )";

const DUE_FAILURES: &str = "
    DELETE FROM throttle_failures WHERE key IN (
        SELECT key FROM throttle_failures WHERE last <= ?1 AND count < ?2 LIMIT ?3
    )";

const EXCESS_ADDRESSES: &str = "
    DELETE FROM throttle_addresses WHERE key IN (
        SELECT key FROM throttle_addresses ORDER BY full_again LIMIT ?1
    )";

const EXCESS_FAILURES: &str = "
    DELETE FROM throttle_failures WHERE key IN (
        SELECT key FROM throttle_failures ORDER BY count, last LIMIT ?1
    )";
