//! What a store keeps of one session.

use time::OffsetDateTime;

use crate::{AccountKey, Change, Policy, Reason, Values};

/// One session's record.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The dictionary that the application sees; JSON values.
    pub values: Values,
    /// The account that is signed in; `None` for a guest.
    pub account: Option<AccountKey>,
    /// How long it lasts.
    pub policy: Policy,
    /// When it began; the absolute limit counts from here.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute or so; the idle limit counts from here.
    pub last_seen: OffsetDateTime,
    /// How many changes have been applied.
    pub version: u64,
}

impl Record {
    /// A record that begins now.
    #[must_use]
    pub fn new(policy: Policy, now: OffsetDateTime) -> Self {
        Self { values: Values::new(), account: None, policy, created_at: now, last_seen: now, version: 0 }
    }

    /// When it ends, whatever happens.
    #[must_use]
    pub fn absolute_deadline(&self) -> OffsetDateTime {
        self.created_at.saturating_add(self.policy.absolute)
    }

    /// When it ends unless it is used before; never later than the absolute deadline.
    #[must_use]
    pub fn idle_deadline(&self) -> OffsetDateTime {
        self.last_seen.saturating_add(self.policy.idle).min(self.absolute_deadline())
    }

    /// Which limit has passed at `now`, if one has.
    #[must_use]
    pub fn expired(&self, now: OffsetDateTime) -> Option<Reason> {
        if now >= self.absolute_deadline() {
            Some(Reason::Absolute)
        } else if now >= self.last_seen.saturating_add(self.policy.idle) {
            Some(Reason::Idle)
        } else {
            None
        }
    }

    /// Moves the idle deadline; a clock that went back moves nothing.
    pub fn touch(&mut self, seen: OffsetDateTime) {
        self.last_seen = self.last_seen.max(seen);
    }

    /// Applies a change to the values.
    pub fn apply(&mut self, change: &Change) {
        self.values.retain(|name, _| !change.removed.contains(name));
        self.values.extend(change.set.iter().map(|(name, value)| (name, value.clone())));
        self.touch(change.at);
        self.version = self.version.saturating_add(1);
    }
}
