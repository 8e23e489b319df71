//! One row of the table, and how it is read.

use rusqlite::{Connection, OptionalExtension};
use time::{Duration, OffsetDateTime};

use super::super::encoding::moment;
use super::StoreError;
use crate::{AccountKey, Key, Policy, Reason, Record};

pub(super) enum Row {
    Stored(Stored),
    Ended { reason: Reason, at: OffsetDateTime },
}

/// A record whose values are still text.
pub(super) struct Stored {
    values: String,
    account: Option<[u8; 16]>,
    policy: Policy,
    created_at: OffsetDateTime,
    last_seen: OffsetDateTime,
    version: i64,
}

impl Row {
    pub(super) fn select(connection: &Connection, key: &Key) -> rusqlite::Result<Option<Self>> {
        connection
            .prepare_cached(
                "SELECT value, account, idle, absolute, persistent, created, seen, version, ended, deadline
                 FROM sessions WHERE key = ?1",
            )?
            .query_row([key.as_bytes()], Self::read)
            .optional()
    }

    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        if let Some(reason) = row.get_ref(8)?.as_str_or_null().ok().flatten() {
            let reason = Reason::from_name(reason).unwrap_or(Reason::Corrupt);
            return Ok(Self::Ended { reason, at: moment(row.get(9)?) });
        }
        Ok(Self::Stored(Stored {
            values: row.get(0)?,
            account: row.get(1)?,
            policy: Policy {
                idle: Duration::milliseconds(row.get(2)?),
                absolute: Duration::milliseconds(row.get(3)?),
                persistent: row.get(4)?,
            },
            created_at: moment(row.get(5)?),
            last_seen: moment(row.get(6)?),
            version: row.get(7)?,
        }))
    }

    pub(super) fn into_stored(self) -> Option<Stored> {
        match self {
            Self::Stored(stored) => Some(stored),
            Self::Ended { .. } => None,
        }
    }
}

impl Stored {
    pub(super) fn decode(self) -> Result<Record, StoreError> {
        Ok(Record {
            values: serde_json::from_str(&self.values).map_err(StoreError::corrupt)?,
            account: self.account.map(AccountKey::from_bytes),
            policy: self.policy,
            created_at: self.created_at,
            last_seen: self.last_seen,
            version: self.version.unsigned_abs(),
        })
    }
}
