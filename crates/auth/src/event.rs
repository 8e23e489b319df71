//! Security events of an account, as they are kept for its owner.

use std::fmt;

use async_trait::async_trait;
use contract::SecurityEvent;
use sessions::AccountKey;
use time::OffsetDateTime;

use crate::AccountsError;

/// Most events of one account that are kept, the latest.
pub const MOST_EVENTS: u32 = 20;

/// An event as the account's owner is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// What happened.
    pub event: SecurityEvent,
    /// When; of several alike, when the last of them did.
    pub at: OffsetDateTime,
    /// From which address.
    pub address: String,
    /// With which browser and system, in words, if that is known.
    pub device: Option<String>,
    /// How often in a row.
    pub count: u32,
}

/// The last events of each account; kept beside the accounts, and gone with them.
#[async_trait]
pub trait AccountHistory: fmt::Debug + Send + Sync + 'static {
    /// Notes an event. One that repeats the account's latest, save its moment, is counted with it, so that whoever
    /// guesses cannot push the others out. Only the latest [`MOST_EVENTS`] are kept.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn note(&self, account: AccountKey, event: &AccountEvent) -> Result<(), AccountsError>;

    /// The events of an account, the latest first.
    ///
    /// # Errors
    /// [`AccountsError`].
    async fn latest(&self, account: AccountKey) -> Result<Vec<AccountEvent>, AccountsError>;
}
