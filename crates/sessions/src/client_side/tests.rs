//! What both ways of sealing keep.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::Duration;

use super::*;
use crate::tampering::{changed_characters, flipped_bits, lengthened, replaced, shortened};
use crate::{AccountKey, Clock as _, FixedClock, Policy, signed_id};

const NAME: &str = "__Host-id";
const BOTH: [Sealing; 2] = [Sealing::Encrypted, Sealing::Signed];

fn ring<const N: usize>(keys: [u8; N]) -> KeyRing {
    KeyRing::new(keys.map(|key| [key; 32])).expect("it has keys")
}

fn keeper<const N: usize>(sealing: Sealing, keys: [u8; N]) -> ClientSide {
    ClientSide::new(sealing, ring(keys))
}

fn contents(value: Value) -> Contents {
    let mut record = Record::new(Policy::SIGNED_IN, FixedClock::default().now());
    record.account = Some(AccountKey::from_bytes([9; 16]));
    record.values.insert("canary", value);
    Contents { id: SessionId::random(), record, epoch: 7 }
}

fn sealed(client_side: &ClientSide) -> String {
    client_side.seal(&Cookie::secure(), &contents(json!("bird")), None).expect("it fits")
}

/// Checks something of a value that is genuine and of the one who sealed it, for both ways of sealing.
fn for_both(check: impl Fn(&ClientSide, &str)) {
    for sealing in BOTH {
        let client_side = keeper(sealing, [1]);
        let value = sealed(&client_side);
        assert!(client_side.open(NAME, &value).is_ok());
        check(&client_side, &value);
    }
}

/// The same contents, sealed fifty thousand times.
///
/// ASVS V11.3.4.
#[test]
fn no_nonce_is_ever_used_twice() {
    let ring = ring([1]);
    let seal = || encrypted::seal(&ring, NAME, b"the same");
    let nonce = |value: String| {
        let bytes = URL_SAFE_NO_PAD.decode(value).expect("base64url");
        // After the version and the key's name.
        <[u8; 24]>::try_from(&bytes[5..29]).expect("24 bytes")
    };
    let mut nonces: Vec<_> = (0..50_000).map(|_| nonce(seal())).collect();
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), 50_000);
}

fn is_refused(client_side: &ClientSide, value: &str) -> bool {
    client_side.open(NAME, value).is_err()
}

#[test]
fn odd_values_survive_unchanged() {
    let odd = json!({
        "": [], "{}": {}, "nested": [[[[[{"a": [null, true, false]}]]]]],
        "text": "\u{0}\u{1f}\"\\'; DROP TABLE sessions; --\u{2028}🐎é\u{301}",
        "numbers": [0, -0.0, 1.5e-300, u64::MAX, i64::MIN, f64::MAX, 9_007_199_254_740_993_u64],
    });
    let contents = contents(odd);
    for sealing in BOTH {
        let client_side = keeper(sealing, [1]);
        let value = client_side.seal(&Cookie::secure(), &contents, None).expect("it fits");
        let opened = Opened { contents: contents.clone(), stale_key: false };
        assert_eq!(client_side.open(NAME, &value), Ok(opened));
    }
}

/// ASVS V9.1.1, V11.3.3.
#[test]
fn each_bit_counts() {
    for_both(|client_side, value| assert!(flipped_bits(value).all(|value| is_refused(client_side, &value))));
}

/// ASVS V9.1.1.
#[test]
fn each_character_counts() {
    for_both(|client_side, value| {
        assert!(changed_characters(value).all(|value| is_refused(client_side, &value)));
    });
}

/// ASVS V9.1.1.
#[test]
fn nothing_may_be_cut_off_or_put_on() {
    for_both(|client_side, value| {
        assert!(shortened(value).chain(lengthened(value)).all(|value| is_refused(client_side, &value)));
    });
}

/// ASVS V9.2.2.
#[test]
fn another_cookies_value_is_refused() {
    for_both(|client_side, value| {
        for name in ["id", "__Host-ie", "__Host-id2", "__Host-i", ""] {
            assert_eq!(client_side.open(name, value), Err(Refused::Forged), "{name}");
        }
    });
}

