//! What is sealed: compact JSON with stable names; moments and durations in milliseconds.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::Contents;
use crate::store::encoding::{millis, moment, span};
use crate::{AccountKey, Policy, Record, SessionId, Values};

/// The names are those of records in files. Ids and accounts are base64url: as lists of numbers, which
/// files have, an account alone would take sixty bytes.
#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    id: Cow<'a, str>,
    epoch: u64,
    values: Cow<'a, Values>,
    account: Option<String>,
    idle: i64,
    absolute: i64,
    persistent: bool,
    created: i64,
    seen: i64,
    version: u64,
}

pub(super) fn encode(contents: &Contents) -> Vec<u8> {
    let record = &contents.record;
    let wire = Wire {
        id: contents.id.encode().into(),
        epoch: contents.epoch,
        values: Cow::Borrowed(&record.values),
        account: record.account.map(|account| URL_SAFE_NO_PAD.encode(account.as_bytes())),
        idle: span(record.policy.idle),
        absolute: span(record.policy.absolute),
        persistent: record.policy.persistent,
        created: millis(record.created_at),
        seen: millis(record.last_seen),
        version: record.version,
    };
    serde_json::to_vec(&wire).expect("numbers and values with text for keys are JSON")
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub(super) fn decode(payload: &[u8]) -> Option<Contents> {
    let wire: Wire = serde_json::from_slice(payload).ok()?;
    let record = Record {
        account: wire.account.map(|account| account_key(&account).ok_or(())).transpose().ok()?,
        values: wire.values.into_owned(),
        policy: Policy {
            idle: Duration::milliseconds(wire.idle),
            absolute: Duration::milliseconds(wire.absolute),
            persistent: wire.persistent,
        },
        created_at: moment(wire.created),
        last_seen: moment(wire.seen),
        version: wire.version,
    };
    Some(Contents { id: SessionId::parse(&wire.id)?, record, epoch: wire.epoch })
}

fn account_key(text: &str) -> Option<AccountKey> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    bytes.try_into().ok().map(AccountKey::from_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::{Clock as _, FixedClock};

    fn contents(account: Option<AccountKey>) -> Contents {
        let record = Record { account, ..Record::new(Policy::KEPT_IN, FixedClock::default().now()) };
        Contents { id: SessionId::parse("AAAAAAAAAAAAAAAAAAAAAA").expect("an id"), record, epoch: 3 }
    }

    /// Cookies that are out there are in this form: it changes with the version label only.
    #[test]
    fn the_form_is_stable() {
        let payload = encode(&contents(Some(AccountKey::from_bytes([1; 16]))));
        assert_eq!(
            std::str::from_utf8(&payload).expect("JSON is UTF-8"),
            r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","epoch":3,"values":{},"account":"AQEBAQEBAQEBAQEBAQEBAQ","#
                .to_owned()
                + r#""idle":1209600000,"absolute":2592000000,"persistent":true,"#
                + r#""created":1795000000000,"seen":1795000000000,"version":0}"#
        );
    }

    #[test]
    fn an_account_that_cannot_be_read_is_not_no_account() {
        let payload = encode(&contents(Some(AccountKey::from_bytes([1; 16]))));
        let text = String::from_utf8(payload).expect("JSON is UTF-8");
        assert!(decode(text.as_bytes()).is_some());
        assert_eq!(decode(text.replace("AQEBAQEBAQEBAQEBAQEBAQ", "AQEB").as_bytes()), None);
        assert_eq!(decode(text.replace("AAAAAAAAAAAAAAAAAAAAAA", "").as_bytes()), None);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|values| Value::Object(values.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn contents_survive(
            values in prop::collection::btree_map(any::<String>(), any_value(), 0..4),
            account in prop::option::of(any::<[u8; 16]>()),
            epoch in any::<u64>(),
            version in any::<u64>(),
            persistent in any::<bool>(),
        ) {
            let mut contents = contents(account.map(AccountKey::from_bytes));
            contents.epoch = epoch;
            contents.record.values = values.into_iter().collect();
            contents.record.version = version;
            contents.record.policy.persistent = persistent;
            prop_assert_eq!(decode(&encode(&contents)), Some(contents));
        }

        /// ASVS V1.5.2.
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decode(&bytes), None);
        }
    }
}
