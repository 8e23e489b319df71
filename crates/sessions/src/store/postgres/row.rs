//! One row of the table, as PostgreSQL sends it.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};

use super::super::row::{Row, Stored};
use crate::Key;

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        if let Some(reason) = row.try_get("ended")? {
            return Ok(Self::ended(reason, row.try_get("deadline")?));
        }
        Ok(Self::Stored(Stored {
            value: row.try_get("value")?,
            account: row.try_get("account")?,
            idle: row.try_get("idle")?,
            absolute: row.try_get("absolute")?,
            persistent: row.try_get("persistent")?,
            created: row.try_get("created")?,
            seen: row.try_get("seen")?,
            version: row.try_get("version")?,
        }))
    }
}

pub(super) fn keyed(row: &PgRow) -> sqlx::Result<(Key, Row)> {
    Ok((Key::from_bytes(row.try_get("key")?), Row::from_row(row)?))
}
