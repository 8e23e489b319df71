//! Browsers that have signed in to an account before (OWASP, "Slow Down Online Guessing Attacks with Device
//! Cookies"). What they carry opens nothing: it only says that its guesses are not a stranger's.

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::Username;
use rand::Rng;
use sessions::AccountKey;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Account, AccountsError};

/// Most browsers of one account that are known; one more, and the one that signed in longest ago is a stranger.
pub const MOST_DEVICES: u32 = 20;

/// Keeps these tokens apart from all others that are hashed.
const PURPOSE: &[u8] = b"anteroom device token\0";

/// What a browser carries: 256 random bits, 43 characters of base64url in its cookie, for one account and for
/// this alone. It says nothing of whose it is.
#[derive(Clone, Eq)]
pub struct DeviceToken([u8; 32]);

impl DeviceToken {
    /// Draws a new token from the thread's cryptographic generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads a token as a cookie carries it, in the one spelling that [`DeviceToken::encode`] gives.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let written = URL_SAFE_NO_PAD.decode_slice(value.as_bytes(), &mut bytes).ok()?;
        (written == bytes.len()).then_some(Self(bytes))
    }

    /// The token as a cookie carries it.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it.
    #[must_use]
    pub fn key(&self) -> DeviceKey {
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        hash.update(self.0);
        DeviceKey(hash.finalize().into())
    }
}

impl PartialEq for DeviceToken {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(redacted)")
    }
}

/// SHA-256 of a token: what is kept of it. Nobody can sign in, or come as that browser, with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
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
}

/// Which browsers have signed in to which account; kept beside the accounts, and gone with them.
#[async_trait]
pub trait KnownDevices: fmt::Debug + Send + Sync + 'static {
    /// Whether this browser has signed in to the account of this name before. One question, which takes as
    /// long where there is no such account.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn knows(&self, username: &Username, device: DeviceKey) -> Result<bool, AccountsError>;

    /// Remembers that a browser has signed in to an account, in the place of what it was known by before. Of
    /// more than [`MOST_DEVICES`] those that signed in longest ago are forgotten. Where the account is gone, or has
    /// another password by now, nothing is remembered, and that is no error.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn remember(
        &self,
        account: &Account,
        device: DeviceKey,
        before: Option<DeviceKey>,
    ) -> Result<(), AccountsError>;

    /// The browsers that have signed in to an account, the latest first.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn devices_of(&self, account: AccountKey) -> Result<Vec<DeviceKey>, AccountsError>;

    /// Forgets all browsers that have signed in to an account: its password is another.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn forget_devices(&self, account: AccountKey) -> Result<(), AccountsError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_from_its_one_spelling() {
        let token = DeviceToken::random();
        let text = token.encode();
        assert_eq!((text.len(), DeviceToken::parse(&text)), (43, Some(token)));
        for other in ["", "ada", &format!("{text}="), &format!("{text}A"), &format!(" {text}")] {
            assert_eq!(DeviceToken::parse(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_token_is_not_printed_and_differs_from_what_is_kept_of_it() {
        let token = DeviceToken([7; 32]);
        assert_eq!(format!("{token:?}"), "DeviceToken(redacted)");
        assert_ne!(token.key().as_bytes(), &token.0);
        assert_ne!(token.key().as_bytes()[..], Sha256::digest(token.0)[..], "of this purpose alone");
    }
}
