//! Which client-side sessions have ended before their time.
//!
//! A cookie that holds its record cannot be taken back. So the server remembers two small things: the
//! keys of sessions that have ended, until a day after they would have ended anyway, and an epoch for each account,
//! which rises when all sessions that it has are to end at once.

use std::fmt;

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::store::encoding::millis;
use crate::{AccountKey, Key, Reason, StoreError};

#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
mod remembered;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub(crate) use remembered::Remembered;

/// Most ended sessions of one account that are remembered one by one; one more raises its epoch, which
/// ends all sessions that the account has.
pub const MOST_ENDED: usize = 1000;

/// How long a session must have been found over, by its own limit, until its early end is forgotten. A clock that jumps
/// ahead once, by however much, and is put back within a day lets no copy of a cookie live again.
pub const OVER_FOR: Duration = Duration::hours(24);

/// Where it is remembered which client-side sessions have ended.
#[async_trait]
pub trait Revocations: fmt::Debug + Send + Sync + 'static {
    /// How a session stands, whose it is given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError>;

    /// Remembers the end of one session. The first reason stands. Where an account has more than
    /// [`MOST_ENDED`] of them by that, they are forgotten and its epoch rises instead.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError>;

    /// Raises an account's epoch, as [`Raised::at`] says.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError>;

    /// Finds at most `limit` sessions that would have ended by `now` anyway, forgets at most `limit` that were found so
    /// [`OVER_FOR`] ago and by each sweep since, and takes back at most `limit` that a clock found too early which has
    /// been put back. Returns how many of all three.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError>;
}

/// A session that has ended before its time.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedEarly {
    /// The key of the record's own id.
    pub key: Key,
    /// Whose it was.
    pub account: Option<AccountKey>,
    /// Why it ended.
    pub reason: Reason,
    /// When it ended.
    pub at: OffsetDateTime,
    /// When it would have ended anyway: its absolute deadline.
    pub until: OffsetDateTime,
}

/// By what a session has ended that was to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// This call.
    This,
    /// This call, which was one too many: the account's epoch rose.
    Epoch(Raised),
    /// An earlier call.
    Another,
}

/// An account's epoch that rose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The epoch before it; 0 if it had never risen.
    pub from: u64,
    /// The epoch by now.
    pub to: u64,
}

impl Raised {
    /// An epoch that rises at the moment `at`: to the milliseconds since 1970, or by one if it is as high already.
    ///
    /// So a database that was restored from a backup raises it above all epochs that it has forgotten, and what was
    /// sealed in one of those ends like everything else.
    #[must_use]
    pub fn at(from: u64, at: OffsetDateTime) -> Self {
        Self { from, to: (from + 1).max(millis(at).try_into().unwrap_or(0)) }
    }
}

/// How a session stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Why and when it ended by itself, if it has.
    pub ended: Option<(Reason, OffsetDateTime)>,
    /// The account's epoch: what was sealed in an earlier one has ended.
    pub epoch: u64,
    /// Why and when the epoch rose last, if it has.
    pub raised: Option<(Reason, OffsetDateTime)>,
}

impl Standing {
    /// Why and when a session that was sealed in `epoch` has ended, if it has.
    #[must_use]
    pub fn end_of(&self, epoch: u64) -> Option<(Reason, OffsetDateTime)> {
        let raised = if epoch < self.epoch { self.raised } else { None };
        self.ended.or(raised)
    }
}
