//! Sessions in PostgreSQL: for many servers over one database.
//!
//! Choose it where PostgreSQL is at hand already. Everything acknowledged survives a restart of servers
//! and database alike. Limits are judged by the clock of the server that asks, never by the database's.
//!
//! What ends or changes a session is told to the other servers as it is committed (`NOTIFY`), so that
//! their caches can forget it. PostgreSQL commits what it has to tell one at a time, so these writes go
//! no faster than its disk synchronises; new sessions and touches, which nobody is told of, do.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::{Connection as _, FromRow as _, PgConnection, Row as _};
use time::OffsetDateTime;

use super::cached::{Foreign, Watched};
use super::encoding::{millis, span};
use super::row::{Row, summaries, value_of, version_of};
use super::together::Together;
use super::{Capabilities, Loaded, Migrations, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

mod database;
mod listener;
mod row;
mod schema;
mod statements;

pub use database::{Database, Doing};
use listener::Listener;

/// A PostgreSQL database with a table of sessions.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    clock: Arc<dyn Clock>,
    application: String,
    timeout: Duration,
    database: Database,
    listener: Listener,
    together: Together<Option<Row>>,
}

impl PostgresStore {
    /// The table of sessions.
    pub const MIGRATIONS: Migrations = schema::MIGRATIONS;

    /// Connects to the database at `url`, creates the table in the schema that comes first in its
    /// `search_path` if it is missing, and brings an older table up to date. `prefix` keeps applications
    /// that share the table apart; a connection and each answer are waited for as long as `timeout`.
    ///
    /// A pooler that lends connections for single transactions may stand between, if it knows prepared
    /// statements; behind one, [`Watched`] says so and a cache over this store keeps nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the database cannot be reached, or its tables not be made. The error
    /// does not hold the URL, in which there may be a password.
    pub async fn open(
        url: &str,
        prefix: &str,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let database = Database::open(url, timeout, &[Self::MIGRATIONS], clock.now()).await?;
        let listener = Listener::new(database.pool().clone(), timeout);
        let (application, together) = (prefix.to_owned(), Together::default());
        let inner = Inner { clock, application, timeout, database, listener, together };
        Ok(Self { inner: Arc::new(inner) })
    }

    async fn row(&self, key: Key) -> Result<Option<Row>, StoreError> {
        self.run(move |_, connection| {
            Box::pin(async move {
                let row = sqlx::query_as(statements::SELECT).bind(key.as_bytes());
                row.fetch_optional(connection).await.map_err(meaning)
            })
        })
        .await
    }

