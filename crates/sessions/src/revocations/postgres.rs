//! What has ended, in a PostgreSQL database: that of the accounts, or any other.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use super::{EndedBy, EndedEarly, MOST_ENDED, OVER_FOR, Raised, Revocations, Standing};
use crate::store::Migrations;
use crate::store::encoding::{millis, moment};
use crate::store::postgres::Database;
use crate::{AccountKey, Key, Reason, StoreError};

const MIGRATIONS: Migrations = Migrations {
    name: "revocations",
    steps: &[
        "
    CREATE TABLE ended_sessions (
        application TEXT NOT NULL,
        key         BYTEA NOT NULL,
        account     BYTEA,
        reason      TEXT NOT NULL,
        at          BIGINT NOT NULL,
        until       BIGINT NOT NULL,
        PRIMARY KEY (application, key)
    );
    CREATE INDEX ended_sessions_of_account ON ended_sessions (application, account) WHERE account IS NOT NULL;
    CREATE INDEX ended_sessions_until ON ended_sessions (until);
    CREATE TABLE session_epochs (
        application TEXT NOT NULL,
        account     BYTEA NOT NULL,
        epoch       BIGINT NOT NULL,
        reason      TEXT NOT NULL,
        at          BIGINT NOT NULL,
        PRIMARY KEY (application, account)
    );
",
        "
    ALTER TABLE ended_sessions ADD COLUMN over_since BIGINT;
    DROP INDEX ended_sessions_until;
    CREATE INDEX ended_sessions_until ON ended_sessions (until) WHERE over_since IS NULL;
    CREATE INDEX ended_sessions_over ON ended_sessions (until) WHERE over_since IS NOT NULL;
    CREATE INDEX ended_sessions_over_since ON ended_sessions (over_since) WHERE over_since IS NOT NULL;
",
    ],
};

/// An unknown account matches no epoch.
const STANDING: &str = "
    SELECT ended.reason, ended.at, raised.epoch, raised.reason, raised.at
    FROM (SELECT) AS asked
    LEFT JOIN ended_sessions AS ended ON ended.application = $1 AND ended.key = $2
    LEFT JOIN session_epochs AS raised ON raised.application = $1 AND raised.account = $3";

/// Whoever raises an epoch does it alone, until the end of the transaction.
const TURN: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1 || encode($2, 'hex'), 0))";

const END: &str = "
    INSERT INTO ended_sessions (application, key, account, reason, at, until)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";

const COUNT: &str =
    "SELECT count(*) FROM ended_sessions WHERE application = $1 AND account = $2 AND over_since IS NULL";

/// Locks its rows in one order, so that two of these cannot wait for each other.
const FORGET: &str = "
    DELETE FROM ended_sessions WHERE application = $1 AND key IN (
        SELECT key FROM ended_sessions WHERE application = $1 AND account = $2 ORDER BY key FOR UPDATE
    )";

const EPOCH: &str = "SELECT epoch FROM session_epochs WHERE application = $1 AND account = $2";

const RAISE: &str = "
    INSERT INTO session_epochs (application, account, epoch, reason, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (application, account) DO UPDATE SET epoch = $3, reason = $4, at = $5";

/// What was found over by a clock that has been put back since. Like the next two it passes over what somebody else is
/// writing: there will be another sweep.
const NOT_OVER: &str = "
    UPDATE ended_sessions SET over_since = NULL WHERE (application, key) IN (
        SELECT application, key FROM ended_sessions
        WHERE over_since IS NOT NULL AND (until > $1 OR over_since > $1) LIMIT $2 FOR UPDATE SKIP LOCKED
    )";

const FORGET_OVER: &str = "
    DELETE FROM ended_sessions WHERE (application, key) IN (
        SELECT application, key FROM ended_sessions WHERE over_since <= $1 AND until <= $2 LIMIT $3
        FOR UPDATE SKIP LOCKED
    )";

const OVER: &str = "
    UPDATE ended_sessions SET over_since = $1 WHERE (application, key) IN (
        SELECT application, key FROM ended_sessions WHERE over_since IS NULL AND until <= $1 LIMIT $2
        FOR UPDATE SKIP LOCKED
    )";

/// Tables of ended sessions and of epochs.
#[derive(Clone, Debug)]
pub struct PostgresRevocations {
    database: Database,
    application: Arc<str>,
}

impl PostgresRevocations {
    /// The tables of ended sessions and of epochs.
    pub const MIGRATIONS: Migrations = MIGRATIONS;

    /// Connects to the database at `url`, creates the tables if they are missing, and brings older ones up to
    /// date at the moment `now`. `prefix` keeps applications that share the tables apart; a connection and each
    /// answer are waited for as long as `timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, or its tables not be made.
    pub async fn open(
        url: &str,
        prefix: &str,
        timeout: Duration,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let database = Database::open(url, timeout, &[Self::MIGRATIONS], now).await?;
        Ok(Self { database, application: prefix.into() })
    }
}

/// The columns of [`STANDING`].
type Row = (Option<String>, Option<i64>, Option<i64>, Option<String>, Option<i64>);

#[async_trait]
impl Revocations for PostgresRevocations {
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError> {
        let (application, key) = (Arc::clone(&self.application), *key);
        let found = self.database.query(move |connection| {
            Box::pin(async move {
                let row = sqlx::query_as(STANDING)
                    .bind(&*application)
                    .bind(key.as_bytes())
                    .bind(account.as_ref().map(AccountKey::as_bytes));
                row.fetch_one(connection).await
            })
        });
        let (reason, at, epoch, raised_for, raised_at): Row = found.await?;
        Ok(Standing {
            ended: why_and_when(reason, at),
            epoch: epoch.and_then(|epoch| u64::try_from(epoch).ok()).unwrap_or(0),
            raised: why_and_when(raised_for, raised_at),
        })
    }

    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError> {
        let (application, ended) = (Arc::clone(&self.application), ended.clone());
        let doing = self
            .database
            .query(move |connection| Box::pin(async move { end(connection, &application, &ended).await }));
        doing.await
    }

    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        let application = Arc::clone(&self.application);
        let doing = self.database.query(move |connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await?;
                take_turn(&mut transaction, &application, account).await?;
                let raised = raise(&mut transaction, &application, account, reason, at).await?;
                transaction.commit().await?;
                Ok(raised)
            })
        });
        doing.await
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sweeping = self
            .database
            .query(move |connection| Box::pin(async move { sweep(connection, now, limit).await }));
        sweeping.await
    }
}

