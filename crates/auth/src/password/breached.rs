//! Passwords that were found in breaches.

use std::fmt;

use async_trait::async_trait;
use contract::Password;

/// Who knows which passwords were in breaches.
#[async_trait]
pub trait BreachedPasswords: fmt::Debug + Send + Sync + 'static {
    /// Whether this password was in one. `false` too if that could not be found out: a service that is away
    /// must not keep people from choosing a password.
    async fn contains(&self, password: &Password) -> bool;
}
