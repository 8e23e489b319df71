//! How the file is opened, and its table.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use time::OffsetDateTime;

use super::row::millis;

/// Shorter than the 500 ms that a store call may take in all.
const BUSY_TIMEOUT: Duration = Duration::from_millis(400);

/// Each entry is applied once, in order; entries are only ever added.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE sessions (
        key         BLOB PRIMARY KEY,
        application TEXT NOT NULL,
        account     BLOB,
        value       TEXT NOT NULL,
        idle        INTEGER NOT NULL,
        absolute    INTEGER NOT NULL,
        persistent  INTEGER NOT NULL,
        created     INTEGER NOT NULL,
        seen        INTEGER NOT NULL,
        deadline    INTEGER NOT NULL,
        version     INTEGER NOT NULL,
        ended       TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sessions_of_account ON sessions (application, account) WHERE account IS NOT NULL;
    CREATE INDEX sessions_living_until ON sessions (deadline) WHERE ended IS NULL;
    CREATE INDEX sessions_ended_at ON sessions (deadline) WHERE ended IS NOT NULL;
"];

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

pub(super) fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

pub(super) fn migrate(connection: &mut Connection, now: OffsetDateTime) -> rusqlite::Result<()> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS sessions_migrations (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT",
    )?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let applied: i64 =
        transaction.query_row("SELECT count(*) FROM sessions_migrations", [], |row| row.get(0))?;
    for (version, migration) in (0_i64..).zip(MIGRATIONS).skip_while(|(version, _)| *version < applied) {
        transaction.execute_batch(migration)?;
        transaction
            .execute("INSERT INTO sessions_migrations VALUES (?1, ?2)", params![version, millis(now)])?;
    }
    transaction.commit()
}
