//! Any cookie value, and any change of a genuine one: what this ring has not signed is no id.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sessions::{KeyRing, SessionId, signed_id};

const NAME: &str = "__Host-id";

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new([[7; 32]]).expect("a key"));

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        assert!(signed_id::verify(&RING, NAME, text).is_err());
        if let Some(id) = SessionId::parse(text) {
            assert_eq!(id.encode(), text, "an id has one spelling");
        }
    }
    let id = SessionId::random();
    let genuine = signed_id::sign(&RING, NAME, &id);
    let mut changed = genuine.clone().into_bytes();
    for (place, byte) in data.chunks_exact(2).map(|pair| (usize::from(pair[0]), pair[1])) {
        let length = changed.len();
        changed[place % length] = byte;
    }
    if let Ok(changed) = String::from_utf8(changed)
        && changed != genuine
    {
        assert!(signed_id::verify(&RING, NAME, &changed).is_err(), "{changed}");
    }
    assert_eq!(signed_id::verify(&RING, NAME, &genuine).expect("genuine").id, id);
});
