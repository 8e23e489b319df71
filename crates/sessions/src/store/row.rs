//! A row of a database's table of sessions, once its driver has fetched it.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::encoding::moment;
use super::{Loaded, StoreError, Summary};
use crate::{AccountKey, Key, Policy, Reason, Record};

/// A row of the table.
#[derive(Clone)]
pub(super) enum Row {
    Stored(Stored),
    Ended { reason: Reason, at: OffsetDateTime },
}

/// The columns of a record: values as JSON text, moments and durations in milliseconds.
#[derive(Clone)]
pub(super) struct Stored {
    pub value: String,
    pub account: Option<[u8; 16]>,
    pub idle: i64,
    pub absolute: i64,
    pub persistent: bool,
    pub created: i64,
    pub seen: i64,
    pub version: i64,
}

impl Row {
    /// The row of a session that ended `at` so many milliseconds after 1970.
    pub(super) fn ended(reason: &str, at: i64) -> Self {
        Self::Ended { reason: Reason::from_name(reason).unwrap_or(Reason::Corrupt), at: moment(at) }
    }

    /// What it counts as at `now`.
    pub(super) fn loaded(self, now: OffsetDateTime) -> Result<Loaded, StoreError> {
        match self {
            Self::Stored(stored) => Ok(Loaded::at(stored.decode()?, now)),
            Self::Ended { reason, at } => Ok(Loaded::Ended { reason, at }),
        }
    }

    /// The record, if it lives at `now`.
    pub(super) fn living(self, now: OffsetDateTime) -> Result<Option<Record>, StoreError> {
        Ok(match self.loaded(now)? {
            Loaded::Living(record) => Some(Arc::unwrap_or_clone(record)),
            Loaded::Ended { .. } | Loaded::Absent => None,
        })
    }
}

impl Stored {
    fn decode(self) -> Result<Record, StoreError> {
        Ok(Record {
            values: serde_json::from_str(&self.value).map_err(StoreError::corrupt)?,
            account: self.account.map(AccountKey::from_bytes),
            policy: Policy {
                idle: Duration::milliseconds(self.idle),
                absolute: Duration::milliseconds(self.absolute),
                persistent: self.persistent,
            },
            created_at: moment(self.created),
            last_seen: moment(self.seen),
            version: self.version.unsigned_abs(),
        })
    }
}

/// What an account's owner sees of its rows: what lives and can be read.
pub(super) fn summaries(rows: Vec<(Key, Row)>, now: OffsetDateTime) -> Vec<Summary> {
    let summary = |(key, row): (Key, Row)| Some(Summary { key, record: row.living(now).ok()?? });
    rows.into_iter().filter_map(summary).collect()
}

/// A record's values as the column keeps them.
pub(super) fn value_of(record: &Record) -> Result<String, StoreError> {
    serde_json::to_string(&record.values).map_err(StoreError::corrupt)
}

/// A record's version as the column keeps it.
pub(super) fn version_of(record: &Record) -> i64 {
    i64::try_from(record.version).unwrap_or(i64::MAX)
}
