//! How a database file is opened and its tables kept up to date; for other tables in the same file too.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use time::OffsetDateTime;

use super::super::Migrations;
use super::super::encoding::millis;
use super::super::private_file::private_file;

/// Opens the file for reading and writing, and creates it if it is missing. What is committed survives a
/// crash of the machine (WAL, `synchronous = FULL`). Another's lock is waited for as long as `patience`. A
/// file that is created is for its owner alone.
///
/// # Errors
/// The file cannot be opened or written.
pub fn connect(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    // What is wrong with the path SQLite says better itself.
    let _ = create_private(path);
    let connection = Connection::open(path)?;
    connection.busy_timeout(patience)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Creates the file for its owner alone, if it is missing; SQLite gives the files beside it the same mode. The file
/// itself is never opened here: to close it again would take away the locks that this process has on it by its
/// other connections (`fcntl(2)`; SQLite, "How To Corrupt An SQLite Database File", section 2.2).
fn create_private(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let path = where_it_leads(path)?;
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    drop(private_file().open(&beside)?);
    let linked = fs::hard_link(&beside, &path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            // A file system without links; nobody has locks on what is not there.
            private_file().create_new(true).open(&path).map(drop)
        }
        _ => Ok(()),
    }
}

/// Where symbolic links lead to, though nothing is there yet.
fn where_it_leads(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // As many as Linux follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&path) else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Opens an existing file for reading alone, in one thread at a time.
pub(super) fn connect_reader(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

/// Applies those of the migrations that this file has not seen, in order and in one transaction.
///
/// # Errors
/// One of them fails, and none is applied; or the file cannot be written.
pub fn migrate(
    connection: &mut Connection,
    migrations: &Migrations,
    now: OffsetDateTime,
) -> rusqlite::Result<()> {
    let name = migrations.name;
    connection.execute_batch(&format!(
        "CREATE TABLE IF NOT EXISTS {name}_migrations (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT"
    ))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let applied = count_applied(&transaction, name)?;
    for (version, step) in (0_i64..).zip(migrations.steps).skip_while(|(version, _)| *version < applied) {
        transaction.execute_batch(step)?;
        transaction.execute(
            &format!("INSERT INTO {name}_migrations VALUES (?1, ?2)"),
            params![version, millis(now)],
        )?;
    }
    transaction.commit()
}

/// How many of the migrations this file has not seen. Changes nothing; a file that is not there has seen none.
///
/// # Errors
/// The file cannot be read.
pub fn missing(path: &Path, patience: Duration, migrations: &Migrations) -> rusqlite::Result<usize> {
    if !path.exists() {
        return Ok(migrations.steps.len());
    }
    let connection = connect_reader(path, patience)?;
    let table = format!("{}_migrations", migrations.name);
    let is_known = connection.table_exists(None, table.as_str())?;
    let applied = if is_known { count_applied(&connection, migrations.name)? } else { 0 };
    Ok(migrations.missing(applied))
}

fn count_applied(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.query_row(&format!("SELECT count(*) FROM {name}_migrations"), [], |row| row.get(0))
}
