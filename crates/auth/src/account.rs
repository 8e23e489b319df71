//! Accounts, and the contract of whatever keeps them.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use contract::Username;
use sessions::AccountKey;

use crate::PasswordHash;

/// One account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its key: random, never reused, never shown.
    pub key: AccountKey,
    /// Its name as it was chosen.
    pub username: Username,
    /// Its password, hashed.
    pub password: PasswordHash,
}

/// Where accounts live. Names are compared without case.
#[async_trait]
pub trait Accounts: fmt::Debug + Send + Sync + 'static {
    /// The account with this name.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn find(&self, username: &Username) -> Result<Option<Account>, AccountsError>;

    /// Adds an account. `false`: the name is taken, and nothing was changed.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn insert(&self, account: &Account) -> Result<bool, AccountsError>;

    /// Replaces a password's hash. An account that is gone is no error.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn set_password(&self, key: AccountKey, password: &PasswordHash) -> Result<(), AccountsError>;

    /// Removes an account. `false`: there was none with this key.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn remove(&self, key: AccountKey) -> Result<bool, AccountsError>;

    /// All names, in order.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn names(&self) -> Result<Vec<Username>, AccountsError>;

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn check(&self) -> Result<(), AccountsError>;
}

/// The accounts' database does not answer, or holds what it cannot hold.
#[derive(Debug, thiserror::Error)]
#[error("the accounts' database does not answer")]
pub struct AccountsError(#[source] pub Box<dyn Error + Send + Sync>);

impl AccountsError {
    /// Wraps the driver's own error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}
