//! Whose session it is.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// An account's key: 128 random bits, never reused. Nobody sees it but the
/// holder of a signed cookie, who can read their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccountKey([u8; 16]);

impl AccountKey {
    /// The key of no account.
    pub const NOBODY: Self = Self([0; 16]);

    /// Draws a new key from the thread's cryptographic generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
    pub fn random() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key with these bits.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key's bits, as a store keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
