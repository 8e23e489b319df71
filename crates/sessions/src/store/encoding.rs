//! A record as stores without columns keep it, and moments and keys as several of them do.

#[cfg(feature = "filesystem")]
pub(super) use document::Document;
use time::{Duration, OffsetDateTime};

/// Milliseconds since 1970.
pub(crate) fn millis(moment: OffsetDateTime) -> i64 {
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// The moment so many milliseconds after 1970; the epoch itself for what no calendar holds.
pub(crate) fn moment(millis: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Ten thousand years: longer than the calendar, and short enough that moments and spans can be added as `i64`
/// and as Lua's numbers.
const LONGEST: Duration = Duration::days(3_652_425);

/// A duration in milliseconds, at most [`LONGEST`].
pub(crate) fn span(duration: Duration) -> i64 {
    let bounded = duration.clamp(-LONGEST, LONGEST);
    bounded.whole_seconds() * 1000 + i64::from(bounded.subsec_milliseconds())
}

/// Two lower-case hexadecimal digits a byte.
#[cfg(any(feature = "filesystem", feature = "redis", test))]
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |four: u8| char::from(if four < 10 { b'0' + four } else { b'a' + four - 10 });
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// The key that is written in hexadecimal, two digits a byte; `None` for any other text.
#[cfg(any(feature = "filesystem", feature = "postgres", feature = "redis"))]
pub(super) fn key_from_hex(text: &str) -> Option<crate::Key> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(crate::Key::from_bytes(bytes))
}

#[cfg(feature = "filesystem")]
mod document {
    use serde::{Deserialize, Serialize};
    use sha2::{Digest as _, Sha256};
    use time::{Duration, OffsetDateTime};

    use super::{hex, millis, moment, span};
    use crate::{AccountKey, Policy, Reason, Record, StoreError, Values};

    /// What stands under a key: a record, or why there is none any more.
    #[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and nearly always a record")]
    #[derive(Clone, Debug, PartialEq)]
    pub(in crate::store) enum Document {
        Record(Record),
        Ended { reason: Reason, at: OffsetDateTime },
    }

    /// Bytes of the line that follows the JSON.
    const CHECK_LINE: usize = "\n0123456789abcdef".len();

    /// What tells a damaged file from a whole one: a flipped bit may leave JSON that says something else. No
    /// secret is in it, so it keeps nobody from writing files who may.
    fn check_line(text: &[u8]) -> String {
        let digest: [u8; 32] = Sha256::digest(text).into();
        format!("\n{}", hex(digest.split_at(8).0))
    }

    /// JSON with stable names; moments and durations in milliseconds.
    #[expect(clippy::large_enum_variant, reason = "it is taken apart at once, and nearly always a record")]
    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Wire {
        Record {
            values: Values,
            account: Option<AccountKey>,
            idle: i64,
            absolute: i64,
            persistent: bool,
            created: i64,
            seen: i64,
            version: u64,
        },
        Ended {
            ended: String,
            at: i64,
        },
    }

    impl Document {
        /// The document's bytes.
        ///
        /// # Errors
        /// [`StoreError::Corrupt`] for values that JSON cannot hold; there are none.
        pub(in crate::store) fn encode(&self) -> Result<Vec<u8>, StoreError> {
            let wire = match self {
                Self::Record(record) => Wire::Record {
                    values: record.values.clone(),
                    account: record.account,
                    idle: span(record.policy.idle),
                    absolute: span(record.policy.absolute),
                    persistent: record.policy.persistent,
                    created: millis(record.created_at),
                    seen: millis(record.last_seen),
                    version: record.version,
                },
                Self::Ended { reason, at } => {
                    Wire::Ended { ended: reason.as_str().to_owned(), at: millis(*at) }
                }
            };
            let mut bytes = serde_json::to_vec(&wire).map_err(StoreError::corrupt)?;
            let check = check_line(&bytes);
            bytes.extend(check.into_bytes());
            Ok(bytes)
        }

        /// Reads what [`Document::encode`] wrote.
        ///
        /// # Errors
        /// [`StoreError::Corrupt`] for anything else.
        pub(in crate::store) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
            let text = bytes.len().checked_sub(CHECK_LINE).and_then(|length| bytes.get(..length));
            let text = text.filter(|text| bytes.ends_with(check_line(text).as_bytes()));
            let text = text.ok_or_else(|| StoreError::corrupt("it is cut off, or was changed"))?;
            let wire = serde_json::from_slice(text).map_err(StoreError::corrupt)?;
            Ok(match wire {
                Wire::Record { values, account, idle, absolute, persistent, created, seen, version } => {
                    Self::Record(Record {
                        values,
                        account,
                        policy: Policy {
                            idle: Duration::milliseconds(idle),
                            absolute: Duration::milliseconds(absolute),
                            persistent,
                        },
                        created_at: moment(created),
                        last_seen: moment(seen),
                        version,
                    })
                }
                Wire::Ended { ended, at } => Self::Ended {
                    reason: Reason::from_name(&ended).unwrap_or(Reason::Corrupt),
                    at: moment(at),
                },
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock as _, FixedClock};

    #[cfg(feature = "filesystem")]
    #[test]
    fn a_document_with_any_bit_flipped_or_anything_cut_off_or_added_is_corrupt() {
        let record = crate::Record::new(crate::Policy::SIGNED_IN, FixedClock::default().now());
        let document = Document::Record(record);
        let whole = document.encode().expect("is JSON");
        assert_eq!(Document::decode(&whole).expect("is whole"), document);
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                assert!(Document::decode(&flipped).is_err(), "bit {bit} of byte {at}");
            }
            assert!(Document::decode(&whole[..at]).is_err(), "{at} bytes");
        }
        assert!(Document::decode(&[&whole[..], b"\n"].concat()).is_err());
    }

    #[test]
    fn moments_survive_to_the_millisecond() {
        let now = FixedClock::default().now();
        assert_eq!(moment(millis(now)), now);
    }

    /// ASVS V1.4.2.
    #[test]
    fn a_span_is_exact_to_the_millisecond_and_never_longer_than_can_be_added() {
        assert_eq!(span(Duration::milliseconds(-1500)), -1500);
        assert_eq!(span(Duration::MAX), span(LONGEST));
        assert_eq!(span(Duration::MIN), -span(LONGEST));
    }
}
