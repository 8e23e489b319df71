//! One row of the table, and how it is read.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};
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

impl FromRow<'_, PgRow> for Row {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        if let Some(reason) = row.try_get("ended")? {
            let reason = Reason::from_name(reason).unwrap_or(Reason::Corrupt);
            return Ok(Self::Ended { reason, at: moment(row.try_get("deadline")?) });
        }
        Ok(Self::Stored(Stored {
            values: row.try_get("value")?,
            account: row.try_get("account")?,
            policy: Policy {
                idle: Duration::milliseconds(row.try_get("idle")?),
                absolute: Duration::milliseconds(row.try_get("absolute")?),
                persistent: row.try_get("persistent")?,
            },
            created_at: moment(row.try_get("created")?),
            last_seen: moment(row.try_get("seen")?),
            version: row.try_get("version")?,
        }))
    }
}

impl Row {
    pub(super) fn keyed(row: &PgRow) -> sqlx::Result<(Key, Self)> {
        Ok((Key::from_bytes(row.try_get("key")?), Self::from_row(row)?))
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