/// ASVS V11.2.2.
#[test]
fn an_older_key_opens_and_the_new_one_seals() {
    for sealing in BOTH {
        let (old, both, new) = (keeper(sealing, [1]), keeper(sealing, [2, 1]), keeper(sealing, [2]));
        let opened = both.open(NAME, &sealed(&old)).expect("the old key is in the ring");
        assert!(opened.stale_key);
        let renewed = both.seal(&Cookie::secure(), &opened.contents, None).expect("it fits");
        assert!(!new.open(NAME, &renewed).expect("the new key has sealed it").stale_key);
        assert_eq!(old.open(NAME, &renewed), Err(Refused::UnknownKey));
        assert_eq!(new.open(NAME, &sealed(&old)), Err(Refused::UnknownKey), "the old key is retired");
    }
}

/// ASVS V9.1.3.
#[test]
fn the_name_of_a_key_does_not_make_its_seal() {
    for (sealing, part, at) in [(Sealing::Encrypted, 0, 1), (Sealing::Signed, 1, 0)] {
        let theirs = sealed(&keeper(sealing, [2]));
        let under_our_name = replaced(&theirs, part, at, &ring([1]).first().id);
        assert_eq!(keeper(sealing, [1]).open(NAME, &under_our_name), Err(Refused::Forged));
    }
}

/// ASVS V9.1.2.
#[test]
fn what_is_sealed_in_one_way_does_not_open_in_the_other() {
    let [encrypted, signed] = BOTH.map(|sealing| keeper(sealing, [1]));
    assert_eq!(encrypted.open(NAME, &sealed(&signed)), Err(Refused::Malformed));
    assert_eq!(signed.open(NAME, &sealed(&encrypted)), Err(Refused::Malformed));
}

/// ASVS V9.2.2.
#[test]
fn a_signed_id_is_no_signed_record_and_a_record_no_id() {
    let id = signed_id::sign(&ring([1]), NAME, &SessionId::random());
    assert_eq!(keeper(Sealing::Signed, [1]).open(NAME, &id), Err(Refused::Forged));
    let record = sealed(&keeper(Sealing::Signed, [1]));
    assert_eq!(signed_id::verify(&ring([1]), NAME, &record), Err(Refused::Malformed));
}

