//! A database with some tables: how it is connected to, its tables kept up to date, and its answers waited
//! for; for other tables than sessions too.

use std::pin::Pin;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use time::OffsetDateTime;

use super::super::encoding::millis;
use super::super::{Migrations, StoreError};

/// Most connections of one pool. A write holds one for some round trips, so these serve thousands a second.
const CONNECTIONS: u32 = 10;
/// How long a connection may have been idle and be trusted all the same.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Of the lock under which tables are changed. Arbitrary; the same in every server, whatever its version.
const MIGRATION_LOCK: i64 = 0x0061_6e74_6572_6f6f;

/// A database and how long its answers are waited for; cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    timeout: Duration,
}

/// What a call does with its connection.
pub type Doing<'c, T, E = StoreError> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>;

impl Database {
    /// Connects to the database at `url`. A connection and each answer are waited for as long as `timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the URL is none, or the database cannot be reached. The error does not hold
    /// the URL, in which there may be a password.
    pub async fn connect(url: &str, timeout: Duration) -> Result<Self, StoreError> {
        let pool = connect(url, timeout).await.map_err(StoreError::unavailable)?;
        Ok(Self { pool, timeout })
    }

    /// Connects to the database at `url`, and brings its tables up to date in the schema that comes first in its
    /// `search_path`.
    ///
    /// # Errors
    /// As [`Database::connect`], or the tables cannot be made.
    pub async fn open(
        url: &str,
        timeout: Duration,
        migrations: &[Migrations],
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let database = Self::connect(url, timeout).await?;
        for part in migrations {
            migrate(&database.pool, part, now).await.map_err(StoreError::unavailable)?;
        }
        Ok(database)
    }

    /// How many of the migrations this database has not seen. Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn missing(&self, migrations: &Migrations) -> Result<usize, StoreError> {
        let migrations = *migrations;
        let applied =
            self.query(move |connection| Box::pin(count_applied(connection, migrations.name))).await?;
        Ok(migrations.missing(applied.unwrap_or(0)))
    }

    /// Runs `act` in a task of its own, which goes on to its end even if the caller is cancelled.
    ///
    /// So no connection goes back to the pool in the middle of a conversation. One that has not answered
    /// in time is closed: to wait for it would take its place from others for as long as TCP has hope. The
    /// database ends a statement that it has begun, and rolls an open transaction back.
    ///
    /// # Errors
    /// That of `act`, or [`StoreError::Unavailable`].
    pub async fn run<T: Send + 'static>(
        &self,
        act: impl for<'c> FnOnce(&'c mut PgConnection) -> Doing<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Self { pool, timeout } = self.clone();
        let doing = tokio::spawn(async move {
            let mut connection = pool.acquire().await.map_err(StoreError::unavailable)?;
            let answer = tokio::time::timeout(timeout, act(&mut connection)).await;
            answer.unwrap_or_else(|late| {
                connection.close_on_drop();
                Err(StoreError::unavailable(late))
            })
        });
        doing.await.map_err(StoreError::unavailable)?
    }

    /// As [`Database::run`], where each of the driver's errors says that the database cannot be used at present.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn query<T: Send + 'static>(
        &self,
        act: impl for<'c> FnOnce(&'c mut PgConnection) -> Doing<'c, T, sqlx::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.run(move |connection| {
            Box::pin(async move { act(connection).await.map_err(StoreError::unavailable) })
        });
        done.await
    }

    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }
}

async fn connect(url: &str, timeout: Duration) -> sqlx::Result<PgPool> {
    // The parser's own error may quote a part of the URL.
    let options: PgConnectOptions = url.parse().map_err(|_: sqlx::Error| {
        sqlx::Error::Configuration("this is no URL of the kind postgres://user:password@host/database".into())
    })?;
    // A pool goes on trying, and says only that it took too long; the first connection says why.
    let first = tokio::time::timeout(timeout, PgConnection::connect_with(&options)).await;
    first.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
    // A pool tests a connection at each use by default, which doubles what a read takes.
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(timeout);
    let pool = pool.test_before_acquire(false).before_acquire(|connection, about| {
        Box::pin(async move {
            if about.idle_for > TRUSTED_FOR {
                connection.ping().await?;
            }
            Ok(true)
        })
    });
    pool.connect_with(options).await
}

/// Applies those of the migrations that this database has not seen, in order and in one transaction; servers
/// that start at once take turns. A role that may not create tables can open what is up to date.
async fn migrate(pool: &PgPool, migrations: &Migrations, now: OffsetDateTime) -> sqlx::Result<()> {
    let name = migrations.name;
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    let known = count_applied(&mut transaction, name).await?;
    // `CREATE TABLE IF NOT EXISTS` would ask for the right to create even where there is nothing to do.
    if known.is_none() {
        let create =
            format!("CREATE TABLE {name}_migrations (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await?;
    }
    let applied = known.unwrap_or(0);
    for (version, step) in (0_i64..).zip(migrations.steps).skip_while(|(version, _)| *version < applied) {
        sqlx::raw_sql(*step).execute(&mut *transaction).await?;
        sqlx::query(AssertSqlSafe(format!("INSERT INTO {name}_migrations VALUES ($1, $2)")))
            .bind(version)
            .bind(millis(now))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// How many steps the database has seen; `None` if it has never heard of them.
async fn count_applied(connection: &mut PgConnection, name: &str) -> sqlx::Result<Option<i64>> {
    let (is_known,): (bool,) = sqlx::query_as("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{name}_migrations"))
        .fetch_one(&mut *connection)
        .await?;
    if !is_known {
        return Ok(None);
    }
    let count = format!("SELECT count(*) FROM {name}_migrations");
    let (applied,): (i64,) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(connection).await?;
    Ok(Some(applied))
}
