//! What has ended, in a SQLite file: that of the accounts, or any other.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{OptionalExtension as _, Transaction, params};
use time::OffsetDateTime;

use super::{EndedBy, EndedEarly, MOST_ENDED, OVER_FOR, Raised, Revocations, Standing};
use crate::store::Migrations;
use crate::store::encoding::{millis, moment};
use crate::store::sqlite::Database;
use crate::{AccountKey, Key, Reason, StoreError};

const MIGRATIONS: Migrations = Migrations {
    name: "revocations",
    steps: &[
        "
    CREATE TABLE ended_sessions (
        application TEXT NOT NULL,
        key         BLOB NOT NULL,
        account     BLOB,
        reason      TEXT NOT NULL,
        at          INTEGER NOT NULL,
        until       INTEGER NOT NULL,
        PRIMARY KEY (application, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ended_sessions_of_account ON ended_sessions (application, account) WHERE account IS NOT NULL;
    CREATE INDEX ended_sessions_until ON ended_sessions (until);
    CREATE TABLE session_epochs (
        application TEXT NOT NULL,
        account     BLOB NOT NULL,
        epoch       INTEGER NOT NULL,
        reason      TEXT NOT NULL,
        at          INTEGER NOT NULL,
        PRIMARY KEY (application, account)
    ) STRICT, WITHOUT ROWID;
",
        "
    ALTER TABLE ended_sessions ADD COLUMN over_since INTEGER;
    DROP INDEX ended_sessions_until;
    CREATE INDEX ended_sessions_until ON ended_sessions (until) WHERE over_since IS NULL;
    CREATE INDEX ended_sessions_over ON ended_sessions (until) WHERE over_since IS NOT NULL;
    CREATE INDEX ended_sessions_over_since ON ended_sessions (over_since) WHERE over_since IS NOT NULL;
",
    ],
};

/// What was found over by a clock that has been put back since.
const NOT_OVER: &str = "
    UPDATE ended_sessions SET over_since = NULL WHERE (application, key) IN
    (SELECT application, key FROM ended_sessions WHERE over_since IS NOT NULL AND until > ?1 LIMIT ?2)
    OR (application, key) IN
    (SELECT application, key FROM ended_sessions WHERE over_since > ?1 LIMIT ?2)";

const FORGET: &str = "
    DELETE FROM ended_sessions WHERE (application, key) IN
    (SELECT application, key FROM ended_sessions WHERE over_since <= ?1 AND until <= ?2 LIMIT ?3)";

const OVER: &str = "
    UPDATE ended_sessions SET over_since = ?1 WHERE (application, key) IN
    (SELECT application, key FROM ended_sessions WHERE over_since IS NULL AND until <= ?1 LIMIT ?2)";

/// Left to itself, SQLite (3.54.1) reads all of an application's ended sessions for this.
const COUNT: &str = "
    SELECT count(*) FROM ended_sessions INDEXED BY ended_sessions_of_account
    WHERE application = ?1 AND account = ?2 AND over_since IS NULL";

/// Tables of ended sessions and of epochs.
#[derive(Clone, Debug)]
pub struct SqliteRevocations {
    database: Database,
    application: Arc<str>,
}

impl SqliteRevocations {
    /// The tables of ended sessions and of epochs.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// Opens the file at `path`, creates it and its tables if they are missing, and brings older tables up
    /// to date at the moment `now`. `prefix` keeps applications that share the file apart; another
    /// process's lock is waited for as long as `patience`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the file cannot be opened or written.
    pub fn open(
        path: &Path,
        prefix: &str,
        patience: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let database = Database::open(path, patience, &[Self::MIGRATIONS], now)?;
        Ok(Self { database, application: prefix.into() })
    }
}

#[async_trait]
impl Revocations for SqliteRevocations {
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError> {
        self.database.read(|reader| {
            let ended = reader
                .prepare_cached("SELECT reason, at FROM ended_sessions WHERE application = ?1 AND key = ?2")?
                .query_row(params![self.application, key.as_bytes()], |row| why_and_when(row, 0))
                .optional()?;
            let raised = match account {
                None => None,
                Some(account) => reader
                    .prepare_cached(
                        "SELECT epoch, reason, at FROM session_epochs WHERE application = ?1 AND account = ?2",
                    )?
                    .query_row(params![self.application, account.as_bytes()], |row| {
                        Ok((row.get::<_, i64>(0)?, why_and_when(row, 1)?))
                    })
                    .optional()?,
            };
            Ok(Standing {
                ended,
                epoch: raised.map_or(0, |(epoch, _)| u64::try_from(epoch).unwrap_or(0)),
                raised: raised.map(|(_, raised)| raised),
            })
        })
    }

    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError> {
        let (application, ended) = (Arc::clone(&self.application), ended.clone());
        self.database
            .write(move |transaction| {
                let account = ended.account.as_ref().map(AccountKey::as_bytes);
                let remembered = transaction
                    .prepare_cached(
                        "INSERT INTO ended_sessions (application, key, account, reason, at, until)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                    )?
                    .execute(params![
                        application,
                        ended.key.as_bytes(),
                        account,
                        ended.reason.as_str(),
                        millis(ended.at),
                        millis(ended.until),
                    ])?;
                if remembered == 0 {
                    return Ok(EndedBy::Another);
                }
                let Some(account) = account else { return Ok(EndedBy::This) };
                let count: i64 = transaction
                    .prepare_cached(COUNT)?
                    .query_row(params![application, account], |row| row.get(0))?;
                if !usize::try_from(count).is_ok_and(|count| count > MOST_ENDED) {
                    return Ok(EndedBy::This);
                }
                transaction.execute(
                    "DELETE FROM ended_sessions WHERE application = ?1 AND account = ?2",
                    params![application, account],
                )?;
                let raised = raise(transaction, &application, account, ended.reason, ended.at)?;
                Ok(EndedBy::Epoch(raised))
            })
            .await
    }

    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        let application = Arc::clone(&self.application);
        self.database
            .write(move |transaction| Ok(raise(transaction, &application, account.as_bytes(), reason, at)?))
            .await
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.database
            .write(move |transaction| {
                let (now, long_ago) = (millis(now), millis(now - OVER_FOR));
                let put_back = transaction.prepare_cached(NOT_OVER)?.execute(params![now, limit])?;
                let forgotten = transaction.prepare_cached(FORGET)?.execute(params![long_ago, now, limit])?;
                let found = transaction.prepare_cached(OVER)?.execute(params![now, limit])?;
                Ok((put_back + forgotten + found) as u64)
            })
            .await
    }
}

fn raise(
    transaction: &Transaction<'_>,
    application: &str,
    account: &[u8; 16],
    reason: Reason,
    at: OffsetDateTime,
) -> rusqlite::Result<Raised> {
    let from: Option<i64> = transaction
        .prepare_cached("SELECT epoch FROM session_epochs WHERE application = ?1 AND account = ?2")?
        .query_row(params![application, account], |row| row.get(0))
        .optional()?;
    let raised = Raised::at(from.map_or(0, i64::unsigned_abs), at);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO session_epochs (application, account, epoch, reason, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![application, account, raised.to.cast_signed(), reason.as_str(), millis(at)])?;
    Ok(raised)
}

fn why_and_when(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<(Reason, OffsetDateTime)> {
    let reason: String = row.get(first)?;
    Ok((Reason::from_name(&reason).unwrap_or(Reason::Revoked), moment(row.get(first + 1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_account_has_ended_is_counted_by_its_index() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sessions.db");
        let now = OffsetDateTime::UNIX_EPOCH;
        let revocations = SqliteRevocations::open(&path, "", Duration::from_secs(1), now).expect("opens");
        let plan = revocations.database.read(|reader| {
            reader.query_row(&format!("EXPLAIN QUERY PLAN {COUNT}"), ["", ""], |row| row.get::<_, String>(3))
        });
        let plan = plan.expect("explains");
        assert!(plan.contains("ended_sessions_of_account (application=? AND account=?)"), "{plan}");
    }
}
