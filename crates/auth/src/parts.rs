//! What all visitors share.

use std::ops::Deref;
use std::sync::Arc;

use sessions::Policy;
use time::Duration;

use crate::{AccountHistory, Accounts, KnownDevices, PasswordHasher, PasswordRules, Throttle};

/// What sign-in is made of; cheap to clone.
#[derive(Clone, Debug)]
pub struct Auth(Arc<AuthParts>);

/// The parts of [`Auth`].
#[derive(Debug)]
pub struct AuthParts {
    /// Where accounts live.
    pub accounts: Arc<dyn Accounts>,
    /// Which browsers have signed in to which account.
    pub devices: Arc<dyn KnownDevices>,
    /// What happened to each account of late.
    pub history: Arc<dyn AccountHistory>,
    /// Who has tried too often.
    pub throttle: Arc<dyn Throttle>,
    /// Hashes and compares passwords.
    pub hasher: PasswordHasher,
    /// What a new password must be.
    pub rules: PasswordRules,
    /// How long a sign-in lasts.
    pub signed_in: Policy,
    /// How long a sign-in lasts for those who asked to be kept in.
    pub kept_in: Policy,
    /// For how long after it a sign-in is recent: what could take an account over asks for one.
    pub recent: Duration,
}

impl Auth {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: AuthParts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for Auth {
    type Target = AuthParts;

    fn deref(&self) -> &AuthParts {
        &self.0
    }
}
