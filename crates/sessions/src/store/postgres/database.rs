//! How a database is connected to and its tables kept up to date; for other tables in the same database too.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use time::OffsetDateTime;

use super::super::encoding::millis;

/// Most connections of one pool. A write holds one for some round trips, so these serve thousands a second.
const CONNECTIONS: u32 = 10;
/// How long a connection may have been idle and be trusted all the same.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Of the lock under which tables are changed. Arbitrary; the same in every server, whatever its version.
const MIGRATION_LOCK: i64 = 0x0061_6e74_6572_6f6f;

/// Connects to the database at `url`, within `timeout`.
///
/// # Errors
/// The URL is none, or the database cannot be reached. The error does not hold the URL, in which there may
/// be a password.
pub async fn connect(url: &str, timeout: Duration) -> sqlx::Result<PgPool> {
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

/// Applies those of `migrations` that this database has not seen, in order and in one transaction; servers
/// that start at once take turns. The table `<name>_migrations` remembers which. A role that may not create
/// tables can open what is up to date.
///
/// # Errors
/// One of them fails, and none is applied; or the database cannot be reached.
pub async fn migrate(
    pool: &PgPool,
    name: &'static str,
    migrations: &[&'static str],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(MIGRATION_LOCK).execute(&mut *transaction).await?;
    // `CREATE TABLE IF NOT EXISTS` would ask for the right to create even where there is nothing to do.
    let (is_known,): (bool,) = sqlx::query_as("SELECT to_regclass($1) IS NOT NULL")
        .bind(format!("{name}_migrations"))
        .fetch_one(&mut *transaction)
        .await?;
    if !is_known {
        let create =
            format!("CREATE TABLE {name}_migrations (version BIGINT PRIMARY KEY, applied BIGINT NOT NULL)");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut *transaction).await?;
    }
    let count = format!("SELECT count(*) FROM {name}_migrations");
    let (applied,): (i64,) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(&mut *transaction).await?;
    for (version, migration) in (0_i64..).zip(migrations).skip_while(|(version, _)| *version < applied) {
        sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
        sqlx::query(AssertSqlSafe(format!("INSERT INTO {name}_migrations VALUES ($1, $2)")))
            .bind(version)
            .bind(millis(now))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}
