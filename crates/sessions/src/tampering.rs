//! What an attacker does to a cookie's value; for tests.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value with each bit of what it spells flipped, one at a time.
pub(crate) fn flipped_bits(value: &str) -> impl Iterator<Item = String> {
    let parts: Vec<Vec<u8>> =
        value.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url")).collect();
    let places: Vec<_> = parts
        .iter()
        .enumerate()
        .flat_map(|(part, bytes)| (0..bytes.len()).map(move |at| (part, at)))
        .collect();
    places.into_iter().flat_map(|place| (0..8).map(move |bit| (place, bit))).map(move |((part, at), bit)| {
        let mut parts = parts.clone();
        parts[part][at] ^= 1 << bit;
        parts.iter().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).collect::<Vec<_>>().join(".")
    })
}

/// The value with some of the bytes that one of its parts spells replaced.
pub(crate) fn replaced(value: &str, part: usize, at: usize, bytes: &[u8]) -> String {
    let mut parts: Vec<String> = value.split('.').map(str::to_owned).collect();
    let mut decoded = URL_SAFE_NO_PAD.decode(&parts[part]).expect("base64url");
    decoded[at..at + bytes.len()].copy_from_slice(bytes);
    parts[part] = URL_SAFE_NO_PAD.encode(decoded);
    parts.join(".")
}

/// The value with each of its characters exchanged for every other one of base64url, and for some that
/// are none of it.
pub(crate) fn changed_characters(value: &str) -> impl Iterator<Item = String> {
    value.char_indices().flat_map(move |(at, old)| {
        let (before, after) = (&value[..at], &value[at + old.len_utf8()..]);
        ALPHABET
            .chars()
            .chain(".=+/ \u{0}é".chars())
            .filter(move |new| *new != old)
            .map(move |new| format!("{before}{new}{after}"))
    })
}

/// Each part of the value that begins where it begins or ends where it ends.
pub(crate) fn shortened(value: &str) -> impl Iterator<Item = String> {
    (0..value.len())
        .map(|kept| value[..kept].to_owned())
        .chain((1..value.len()).map(|cut| value[cut..].to_owned()))
}

/// The value with each character put before and behind it, and twice in a row.
pub(crate) fn lengthened(value: &str) -> impl Iterator<Item = String> {
    ALPHABET
        .chars()
        .chain(".= \u{0}".chars())
        .flat_map(move |new| [format!("{value}{new}"), format!("{new}{value}")])
        .chain([format!("{value}{value}"), format!("{value}.{value}")])
}
