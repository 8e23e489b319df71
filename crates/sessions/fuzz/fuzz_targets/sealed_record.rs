//! Any cookie value, and any change of a genuine one: what this ring has not sealed opens nothing.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sessions::{ClientSide, Contents, Cookie, KeyRing, Policy, Record, Sealing, SessionId};
use time::OffsetDateTime;

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new([[7; 32]]).expect("a key"));

fuzz_target!(|data: &[u8]| {
    let cookie = Cookie::secure();
    for sealing in [Sealing::Encrypted, Sealing::Signed] {
        let codec = ClientSide::new(sealing, RING.clone());
        if let Ok(text) = std::str::from_utf8(data) {
            assert!(codec.open(&cookie.name, text).is_err());
        }
        let record = Record::new(Policy::SIGNED_IN, OffsetDateTime::UNIX_EPOCH);
        let contents = Contents { id: SessionId::random(), record, epoch: 0 };
        let genuine = codec.seal(&cookie, &contents, None).expect("fits");
        let mut changed = genuine.clone().into_bytes();
        for (place, byte) in data.chunks_exact(2).map(|pair| (usize::from(pair[0]), pair[1])) {
            let length = changed.len();
            changed[place % length] = byte;
        }
        if let Ok(changed) = String::from_utf8(changed)
            && changed != genuine
        {
            assert!(codec.open(&cookie.name, &changed).is_err(), "{changed}");
        }
        assert_eq!(codec.open(&cookie.name, &genuine).expect("genuine").contents, contents);
    }
});
