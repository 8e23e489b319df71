//! A record as the fields of a hash.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use redis::ScriptInvocation;
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::super::StoreError;
use super::super::encoding::{millis, moment, span};
use crate::{AccountKey, Policy, Reason, Record};

/// Begins the name of each field that holds one of the application's values, as JSON.
pub(super) const VALUE_PREFIX: &str = "=";

/// What stands under a session's key.
pub(super) enum Stored {
    Nothing,
    Record(Record),
    Ended { reason: Reason, at: OffsetDateTime },
}

/// Adds a record's fields and their values to a script's arguments.
pub(super) fn write(record: &Record, call: &mut ScriptInvocation<'_>) -> Result<(), StoreError> {
    call.arg("created").arg(millis(record.created_at));
    call.arg("seen").arg(millis(record.last_seen));
    call.arg("idle").arg(span(record.policy.idle));
    call.arg("absolute").arg(span(record.policy.absolute));
    call.arg("persistent").arg(u8::from(record.policy.persistent));
    call.arg("version").arg(record.version);
    if let Some(account) = &record.account {
        call.arg("account").arg(&account.as_bytes()[..]);
    }
    record.values.iter().try_for_each(|(name, value)| write_value(name, value, call))
}

/// Adds one of the application's values.
pub(super) fn write_value(
    name: &str,
    value: &Value,
    call: &mut ScriptInvocation<'_>,
) -> Result<(), StoreError> {
    let json = serde_json::to_string(value).map_err(StoreError::corrupt)?;
    call.arg(format!("{VALUE_PREFIX}{name}")).arg(json);
    Ok(())
}

impl Stored {
    /// Reads the fields of a hash; no fields are nothing, as Redis has it.
    pub(super) fn read(mut fields: HashMap<Vec<u8>, Vec<u8>>) -> Result<Self, StoreError> {
        if fields.is_empty() {
            return Ok(Self::Nothing);
        }
        if let Some(reason) = fields.remove(&b"ended"[..]) {
            let reason = String::from_utf8(reason).ok().and_then(|name| Reason::from_name(&name));
            return Ok(Self::Ended {
                reason: reason.unwrap_or(Reason::Corrupt),
                at: moment(take(&mut fields, "at")?),
            });
        }
        let account = match fields.remove(&b"account"[..]) {
            Some(account) => Some(AccountKey::from_bytes(account.try_into().map_err(|_| lacks("account"))?)),
            None => None,
        };
        Ok(Self::Record(Record {
            account,
            policy: Policy {
                idle: Duration::milliseconds(take(&mut fields, "idle")?),
                absolute: Duration::milliseconds(take(&mut fields, "absolute")?),
                persistent: take::<u8>(&mut fields, "persistent")? == 1,
            },
            created_at: moment(take(&mut fields, "created")?),
            last_seen: moment(take(&mut fields, "seen")?),
            version: take(&mut fields, "version")?,
            values: fields.into_iter().map(read_value).collect::<Result<BTreeMap<_, _>, _>>()?,
        }))
    }
}

fn read_value((name, json): (Vec<u8>, Vec<u8>)) -> Result<(String, Value), StoreError> {
    let name = String::from_utf8(name).map_err(StoreError::corrupt)?;
    let name = name.strip_prefix(VALUE_PREFIX).ok_or_else(|| lacks("a name that begins with ="))?;
    Ok((name.to_owned(), serde_json::from_slice(&json).map_err(StoreError::corrupt)?))
}

fn take<T: FromStr>(fields: &mut HashMap<Vec<u8>, Vec<u8>>, name: &str) -> Result<T, StoreError> {
    let text = fields.remove(name.as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| lacks(name))
}

fn lacks(what: &str) -> StoreError {
    StoreError::corrupt(format!("a session record lacks {what}"))
}
