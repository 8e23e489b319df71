//! Accounts, and the contract of whatever keeps them.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use contract::Username;
use sessions::{AccountKey, Reason};
use time::OffsetDateTime;

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

/// A note that sessions of an account have to end, since it is no longer what they began with. An account has one
/// of them at most: a newer one takes the place of the older.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingEnd {
    /// Whose sessions.
    pub account: AccountKey,
    /// What happened to it.
    pub reason: Reason,
    /// When, to the millisecond; later than any other of this account.
    pub noted: OffsetDateTime,
}

/// Where accounts live. Names are compared without case.
#[async_trait]
pub trait Accounts: fmt::Debug + Send + Sync + 'static {
    /// The account with this name.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn find(&self, username: &Username) -> Result<Option<Account>, AccountsError>;

    /// The account with this key.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn by_key(&self, key: AccountKey) -> Result<Option<Account>, AccountsError>;

    /// Adds an account. `false`: the name is taken, and nothing was changed.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn insert(&self, account: &Account) -> Result<bool, AccountsError>;

    /// Replaces a hash by a stronger one of the same password. `false`: the password is not the one with the
    /// hash `from` any more, or the account is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn renew_hash(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<bool, AccountsError>;

    /// Changes a password, and notes in the same write that sessions have to end for it. Returns that note
    /// ([`pending_ends`](Self::pending_ends)); `None`: nothing was changed, as in [`renew_hash`](Self::renew_hash).
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn change_password(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError>;

    /// Removes an account, and notes in the same write that its sessions have to end. Returns that note; `None`:
    /// the password is not the one with this hash any more, or the account is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn remove(
        &self,
        key: AccountKey,
        password: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError>;

    /// What was noted before this moment, the oldest first: whoever was to end these sessions may have been
    /// killed before.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError>;

    /// Forgets a note: the sessions have ended. One that has taken its place stays.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn settle_end(&self, pending: PendingEnd) -> Result<(), AccountsError>;

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