async fn sweep(connection: &mut PgConnection, now: OffsetDateTime, limit: i64) -> sqlx::Result<u64> {
    let not_over = sqlx::query(NOT_OVER).bind(millis(now)).bind(limit);
    let put_back = not_over.execute(&mut *connection).await?;
    let forget = sqlx::query(FORGET_OVER).bind(millis(now - OVER_FOR)).bind(millis(now)).bind(limit);
    let forgotten = forget.execute(&mut *connection).await?;
    let found = sqlx::query(OVER).bind(millis(now)).bind(limit).execute(connection).await?;
    Ok(put_back.rows_affected() + forgotten.rows_affected() + found.rows_affected())
}

async fn end(connection: &mut PgConnection, application: &str, ended: &EndedEarly) -> sqlx::Result<EndedBy> {
    let mut transaction = connection.begin().await?;
    let remembered = sqlx::query(END)
        .bind(application)
        .bind(ended.key.as_bytes())
        .bind(ended.account.as_ref().map(AccountKey::as_bytes))
        .bind(ended.reason.as_str())
        .bind(millis(ended.at))
        .bind(millis(ended.until))
        .execute(&mut *transaction)
        .await?;
    if remembered.rows_affected() == 0 {
        return Ok(EndedBy::Another);
    }
    let mut by = EndedBy::This;
    if let Some(account) = ended.account
        && are_too_many(&mut transaction, application, account).await?
    {
        take_turn(&mut transaction, application, account).await?;
        // One of several who find this at once.
        if are_too_many(&mut transaction, application, account).await? {
            let forget = sqlx::query(FORGET).bind(application).bind(account.as_bytes());
            forget.execute(&mut *transaction).await?;
            by = EndedBy::Epoch(raise(&mut transaction, application, account, ended.reason, ended.at).await?);
        }
    }
    transaction.commit().await?;
    Ok(by)
}

async fn are_too_many(
    connection: &mut PgConnection,
    application: &str,
    account: AccountKey,
) -> sqlx::Result<bool> {
    let count = sqlx::query_as(COUNT).bind(application).bind(account.as_bytes());
    let (count,): (i64,) = count.fetch_one(connection).await?;
    Ok(usize::try_from(count).is_ok_and(|count| count > MOST_ENDED))
}

async fn take_turn(
    connection: &mut PgConnection,
    application: &str,
    account: AccountKey,
) -> sqlx::Result<()> {
    let turn = sqlx::query(TURN).bind(application).bind(account.as_bytes());
    turn.execute(connection).await.map(drop)
}

/// For whoever has taken their turn.
async fn raise(
    connection: &mut PgConnection,
    application: &str,
    account: AccountKey,
    reason: Reason,
    at: OffsetDateTime,
) -> sqlx::Result<Raised> {
    let epoch = sqlx::query_as(EPOCH).bind(application).bind(account.as_bytes());
    let epoch: Option<(i64,)> = epoch.fetch_optional(&mut *connection).await?;
    let raised = Raised::at(epoch.map_or(0, |(epoch,)| epoch.unsigned_abs()), at);
    let raise = sqlx::query(RAISE)
        .bind(application)
        .bind(account.as_bytes())
        .bind(raised.to.cast_signed())
        .bind(reason.as_str())
        .bind(millis(at));
    raise.execute(connection).await?;
    Ok(raised)
}

fn why_and_when(reason: Option<String>, at: Option<i64>) -> Option<(Reason, OffsetDateTime)> {
    let reason = Reason::from_name(&reason?).unwrap_or(Reason::Revoked);
    Some((reason, moment(at?)))
}
