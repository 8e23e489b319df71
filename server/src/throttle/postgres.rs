//! Attempts counted in PostgreSQL, beside the accounts: shared by all servers over it.

use async_trait::async_trait;
use auth::{Admission, LAST_FAILURE, ThrottleError};
use sessions::store::Migrations;
use sessions::store::postgres::Database;

use super::Key;
use super::counting::Tally;
use super::rules::{AHEAD, Bucket, Failures, KEPT_FOR, admission, delays};

/// Tables of what is counted in a PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PostgresTally {
    database: Database,
}

/// The key, now, the interval, the tolerance, how far ahead a clock may be. Gives a row if the attempt passed.
const PASS: &str = "
    INSERT INTO throttle_addresses AS noted (key, full_again) VALUES ($1, $2::BIGINT + $3)
    ON CONFLICT (key) DO UPDATE SET full_again = $3 + CASE
        WHEN noted.full_again > $2 + $4 + $3 + $5 THEN $2
        ELSE greatest(noted.full_again, $2)
    END
    WHERE noted.full_again - $4 <= $2 OR noted.full_again > $2 + $4 + $3 + $5
    RETURNING key";

/// The key, now, the delay after each number of failures, how far ahead a clock may be. Gives a row if the guess
/// was admitted; there is no delay after the last failure, and what is compared with none is not true.
const GUESS: &str = "
    INSERT INTO throttle_failures AS noted (key, count, last) VALUES ($1, 1, $2)
    ON CONFLICT (key) DO UPDATE SET
        count = noted.count + 1,
        last = CASE WHEN noted.last > $2::BIGINT + $4 THEN $2 ELSE greatest(noted.last, $2) END
    WHERE ($3::BIGINT[])[noted.count + 1] = 0
       OR noted.last + ($3::BIGINT[])[noted.count + 1] <= $2
       OR (($3::BIGINT[])[noted.count + 1] IS NOT NULL AND noted.last > $2 + $4)
    RETURNING key";

/// What is due, or too much; each takes a bound, and how many rows it removes at most. They pass over what
/// somebody else is writing: there will be another sweep.
const SWEEP: [&str; 4] = [
    "DELETE FROM throttle_addresses WHERE key IN (
        SELECT key FROM throttle_addresses WHERE full_again <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
    )",
    "DELETE FROM throttle_failures WHERE key IN (
        SELECT key FROM throttle_failures WHERE last <= $1 AND count < $3 LIMIT $2 FOR UPDATE SKIP LOCKED
    )",
    "DELETE FROM throttle_addresses WHERE key IN (
        SELECT key FROM throttle_addresses ORDER BY full_again
        LIMIT least($2, greatest(0, (SELECT count(*) FROM throttle_addresses) - $1)) FOR UPDATE SKIP LOCKED
    )",
    "DELETE FROM throttle_failures WHERE key IN (
        SELECT key FROM throttle_failures ORDER BY count, last
        LIMIT least($2, greatest(0, (SELECT count(*) FROM throttle_failures) - $1)) FOR UPDATE SKIP LOCKED
    )",
];

impl PostgresTally {
    /// The tables of what is counted.
    pub const MIGRATIONS: Migrations = Migrations {
        name: "throttle",
        steps: &["
    CREATE TABLE throttle_addresses (
        key        BYTEA PRIMARY KEY,
        full_again BIGINT NOT NULL
    );
    CREATE INDEX throttle_addresses_full_again ON throttle_addresses (full_again);
    CREATE TABLE throttle_failures (
        key   BYTEA PRIMARY KEY,
        count BIGINT NOT NULL,
        last  BIGINT NOT NULL
    );
    CREATE INDEX throttle_failures_by_count ON throttle_failures (count, last);
    "],
    };

    /// Counts in this database, whose tables are up to date.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }

    /// What is noted in a column, or two, of a key's row.
    async fn noted<T>(&self, query: &'static str, key: Key) -> Result<Option<T>, ThrottleError>
    where
        T: for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow> + Send + Unpin + 'static,
    {
        let noted = self.database.query(move |connection| {
            Box::pin(
                async move { sqlx::query_as(query).bind(key.as_bytes()).fetch_optional(connection).await },
            )
        });
        noted.await.map_err(ThrottleError::new)
    }

    async fn change(&self, query: &'static str, key: Key) -> Result<(), ThrottleError> {
        let changed = self.database.query(move |connection| {
            Box::pin(async move { sqlx::query(query).bind(key.as_bytes()).execute(connection).await })
        });
        changed.await.map(drop).map_err(ThrottleError::new)
    }
}

#[async_trait]
impl Tally for PostgresTally {
    async fn pass(&self, key: Key, bucket: Bucket, now: i64) -> Result<Admission, ThrottleError> {
        let passed = self.database.query(move |connection| {
            Box::pin(async move {
                let pass = sqlx::query(PASS).bind(key.as_bytes()).bind(now);
                let pass = pass.bind(bucket.interval).bind(bucket.tolerance).bind(AHEAD);
                pass.fetch_optional(connection).await
            })
        });
        if passed.await.map_err(ThrottleError::new)?.is_some() {
            return Ok(Admission::Admitted);
        }
        // It has been judged; how long to wait is only told.
        let noted = self.noted("SELECT full_again FROM throttle_addresses WHERE key = $1", key).await?;
        let wait = bucket.pass(noted.map(|(full_again,)| full_again), now).err();
        Ok(admission(Some(wait.unwrap_or(1))))
    }

    async fn guess(&self, key: Key, now: i64) -> Result<Admission, ThrottleError> {
        let guessed = self.database.query(move |connection| {
            Box::pin(async move {
                let guess = sqlx::query(GUESS).bind(key.as_bytes()).bind(now).bind(delays()).bind(AHEAD);
                guess.fetch_optional(connection).await
            })
        });
        if guessed.await.map_err(ThrottleError::new)?.is_some() {
            return Ok(Admission::Admitted);
        }
        let noted = self.noted("SELECT count, last FROM throttle_failures WHERE key = $1", key).await?;
        let noted = noted.map(|(count, last)| Failures { count, last });
        Ok(admission(Some(Failures::wait(noted, now))))
    }

    async fn forgive(&self, key: Key) -> Result<(), ThrottleError> {
        self.change("DELETE FROM throttle_failures WHERE key = $1", key).await
    }

    async fn take_back(&self, key: Key) -> Result<(), ThrottleError> {
        let take_back = "UPDATE throttle_failures SET count = greatest(count - 1, 0) WHERE key = $1";
        self.change(take_back, key).await
    }

    async fn sweep(&self, now: i64, most: usize, limit: usize) -> Result<u64, ThrottleError> {
        let [most, limit] = [most, limit].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let swept = self.database.query(move |connection| {
            Box::pin(async move {
                let [addresses, failures, excess_addresses, excess_failures] = SWEEP.map(sqlx::query);
                let due = failures.bind(now - KEPT_FOR).bind(limit).bind(i64::from(LAST_FAILURE));
                let queries = [
                    addresses.bind(now).bind(limit),
                    due,
                    excess_addresses.bind(most).bind(limit),
                    excess_failures.bind(most).bind(limit),
                ];
                let mut swept = 0;
                for query in queries {
                    swept += query.execute(&mut *connection).await?.rows_affected();
                }
                Ok(swept)
            })
        });
        swept.await.map_err(ThrottleError::new)
    }
}