#[test]
fn an_encrypted_record_shows_nothing_and_never_the_same_twice() {
    let client_side = keeper(Sealing::Encrypted, [1]);
    let contents = contents(json!("bird"));
    let seal = || client_side.seal(&Cookie::secure(), &contents, None).expect("it fits");
    let (one, other) = (URL_SAFE_NO_PAD.decode(seal()), URL_SAFE_NO_PAD.decode(seal()));
    let (one, other) = (one.expect("base64url"), other.expect("base64url"));
    assert_ne!(one, other);
    assert_ne!(one[5..29], other[5..29], "the nonces differ");
    let id = contents.id.encode();
    for secret in ["canary", "bird", "values", id.as_str()] {
        assert!(!one.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_signed_record_is_read_with_a_base64_decoder() {
    let value = sealed(&keeper(Sealing::Signed, [1]));
    let (payload, _) = value.split_once('.').expect("a dot");
    let payload: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON");
    assert_eq!(payload["values"], json!({"canary": "bird"}));
}

/// ASVS V9.1.2.
#[test]
fn what_others_call_a_session_is_refused() {
    let json = String::from_utf8(payload::encode(&contents(json!(1)))).expect("JSON is UTF-8");
    let encoded = URL_SAFE_NO_PAD.encode(&json);
    let no_code = URL_SAFE_NO_PAD.encode([0; 32]);
    for_both(|client_side, _| {
        for value in [
            "",
            ".",
            "null",
            &json,
            &encoded,
            &format!("{encoded}."),
            &format!("{encoded}.{no_code}"),
            "eyJ1c2VyIjoiYWRhIn0.aN5xGQ.3Yw0vN1Yk1cJ6m2f8vJt0h7c1nI",
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        ] {
            assert_eq!(client_side.open(NAME, value), Err(Refused::Malformed), "{value}");
        }
    });
}

/// ASVS V3.3.5.
#[test]
fn a_cookie_of_4096_bytes_is_the_largest() {
    for_both(|client_side, _| {
        let contents = Contents { epoch: 1_795_000_000_000, ..contents(json!("a".repeat(2000))) };
        let mut cookie = Cookie::secure();
        let value = client_side.seal(&cookie, &contents, None).expect("it fits");
        let spare = 4096 - cookie.set(&value, None).len();
        cookie.path.extend(std::iter::repeat_n('a', spare));
        let value = client_side.seal(&cookie, &contents, None).expect("it just fits");
        assert_eq!(client_side.open(NAME, &value).expect("opens").contents, contents);
        let too_large = |size| Err(TooLarge { size, limit: 4096 });
        // `; Max-Age=60` has twelve bytes.
        assert_eq!(client_side.seal(&cookie, &contents, Some(Duration::MINUTE)), too_large(4108));
        cookie.path.push('a');
        assert_eq!(client_side.seal(&cookie, &contents, None), too_large(4097));
    });
}

#[test]
fn room_is_left_for_an_epoch_that_rises() {
    for_both(|client_side, _| {
        let mut contents = contents(json!("a".repeat(2000)));
        let mut cookie = Cookie::secure();
        contents.epoch = 0;
        while client_side.seal(&cookie, &contents, None).is_ok() {
            cookie.path.push('a');
        }
        cookie.path.pop();
        contents.epoch = 1_795_000_000_000;
        assert!(client_side.seal(&cookie, &contents, None).is_ok());
    });
}

#[test]
fn who_keeps_too_much_is_told_what_to_do() {
    assert_eq!(
        TooLarge { size: 5000, limit: LIMIT }.to_string(),
        "the session needs a cookie of 5000 bytes and browsers keep 4096: \
         keep less in it, or choose a store on the server"
    );
}

#[test]
fn a_value_that_no_browser_keeps_is_not_looked_at() {
    let payload = payload::encode(&contents(json!("a".repeat(4096))));
    let long = [encrypted::seal(&ring([1]), NAME, &payload), signed::seal(&ring([1]), NAME, &payload)];
    for (sealing, value) in BOTH.into_iter().zip(long) {
        assert_eq!(keeper(sealing, [1]).open(NAME, &value), Err(Refused::Malformed));
    }
}

/// ASVS V11.7.2.
#[test]
fn neither_keys_nor_contents_are_printed() {
    let (client_side, contents) = (keeper(Sealing::Signed, [1, 2]), contents(json!("bird")));
    assert_eq!(format!("{client_side:?}"), "ClientSide { sealing: Signed, ring: KeyRing(2) }");
    assert_eq!(format!("{contents:?}"), "Contents { id: SessionId(redacted), epoch: 7, .. }");
}

proptest! {
    /// ASVS V1.5.2.
    #[test]
    fn any_text_is_refused_without_panic(text in any::<String>()) {
        for sealing in BOTH {
            prop_assert!(is_refused(&keeper(sealing, [1]), &text));
        }
    }

    /// ASVS V1.5.2.
    #[test]
    fn any_end_of_a_genuine_beginning_is_refused(
        kept in any::<prop::sample::Index>(),
        end in "[A-Za-z0-9._-]{0,300}|\\PC{0,20}",
    ) {
        for sealing in BOTH {
            let client_side = keeper(sealing, [1]);
            let value = sealed(&client_side);
            let changed = format!("{}{end}", &value[..kept.index(value.len())]);
            prop_assert!(changed == value || is_refused(&client_side, &changed));
        }
    }

    /// ASVS V1.5.2.
    #[test]
    fn any_bytes_behind_our_keys_name_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let named = [&[1], ring([1]).first().id.as_slice(), &bytes].concat();
        prop_assert!(is_refused(&keeper(Sealing::Encrypted, [1]), &URL_SAFE_NO_PAD.encode(named)));
        let named = [ring([1]).first().id.as_slice(), &bytes].concat();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(named));
        prop_assert!(is_refused(&keeper(Sealing::Signed, [1]), &signed));
    }
}
