//! Keys that seal cookies and sign ids.

use std::{collections::BTreeSet, fmt};

use rand::TryRng;
#[expect(
    clippy::disallowed_types,
    reason = "a new key comes from the operating system and nowhere else"
)]
use rand::rngs::{SysError, SysRng};

use super::value::Value;

/// Bytes of a key.
const LENGTH: usize = 32;

/// The key that documentation shows. Everybody knows it, so the server refuses it.
pub const EXAMPLE_KEY: &str = "9d2b6c51e07f4a8835c1f96ed04b7a1263e85fc0b9174d2ea6f03b58c7d1e49a";

/// 32 secret bytes, written as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; LENGTH]);

impl SecretKey {
    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// Why somebody could guess this key, if so.
    fn weakness(&self) -> Option<&'static str> {
        let bytes = &self.0;
        let (first, second) = bytes.split_at(LENGTH / 2);
        let steps: BTreeSet<_> =
            bytes.iter().zip(bytes.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a)).collect();
        if Some(self) == parse(EXAMPLE_KEY).as_ref() {
            Some("it must not be the documentation's example, which everybody knows")
        } else if steps.len() == 1 {
            Some("it must be random, not one byte repeated or a sequence")
        } else if bytes.iter().collect::<BTreeSet<_>>().len() < LENGTH / 2 || first == second {
            Some("it must be random, not a few bytes repeated")
        } else if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            Some("it must be random, not a text in hexadecimal digits")
        } else {
            None
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

impl std::str::FromStr for SecretKey {
    /// What it must be.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as Value>::parse(text)
    }
}

impl Value for SecretKey {
    fn parse(text: &str) -> Result<Self, String> {
        let key = parse(text).ok_or("it must be 64 hexadecimal digits, as `server keygen` prints them")?;
        key.weakness()
            .map_or(Ok(key), |weakness| Err(format!("{weakness}; `server keygen` makes a good one")))
    }

    fn show(&self) -> String {
        "(hidden)".to_owned()
    }

    fn show_list(values: &[Self]) -> String {
        match values.len() {
            0 => "empty".to_owned(),
            1 => "(hidden, 1 key)".to_owned(),
            count => format!("(hidden, {count} keys)"),
        }
    }

    fn echo(_: &str) -> String {
        "(hidden)".to_owned()
    }
}

/// A new key from the operating system's random source, as 64 hexadecimal digits.
///
/// # Errors
/// If the operating system gives no randomness.
pub fn keygen() -> Result<String, SysError> {
    let mut bytes = [0; LENGTH];
    SysRng.try_fill_bytes(&mut bytes)?;
    Ok(in_digits(bytes))
}

fn in_digits(bytes: [u8; LENGTH]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn parse(text: &str) -> Option<SecretKey> {
    let mut bytes = [0; LENGTH];
    if text.len() != 2 * LENGTH {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(SecretKey(bytes))
}

#[cfg(test)]
mod tests {
    use std::array;

    use super::*;

    #[test]
    fn a_generated_key_is_accepted_and_never_the_same() {
        let keys: BTreeSet<_> = (0..64).map(|_| keygen().expect("randomness")).collect();
        assert_eq!(keys.len(), 64);
        for key in keys {
            assert!(SecretKey::parse(&key).is_ok() && SecretKey::parse(&key.to_uppercase()).is_ok());
        }
    }

    /// ASVS V11.2.3, V13.2.3.
    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        let sequence = in_digits(array::from_fn(|index| 7 + u8::try_from(index).expect("small")));
        let descending = in_digits(array::from_fn(|index| 255 - u8::try_from(index).expect("small")));
        let text = in_digits(*b"correct horse battery staple 123");
        let half = &keygen().expect("randomness")[..32];
        for (key, reason) in [
            ("00".repeat(32), "one byte repeated"),
            ("ab".repeat(32), "one byte repeated"),
            (sequence, "a sequence"),
            (descending, "a sequence"),
            ("0123456789abcdef".repeat(4), "a few bytes"),
            (half.repeat(2), "a few bytes"),
            (text, "a text"),
            (EXAMPLE_KEY.to_owned(), "example"),
        ] {
            let refusal = SecretKey::parse(&key).expect_err("weak");
            assert!(refusal.contains(reason), "{key}: {refusal}");
        }
    }

    /// ASVS V11.2.3.
    #[test]
    fn what_is_not_64_hexadecimal_digits_is_no_key() {
        let key = keygen().expect("randomness");
        let wide = "\u{e9}".repeat(32);
        for text in ["", "secret", &key[..62], &format!("{key}00"), &format!("+f{}", &key[2..]), &wide] {
            assert!(SecretKey::parse(text).expect_err(text).contains("64 hexadecimal"), "{text}");
        }
    }
}
