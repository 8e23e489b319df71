//! The keys that sign and seal cookies.

use std::fmt;
use std::sync::Arc;

use chacha20poly1305::XChaCha20Poly1305;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::pre_authentication::pre_authentication_encoding;

/// Master keys, the newest first: the first seals, all open. A key is retired by taking it out.
///
/// No master key is used, or kept, itself: each purpose has a key of its own, derived once by
/// HKDF-SHA-256 (RFC 5869), so that what was made for one purpose is worth nothing for another.
#[derive(Clone)]
pub struct KeyRing {
    keys: Arc<Keys>,
    /// For which of the applications that share the keys; empty for the only one.
    application: Arc<str>,
}

struct Keys {
    first: RingKey,
    older: Vec<RingKey>,
}

/// What names a key in a cookie and tells nothing of it. Two keys of one ring share a name once in four
/// thousand million; then the later one opens nothing.
pub(crate) type KeyId = [u8; 4];

/// One master key's derived keys, ready for use. All of them are wiped from memory when dropped.
pub(crate) struct RingKey {
    pub id: KeyId,
    /// Signs ids.
    pub sign_id: Hmac<Sha256>,
    /// Signs records.
    pub sign: Hmac<Sha256>,
    /// Encrypts records.
    pub encrypt: XChaCha20Poly1305,
}

impl KeyRing {
    /// A ring of these master keys, each 32 random bytes; `None` if there are none. A key that is
    /// repeated is kept once.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Option<Self> {
        let mut masters: Vec<Zeroizing<[u8; 32]>> = Vec::new();
        for key in keys.into_iter().map(Zeroizing::new) {
            if !masters.contains(&key) {
                masters.push(key);
            }
        }
        let mut derived = masters.iter().map(|master| RingKey::derive(master));
        let first = derived.next()?;
        let keys = Arc::new(Keys { first, older: derived.collect() });
        Some(Self { keys, application: Arc::default() })
    }

    /// The same keys for one of several applications: what one has made is nothing to the others. The engine's is that
    /// with its [`key_prefix`](crate::SessionsBuilder::key_prefix).
    #[must_use]
    pub fn of_application(&self, prefix: &str) -> Self {
        Self { keys: Arc::clone(&self.keys), application: prefix.into() }
    }

    /// What a seal covers beside the contents: what it is for, and by which key; and whose, if there are several.
    pub(crate) fn context<'a>(&'a self, parts: &[&'a [u8]]) -> Vec<u8> {
        let whose = Some(self.application.as_bytes()).filter(|prefix| !prefix.is_empty());
        let parts: Vec<&[u8]> = parts.iter().copied().chain(whose).collect();
        pre_authentication_encoding(&parts)
    }

    /// The key that seals.
    pub(crate) fn first(&self) -> &RingKey {
        &self.keys.first
    }

    /// The key with this name.
    pub(crate) fn named(&self, id: KeyId) -> Option<&RingKey> {
        std::iter::once(&self.keys.first).chain(&self.keys.older).find(|key| key.id == id)
    }

    /// Whether what this key has made is to be made anew, by the first.
    pub(crate) fn is_stale(&self, key: &RingKey) -> bool {
        key.id != self.keys.first.id
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({})", 1 + self.keys.older.len())
    }
}

impl RingKey {
    fn derive(master: &[u8; 32]) -> Self {
        let keys = Hkdf::<Sha256>::new(None, master);
        Self {
            id: *expand(&keys, "anteroom/sessions/v1/key-id"),
            sign_id: authenticator(&keys, "anteroom/sessions/v1/sign-id"),
            sign: authenticator(&keys, "anteroom/sessions/v1/sign"),
            encrypt: XChaCha20Poly1305::new((&*expand::<32>(&keys, "anteroom/sessions/v1/encrypt")).into()),
        }
    }
}

fn authenticator(keys: &Hkdf<Sha256>, purpose: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(&*expand::<32>(keys, purpose)).expect("HMAC takes keys of any length")
}

fn expand<const LENGTH: usize>(keys: &Hkdf<Sha256>, purpose: &str) -> Zeroizing<[u8; LENGTH]> {
    let mut key = Zeroizing::new([0; LENGTH]);
    keys.expand(purpose.as_bytes(), key.as_mut_slice()).expect("HKDF gives up to 8,160 bytes");
    key
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use zeroize::ZeroizeOnDrop;

    use super::*;
    use crate::store::encoding::hex;

    const PURPOSES: [&str; 4] = ["encrypt", "sign", "sign-id", "key-id"];

    fn derived(master: [u8; 32], purpose: &str) -> [u8; 32] {
        *expand(&Hkdf::new(None, &master), &format!("anteroom/sessions/v1/{purpose}"))
    }

    #[test]
    fn a_ring_has_a_key() {
        assert!(KeyRing::new([]).is_none());
        assert_eq!(format!("{:?}", KeyRing::new([[1; 32]])), "Some(KeyRing(1))");
    }

    #[test]
    fn a_repeated_key_is_kept_once() {
        let ring = KeyRing::new([[1; 32], [2; 32], [1; 32], [2; 32]]).expect("it has keys");
        assert_eq!(format!("{ring:?}"), "KeyRing(2)");
        assert_eq!(ring.first().id, RingKey::derive(&[1; 32]).id, "and stands where it stood first");
    }

    /// ASVS V9.2.2.
    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let keys: BTreeSet<_> = PURPOSES.map(|purpose| derived([7; 32], purpose)).into_iter().collect();
        assert_eq!(keys.len(), PURPOSES.len());
        assert!(!keys.contains(&[7; 32]), "and none is the master key");
    }

    #[test]
    fn the_name_of_a_key_is_no_part_of_its_other_keys() {
        let name = RingKey::derive(&[7; 32]).id;
        for key in
            [[7; 32], derived([7; 32], "encrypt"), derived([7; 32], "sign"), derived([7; 32], "sign-id")]
        {
            assert!(!key.windows(name.len()).any(|window| window == name));
        }
    }

    /// ```python
    /// hmac256 = lambda key, text: hmac.new(key, text, hashlib.sha256).digest()
    /// extracted = hmac256(bytes(32), bytes(range(32)))
    /// [hmac256(extracted, b"anteroom/sessions/v1/" + p + b"\x01").hex() for p in PURPOSES]
    /// ```
    #[test]
    fn derived_keys_are_those_of_rfc_5869() {
        let master = std::array::from_fn(|at| u8::try_from(at).expect("below 32"));
        let expected = [
            "0b2ed243637ab3e5c0f5beff341fe81430d17fded11d33053ec6b6b3f6ee2878",
            "8ff49ed6560779bda13d0f3cee52167f52bf3fc044ca8876e563b16a65c5dcdc",
            "6c3532b26ccd75da9fe367299868279dc7d6f08b03d0afe5690e102de73c1f1c",
            "f3302bb41514117ab2d7b52d7567c69e69f0f45d67c5f2b7a79b23f194ad823b",
        ];
        for (purpose, expected) in PURPOSES.into_iter().zip(expected) {
            assert_eq!(hex(&derived(master, purpose)), expected, "{purpose}");
        }
        assert_eq!(hex(&RingKey::derive(&master).id), "f3302bb4");
    }

    /// ASVS V11.7.2.
    #[test]
    fn keys_in_use_are_wiped_when_dropped() {
        fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<Sha256>();
        is_wiped::<XChaCha20Poly1305>();
    }
}
