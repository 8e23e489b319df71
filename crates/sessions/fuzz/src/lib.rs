//! What holds for any bytes that a stranger sends in a cookie. The fuzzer looks for those for which it does not; the
//! crate's own tests try a few.

use std::sync::LazyLock;

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use sessions::{ClientSide, Contents, Cookie, KeyRing, Policy, Record, Sealing, SessionId, signed_id};
use time::OffsetDateTime;

const NAME: &str = "__Host-id";

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new([[7; 32]]).expect("a key"));

/// Any `Cookie` headers: a value is found only where the exact name stands once.
///
/// # Panics
/// If that is not so.
pub fn cookie_header(data: &[u8]) {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    if let Some(value) = Cookie::secure().read(&headers) {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let pairs =
            headers.get_all(COOKIE).iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        let ours: Vec<_> = pairs
            .filter_map(|pair| {
                let first = pair.iter().position(|byte| !is_blank(byte))?;
                let last = pair.iter().rposition(|byte| !is_blank(byte))?;
                pair[first..=last].strip_prefix(b"__Host-id=")
            })
            .collect();
        assert_eq!(ours, [value.as_bytes()], "once, and as it stands");
    }
}

/// Any cookie value, and any change of a genuine one: what this ring has not sealed opens nothing.
///
/// # Panics
/// If that is not so.
pub fn sealed_record(data: &[u8]) {
    let cookie = Cookie::secure();
    for sealing in [Sealing::Encrypted, Sealing::Signed] {
        let codec = ClientSide::new(sealing, RING.clone());
        if let Ok(text) = std::str::from_utf8(data) {
            assert!(codec.open(&cookie.name, text).is_err());
        }
        let record = Record::new(Policy::SIGNED_IN, OffsetDateTime::UNIX_EPOCH);
        let contents = Contents { id: SessionId::random(), record, epoch: 0 };
        let genuine = codec.seal(&cookie, &contents, None).expect("fits");
        if let Some(changed) = changed(&genuine, data) {
            assert!(codec.open(&cookie.name, &changed).is_err(), "{changed}");
        }
        assert_eq!(codec.open(&cookie.name, &genuine).expect("genuine").contents, contents);
    }
}

/// Any cookie value, and any change of a genuine one: what this ring has not signed is no id.
///
/// # Panics
/// If that is not so.
pub fn signed_id(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(signed_id::verify(&RING, NAME, text).is_err());
        if let Some(id) = SessionId::parse(text) {
            assert_eq!(id.encode(), text, "an id has one spelling");
        }
    }
    let id = SessionId::random();
    let genuine = signed_id::sign(&RING, NAME, &id);
    if let Some(changed) = changed(&genuine, data) {
        assert!(signed_id::verify(&RING, NAME, &changed).is_err(), "{changed}");
    }
    assert_eq!(signed_id::verify(&RING, NAME, &genuine).expect("genuine").id, id);
}

/// Some of its bytes replaced as `data` says: pairs of a place and a byte. `None` if it is no text any more, or as it was.
fn changed(genuine: &str, data: &[u8]) -> Option<String> {
    let mut bytes = genuine.as_bytes().to_vec();
    for pair in data.chunks_exact(2) {
        let place = usize::from(pair[0]) % bytes.len();
        bytes[place] = pair[1];
    }
    String::from_utf8(bytes).ok().filter(|text| text != genuine)
}
