//! The id that a cookie carries, and the key under which a store knows it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// A session id: 128 random bits (OWASP asks for 64, ASVS 7.2.3 for 128), 22 characters of base64url
/// in the cookie. It is the secret; a store never sees it.
#[derive(Clone, Copy, Eq)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Draws a new id from the thread's cryptographic generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads an id as a cookie carries it: exactly 22 characters, in the one spelling that
    /// [`SessionId::encode`] gives.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let written = URL_SAFE_NO_PAD.decode_slice(value.as_bytes(), &mut bytes).ok()?;
        (written == bytes.len()).then_some(Self(bytes))
    }

    /// The id as a cookie carries it.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The id's bits, for a rule that looks for them where they must not be.
    #[cfg(feature = "conformance")]
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The key of this id for the application that uses `prefix`.
    #[must_use]
    pub fn key(&self, prefix: &str) -> Key {
        let mut hash = Sha256::new();
        hash.update(prefix.as_bytes());
        hash.update([0]);
        hash.update(self.0);
        Key(hash.finalize().into())
    }
}

impl PartialEq for SessionId {
    /// In constant time: whoever tries ids learns nothing of one from how long it takes.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(redacted)")
    }
}

/// SHA-256 of an id under the application's prefix: what stores keep. It opens no session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key with these bits.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bits.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What an owner may name the session by: the first half of the key, 22 characters of base64url. It opens
    /// no session, and nobody finds the id, or the rest of the key, from it.
    #[must_use]
    pub fn handle(&self) -> String {
        let (half, _) = self.0.split_at(16);
        URL_SAFE_NO_PAD.encode(half)
    }
}

impl fmt::Debug for Key {
    /// The first four bytes in hexadecimal: enough to follow a session through a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_its_one_spelling() {
        let id = SessionId::random();
        assert_eq!(id.encode().len(), 22);
        assert_eq!(SessionId::parse(&id.encode()), Some(id));
    }

    #[test]
    fn other_spellings_are_no_id() {
        let id = SessionId([0; 16]).encode();
        assert_eq!(id, "AAAAAAAAAAAAAAAAAAAAAA");
        for value in [
            "",
            "null",
            "None",
            "AAAAAAAAAAAAAAAAAAAAAB",
            "AAAAAAAAAAAAAAAAAAAAA",
            &format!("{id}=="),
            &format!("{id}A"),
            &format!(" {id}"),
        ] {
            assert_eq!(SessionId::parse(value), None, "{value:?}");
        }
    }

    /// ASVS V7.2.3, V11.5.1, V11.5.2.
    #[test]
    fn ids_that_64_threads_draw_at_once_all_differ_and_use_each_of_their_128_bits_as_often() {
        let draw = || (0..20_000).map(|_| u128::from_be_bytes(SessionId::random().0)).collect::<Vec<_>>();
        let threads: Vec<_> = (0..64).map(|_| std::thread::spawn(draw)).collect();
        let mut ids: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().expect("draws")).collect();
        for bit in 0..128 {
            let set = ids.iter().filter(|id| (**id >> bit) & 1 == 1).count();
            // 1,280,000 throws of a coin: five standard deviations are 2,829.
            assert!(set.abs_diff(640_000) < 2_829 + 600, "bit {bit} is set {set} times");
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 1_280_000);
    }

    #[test]
    fn a_key_depends_on_the_prefix() {
        let id = SessionId::random();
        assert_ne!(id.key("a"), id.key("b"));
    }

    /// ASVS V16.2.5.
    #[test]
    fn neither_is_printed_whole() {
        let id = SessionId::random();
        assert_eq!(format!("{id:?}"), "SessionId(redacted)");
        assert_eq!(format!("{:?}", id.key("")).len(), 8);
    }
}
