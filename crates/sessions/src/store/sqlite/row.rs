//! One row of the table, as SQLite gives it.

use rusqlite::{Connection, OptionalExtension};

use super::super::row::{Row, Stored};
use crate::Key;

pub(super) fn select(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Row>> {
    connection
        .prepare_cached(
            "SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline
             FROM sessions WHERE key = ?1",
        )?
        .query_row([key.as_bytes()], read)
        .optional()
}

/// A row that ends in its key.
pub(super) fn keyed(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Key, Row)> {
    Ok((Key::from_bytes(row.get(10)?), read(row)?))
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    if let Some(reason) = row.get_ref(8)?.as_str_or_null().ok().flatten() {
        return Ok(Row::ended(reason, row.get(9)?));
    }
    Ok(Row::Stored(Stored {
        value: row.get(0)?,
        account: row.get(1)?,
        idle: row.get(2)?,
        absolute: row.get(3)?,
        persistent: row.get(4)?,
        created: row.get(5)?,
        seen: row.get(6)?,
        version: row.get(7)?,
    }))
}
