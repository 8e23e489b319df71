//! A record as one text: a line of what the limits need, then the values.
//!
//! A reply of many fields cost its reader more than all else that was done with it. The line is
//! `seen version created idle absolute persistent account`, in milliseconds, with `-` for no account; each value
//! is `name's-bytes json's-bytes name json`, the last two without a space between. A session that has ended is
//! `ended reason at`.

use std::fmt::Write as _;
use std::str::{FromStr, Split};

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::super::StoreError;
use super::super::encoding::{millis, moment, span};
use crate::{AccountKey, Policy, Reason, Record};

/// What stands under a session's key.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and nearly always a record")]
pub(super) enum Stored {
    Nothing,
    Record(Record),
    Ended { reason: Reason, at: OffsetDateTime },
}

/// The text of a record.
pub(super) fn write(record: &Record) -> Result<String, StoreError> {
    let mut text = format!(
        "{} {} {} {} {} {} {}\n",
        millis(record.last_seen),
        record.version,
        millis(record.created_at),
        span(record.policy.idle),
        span(record.policy.absolute),
        u8::from(record.policy.persistent),
        record.account.map_or_else(|| "-".to_owned(), account_text),
    );
    for (name, value) in &record.values {
        let json = json(value)?;
        let _ = write!(text, "{} {} {name}{json}", name.len(), json.len());
    }
    Ok(text)
}

/// One of the application's values.
pub(super) fn json(value: &Value) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt)
}

/// An account as the line names it.
pub(super) fn account_text(account: AccountKey) -> String {
    format!("{:032x}", u128::from_be_bytes(*account.as_bytes()))
}

/// The account that is named so; `None` for any other text.
pub(super) fn account_of(text: &str) -> Option<AccountKey> {
    let is_ours = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let bits = u128::from_str_radix(text, 16).ok().filter(|_| is_ours)?;
    Some(AccountKey::from_bytes(bits.to_be_bytes()))
}

impl Stored {
    /// Reads what Redis has, or has not.
    pub(super) fn read(found: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let Some(found) = found else { return Ok(Self::Nothing) };
        let text = std::str::from_utf8(&found).map_err(StoreError::corrupt)?;
        if let Some(ended) = text.strip_prefix("ended ") {
            let mut words = ended.split(' ');
            let reason = words.next().and_then(Reason::from_name).unwrap_or(Reason::Corrupt);
            return Ok(Self::Ended { reason, at: moment(next(&mut words)?) });
        }
        let (line, mut values) = text.split_once('\n').ok_or_else(is_cut)?;
        let mut record = read_line(line)?;
        let mut read = Vec::new();
        while !values.is_empty() {
            let (name, json, rest) = value(values).ok_or_else(is_cut)?;
            read.push((name, serde_json::from_str::<Value>(json).map_err(StoreError::corrupt)?));
            values = rest;
        }
        record.values = read.into_iter().collect();
        Ok(Self::Record(record))
    }
}

fn read_line(line: &str) -> Result<Record, StoreError> {
    let mut words = line.split(' ');
    let (seen, version, created) = (next(&mut words)?, next(&mut words)?, next(&mut words)?);
    let policy = Policy {
        idle: Duration::milliseconds(next(&mut words)?),
        absolute: Duration::milliseconds(next(&mut words)?),
        persistent: next::<u8>(&mut words)? == 1,
    };
    let account = match words.next() {
        Some("-") => None,
        Some(account) => Some(account_of(account).ok_or_else(is_cut)?),
        None => return Err(is_cut()),
    };
    if words.next().is_some() {
        return Err(is_cut());
    }
    Ok(Record { account, last_seen: moment(seen), version, ..Record::new(policy, moment(created)) })
}

/// Name and JSON of the first value, and the values after it.
fn value(values: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = values.split_once(' ')?;
    let (json, rest) = rest.split_once(' ')?;
    let (name, rest) = rest.split_at_checked(name.parse().ok()?)?;
    let (json, rest) = rest.split_at_checked(json.parse().ok()?)?;
    Some((name, json, rest))
}

fn next<T: FromStr>(words: &mut Split<'_, char>) -> Result<T, StoreError> {
    words.next().and_then(|word| word.parse().ok()).ok_or_else(is_cut)
}

fn is_cut() -> StoreError {
    StoreError::corrupt("a session record is not as it was written")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Clock as _, FixedClock};

    fn record() -> Record {
        let mut record = Record::new(Policy::KEPT_IN, FixedClock::default().now());
        record.account = Some(AccountKey::random());
        record.values = [("a b", json!("1 2\n")), ("", json!({"ü": []})), ("~ 12 7 ", json!(1234))].into();
        record
    }

    #[test]
    fn a_line_with_a_word_too_many_or_another_account_is_no_record() {
        let text = write(&record()).expect("writes");
        assert!(Stored::read(Some(text.replacen('\n', " -\n", 1).into())).is_err());
        for account in ["0", "+1", &"A".repeat(32), &"1".repeat(33)] {
            assert_eq!(account_of(account), None, "{account}");
        }
    }

    #[test]
    fn a_record_is_read_back_whatever_its_values_are_called() {
        for record in [record(), Record { account: None, ..record() }] {
            let text = write(&record).expect("writes");
            assert!(matches!(Stored::read(Some(text.into())), Ok(Stored::Record(read)) if read == record));
        }
    }

    /// ASVS V1.5.2.
    #[test]
    fn a_text_that_was_cut_is_no_record_or_lacks_its_last_values() {
        let (record, text) = (record(), write(&record()).expect("writes"));
        for length in 0..text.len() {
            let cut = text.as_bytes().get(..length).map(<[u8]>::to_vec);
            if let Ok(Stored::Record(read)) = Stored::read(cut) {
                assert!(read.values.len() < record.values.len(), "{length} bytes");
            }
        }
    }
}