    /// The rows under these keys, in their order; an error if one of them cannot be read.
    async fn rows(&self, keys: Vec<Key>) -> Result<Vec<Option<Row>>, StoreError> {
        self.run(move |_, connection| {
            Box::pin(async move {
                let names: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
                let rows = sqlx::query(statements::SELECT_ALL).bind(names).fetch_all(connection).await;
                let rows = rows.map_err(meaning)?;
                let found: sqlx::Result<HashMap<Key, Row>> = rows.iter().map(row::keyed).collect();
                let found = found.map_err(meaning)?;
                Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
            })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl for<'c> FnOnce(&'c Inner, &'c mut PgConnection) -> Doing<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let doing =
            self.inner.database.run(move |connection| Box::pin(async move { act(&inner, connection).await }));
        doing.await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (key, record) = (*key, record.clone());
        self.run(move |inner, connection| {
            Box::pin(async move {
                let inserted = sqlx::query(statements::INSERT)
                    .bind(key.as_bytes())
                    .bind(&inner.application)
                    .bind(record.account.as_ref().map(AccountKey::as_bytes))
                    .bind(value_of(&record)?)
                    .bind(span(record.policy.idle))
                    .bind(span(record.policy.absolute))
                    .bind(record.policy.persistent)
                    .bind(millis(record.created_at))
                    .bind(millis(record.last_seen))
                    .bind(millis(record.idle_deadline()))
                    .bind(version_of(&record));
                let inserted = inserted.execute(connection).await.map_err(unavailable)?;
                Ok(inserted.rows_affected() == 1)
            })
        })
        .await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let now = self.inner.clock.now();
        let store = self.clone();
        let asked = self.inner.together.ask(*key, |keys| async move { store.rows(keys).await }).await;
        let row = match asked {
            Some(answer) => answer?,
            None => self.row(*key).await?,
        };
        row.map_or(Ok(Loaded::Absent), |row| row.loaded(now))
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let (key, change) = (*key, change.clone());
        self.run(move |inner, connection| {
            Box::pin(async move {
                let mut transaction = connection.begin().await.map_err(unavailable)?;
                let locked =
                    sqlx::query_as(statements::LOCK).bind(key.as_bytes()).fetch_optional(&mut *transaction);
                let Some(row): Option<Row> = locked.await.map_err(meaning)? else { return Ok(None) };
                let Some(mut record) = row.living(inner.clock.now())? else { return Ok(None) };
                record.apply(&change);
                let updated = sqlx::query(statements::UPDATE)
                    .bind(key.as_bytes())
                    .bind(value_of(&record)?)
                    .bind(millis(record.last_seen))
                    .bind(millis(record.idle_deadline()))
                    .bind(version_of(&record));
                updated.execute(&mut *transaction).await.map_err(unavailable)?;
                transaction.commit().await.map_err(unavailable)?;
                Ok(Some(record))
            })
        })
        .await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let key = *key;
        self.run(move |inner, connection| {
            Box::pin(async move {
                let touched = sqlx::query(statements::TOUCH)
                    .bind(key.as_bytes())
                    .bind(millis(seen))
                    .bind(millis(inner.clock.now()));
                let touched = touched.execute(connection).await.map_err(unavailable)?;
                Ok(touched.rows_affected() == 1)
            })
        })
        .await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let key = *key;
        self.run(move |inner, connection| {
            Box::pin(async move {
                let now = inner.clock.now();
                let ended =
                    sqlx::query(statements::END).bind(reason.as_str()).bind(millis(now)).bind(key.as_bytes());
                let ended = ended.fetch_optional(connection).await.map_err(unavailable)?;
                let last = ended.and_then(|row| Row::from_row(&row).ok());
                Ok(last.and_then(|row| row.living(now).ok()).flatten())
            })
        })
        .await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let now = self.inner.clock.now();
        let rows = self
            .run(move |inner, connection| {
                Box::pin(async move {
                    let rows = sqlx::query(statements::OF_ACCOUNT)
                        .bind(&inner.application)
                        .bind(account.as_bytes())
                        .bind(millis(now));
                    let rows = rows.fetch_all(connection).await.map_err(unavailable)?;
                    Ok(rows.iter().filter_map(|row| row::keyed(row).ok()).collect())
                })
            })
            .await?;
        Ok(summaries(rows, now))
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let except = except.copied();
        self.run(move |inner, connection| {
            Box::pin(async move {
                let ended = sqlx::query(statements::END_OF_ACCOUNT)
                    .bind(reason.as_str())
                    .bind(millis(inner.clock.now()))
                    .bind(&inner.application)
                    .bind(account.as_bytes())
                    .bind(except.as_ref().map(Key::as_bytes));
                let ended = ended.fetch_all(connection).await.map_err(unavailable)?;
                let lived = ended.iter().map(|row| row.try_get::<bool, _>("lived").map(u64::from));
                lived.sum::<sqlx::Result<u64>>().map_err(unavailable)
            })
        })
        .await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        pauses.in_steps(limit, |some| self.sweep_some(some)).await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "postgres",
            is_client_side: false,
            survives_restart: true,
            shared: true,
            listable: true,
            expires_by_itself: false,
        }
    }
}

impl PostgresStore {
    async fn sweep_some(&self, limit: usize) -> Result<u64, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.run(move |inner, connection| {
            Box::pin(async move {
                let now = inner.clock.now();
                let swept = sqlx::query(statements::SWEEP)
                    .bind(Reason::Idle.as_str())
                    .bind(millis(now))
                    .bind(millis(now - REASON_KEPT_FOR))
                    .bind(limit);
                Ok(swept.execute(connection).await.map_err(unavailable)?.rows_affected())
            })
        })
        .await
    }
}

#[async_trait]
impl Watched for PostgresStore {
    /// Asks on a connection that listens to what is committed.
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        let heard = tokio::time::timeout(self.inner.timeout, self.inner.listener.heard()).await;
        heard.map_err(StoreError::unavailable)?.map_err(unavailable)
    }
}

fn unavailable(error: sqlx::Error) -> StoreError {
    StoreError::unavailable(error)
}

/// What an error means where a row is read.
fn meaning(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::corrupt(error),
        _ => StoreError::unavailable(error),
    }
}
