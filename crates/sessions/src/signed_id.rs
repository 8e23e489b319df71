//! Signed session ids (`sessions.sign_ids`): an id that was made up never reaches the store.
//!
//! The cookie holds `<id>.<base64url of the key's name and an HMAC-SHA-256>`, 71 characters in all. The
//! code covers the cookie's name too, so that no other cookie's value passes here.

use crate::signature::{self, Purpose};
use crate::{KeyRing, Refused, SessionId};

/// An id that this ring has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The id.
    pub id: SessionId,
    /// Whether another key than the first has signed it: then the cookie is due to be set anew.
    pub stale_key: bool,
}

/// The cookie's value for an id, signed by the ring's first key.
#[must_use]
pub fn sign(ring: &KeyRing, cookie_name: &str, id: &SessionId) -> String {
    signature::sign(ring, Purpose::Id, cookie_name, &id.encode())
}

/// The id in the cookie's value, if a key of the ring has signed it for this cookie.
///
/// # Errors
/// [`Refused`]: no id of ours, and the store need not be asked.
pub fn verify(ring: &KeyRing, cookie_name: &str, value: &str) -> Result<Verified, Refused> {
    // An id first: it is shorter than what an attacker may send, and bounds the work.
    let id = value.split_once('.').and_then(|(id, _)| SessionId::parse(id)).ok_or(Refused::Malformed)?;
    let genuine = signature::verify(ring, Purpose::Id, cookie_name, value)?;
    Ok(Verified { id, stale_key: genuine.stale_key })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tampering::{changed_characters, flipped_bits, lengthened, replaced, shortened};

    const NAME: &str = "__Host-id";

    fn ring<const N: usize>(keys: [u8; N]) -> KeyRing {
        KeyRing::new(keys.map(|key| [key; 32])).expect("it has keys")
    }

    fn signed() -> String {
        sign(&ring([1]), NAME, &SessionId::random())
    }

    fn is_refused(value: &str) -> bool {
        verify(&ring([1]), NAME, value).is_err()
    }

    #[test]
    fn a_signed_id_is_read_back() {
        let id = SessionId::random();
        let value = sign(&ring([1]), NAME, &id);
        assert_eq!(value.len(), 71);
        assert!(value.starts_with(&format!("{}.", id.encode())));
        assert_eq!(verify(&ring([1]), NAME, &value), Ok(Verified { id, stale_key: false }));
    }

    #[test]
    fn an_older_key_verifies_and_asks_to_be_replaced() {
        let old = sign(&ring([1]), NAME, &SessionId::random());
        let verified = verify(&ring([2, 1]), NAME, &old).expect("the old key is in the ring");
        assert!(verified.stale_key);
        let renewed = sign(&ring([2, 1]), NAME, &verified.id);
        assert!(!verify(&ring([2]), NAME, &renewed).expect("the new key has signed it").stale_key);
    }

    #[test]
    fn a_retired_key_is_told_from_a_forgery() {
        assert_eq!(verify(&ring([2]), NAME, &signed()), Err(Refused::UnknownKey));
        let theirs = sign(&ring([2]), NAME, &SessionId::random());
        let under_our_name = replaced(&theirs, 1, 0, &ring([1]).first().id);
        assert_eq!(verify(&ring([1]), NAME, &under_our_name), Err(Refused::Forged));
    }

    #[test]
    fn the_code_of_one_id_is_not_another_ids() {
        let swapped = format!("{}{}", &signed()[..22], &signed()[22..]);
        assert_eq!(verify(&ring([1]), NAME, &swapped), Err(Refused::Forged));
    }

    /// ASVS V9.2.2.
    #[test]
    fn another_cookies_value_is_refused() {
        assert_eq!(verify(&ring([1]), "id", &signed()), Err(Refused::Forged));
        assert_eq!(verify(&ring([1]), "__Host-ie", &signed()), Err(Refused::Forged));
    }

    /// ASVS V7.2.1.
    #[test]
    fn each_bit_counts() {
        assert_eq!(
            flipped_bits(&signed()).inspect(|value| assert!(is_refused(value), "{value}")).count(),
            416
        );
    }

    #[test]
    fn each_character_counts() {
        let value = signed();
        assert!(changed_characters(&value).all(|value| is_refused(&value)));
        assert!(shortened(&value).chain(lengthened(&value)).all(|value| is_refused(&value)));
    }

    #[test]
    fn bare_ids_and_other_things_are_malformed() {
        let id = SessionId::random().encode();
        for value in
            ["", ".", "null", &id, &format!("{id}."), &format!("{id}.{id}"), &format!(".{}", &signed()[23..])]
        {
            assert_eq!(verify(&ring([1]), NAME, value), Err(Refused::Malformed), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_panic(text in any::<String>(), kept in 0..71_usize) {
            prop_assert!(is_refused(&text));
            let value = signed();
            let changed = format!("{}{text}", &value[..kept]);
            prop_assert!(changed == value || is_refused(&changed));
        }
    }
}
