//! The sessions that are stored: the same for the server that holds them and the generator that asks for them.

use sessions::{
    AccountKey, ClientSide, Contents, Cookie, KeyRing, Policy, Record, Sealing, SessionId, TooLarge, Values,
};
use time::{Duration, OffsetDateTime};

/// Of so many stored sessions, one has expired.
const ONE_EXPIRED_IN: u64 = 5;

/// The session with this number.
pub fn id(number: u64) -> SessionId {
    let bits = (u128::from(mixed(number)) << 64) | u128::from(mixed(!number));
    let mut text = [0; 22];
    for (place, character) in text.iter_mut().enumerate() {
        // Six bits each; the last character has two, and four zeros.
        let six = if place < 21 { bits >> (122 - 6 * place) } else { bits << 4 };
        *character = BASE64URL.get(usize::try_from(six & 63).unwrap_or(0)).copied().unwrap_or(b'A');
    }
    let text = std::str::from_utf8(&text).expect("letters and digits");
    SessionId::parse(text).expect("22 characters without a spare bit are an id")
}

const BASE64URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Its record: an account's session, two to an account. One in five ended by its idle limit an hour ago.
pub fn record(number: u64, now: OffsetDateTime) -> Record {
    let begun = if is_expired(number) { now - Policy::SIGNED_IN.idle - Duration::hours(1) } else { now };
    let mut record = Record::new(Policy::SIGNED_IN, begun);
    record.account = Some(AccountKey::from_bytes((u128::from(mixed(number / 2)) | 1 << 127).to_be_bytes()));
    record.values = values(&format!("visitor{number}"));
    record
}

/// What a signed-in session holds.
pub fn values(name: &str) -> Values {
    [("name", name), ("theme", "dark"), ("device", "Firefox on Linux")].into()
}

/// The number of the `place`th living session.
pub const fn living(place: u64) -> u64 {
    place + place / (ONE_EXPIRED_IN - 1)
}

/// How many of so many live.
pub const fn living_among(stored: u64) -> u64 {
    stored - stored / ONE_EXPIRED_IN
}

const fn is_expired(number: u64) -> bool {
    number % ONE_EXPIRED_IN == ONE_EXPIRED_IN - 1
}

/// Keeps them apart from nobody: it is the site's own.
pub const PREFIX: &str = "session:";

/// The codec of client-side sessions.
pub fn codec(sealing: Sealing) -> ClientSide {
    ClientSide::new(sealing, KeyRing::new([[7; 32]]).expect("it has a key").of_application(PREFIX))
}

/// A cookie's value that holds the session with this number.
pub fn sealed(codec: &ClientSide, number: u64, now: OffsetDateTime) -> Result<String, TooLarge> {
    codec.seal(&Cookie::plain(), &Contents { id: id(number), record: record(number, now), epoch: 0 }, None)
}

/// Spreads numbers over all 64 bits, each to another place (the finaliser of splitmix64).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_number_has_an_id_of_its_own() {
        let ids: BTreeSet<String> = (0..1_000).map(|number| id(number).encode()).collect();
        assert_eq!(ids.len(), 1_000);
    }

    #[test]
    fn one_in_five_has_expired_and_is_never_asked_for() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
        let lives = |number: &u64| record(*number, now).expired(now).is_none();
        assert_eq!((0..100).filter(lives).count(), 80);
        assert_eq!(living_among(100), 80);
        assert!((0..80).map(living).all(|number| number < 100 && lives(&number)));
    }
}
