//! The contract that every store keeps, and the stores.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::{AccountKey, Change, Key, Pauses, Reason, Record, TooDeep, TooLarge};
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub use migrations::Migrations;

pub mod cached;
pub(crate) mod encoding;
#[cfg(feature = "filesystem")]
pub mod filesystem;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod migrations;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "filesystem", feature = "sqlite"))]
mod private_file;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod row;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "postgres", feature = "redis"))]
mod together;

/// How long the reason of an ended session is kept.
pub const REASON_KEPT_FOR: time::Duration = time::Duration::hours(24);

/// Where session records live.
///
/// Each method is atomic, and safe to call from many requests, threads and processes at once. A call
/// that is cancelled leaves all or nothing done. The rules are in `conformance`, one function each.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Inserts a record; never overwrites. `false`: the key is taken, by a living or an ended one. Of a record that is
    /// there already, the very same under this key, a store may say that it has inserted it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError>;

    /// The record, or why there is none. A record past a deadline has ended. Never writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], or [`StoreError::Corrupt`] for a record that cannot be read.
    async fn load(&self, key: &Key) -> Result<Loaded, StoreError>;

    /// The living record, if it is at hand: in memory, and known to be what [`load`](Self::load) would find. `None`
    /// says nothing. Requests ask for it first: most need nothing else of a store that has it.
    fn at_hand(&self, _: &Key) -> Option<Arc<Record>> {
        None
    }

    /// Applies a change to the living record and returns the result. `None`: it is gone, and stays so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] or [`StoreError::Corrupt`].
    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError>;

    /// Notes a use of the living record, which moves its idle deadline. `false`: it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError>;

    /// Ends a session: its data is gone, its reason stays for [`REASON_KEPT_FOR`]. The first reason
    /// stands; an unknown key is no error. Returns what the session held when it ended, each acknowledged change
    /// included, if it lived until now; of several who end it at once only one is given it, and of a record that cannot
    /// be read nobody.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError>;

    /// The living sessions of an account, newest first. One that cannot be read is left out: its visitor will
    /// hear of it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError>;

    /// Ends the living sessions of an account, save one. Returns how many. One that goes on under another id
    /// meanwhile may be missed; asked again until there is none, it is not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError>;

    /// Takes at most `limit` expired records down to their reason, and removes at most `limit`
    /// reasons that have been kept long enough. Returns how many of both. Goes in small steps, and makes `pauses`
    /// between them: [`Pauses::in_steps`] does both.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError>;

    /// What this store can do.
    fn capabilities(&self) -> Capabilities;
}

/// What a store found under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// A record within its limits; shared with whoever keeps it in memory.
    Living(Arc<Record>),
    /// A session that has ended.
    Ended {
        /// Why.
        reason: Reason,
        /// When; for a limit, the deadline.
        at: OffsetDateTime,
    },
    /// Nothing is known.
    Absent,
}

impl Loaded {
    /// A stored record as it counts at `now`.
    #[must_use]
    pub fn at(record: impl Into<Arc<Record>>, now: OffsetDateTime) -> Self {
        let record = record.into();
        match record.expired(now) {
            Some(reason) => Self::Ended { reason, at: record.idle_deadline() },
            None => Self::Living(record),
        }
    }
}

/// One session of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Its key: what its owner names it by, when they end it.
    pub key: Key,
    /// Its record.
    pub record: Record,
}

/// What a store can do, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Capabilities {
    /// The store's name in the settings.
    pub name: &'static str,
    /// Whether the cookie holds the record itself: then of parallel changes the last one stands.
    pub is_client_side: bool,
    /// Whether sessions outlive the process.
    pub survives_restart: bool,
    /// Whether several servers may use it at once.
    pub shared: bool,
    /// Whether an account's sessions can be listed.
    pub listable: bool,
    /// Whether what has expired goes by itself, and a sweep has nothing to do.
    pub expires_by_itself: bool,
}

/// What can go wrong in a store, by meaning.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or not in time. Says nothing about the session.
    #[error("the session store does not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The record is there and cannot be read.
    #[error("a session record cannot be read")]
    Corrupt(#[source] Box<dyn Error + Send + Sync>),
    /// The record does not fit into its cookie. Nothing was changed.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// A value is nested too deeply to be read back. Nothing was changed.
    #[error(transparent)]
    TooDeep(#[from] TooDeep),
}

impl StoreError {
    /// Wraps the driver's own error.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// Wraps the codec's own error.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(source.into())
    }
}
