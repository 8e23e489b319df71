//! What one request did to a session's values.

use std::collections::BTreeSet;

use serde_json::Value;
use time::OffsetDateTime;

use crate::Values;

/// Keys set and keys removed, against what the request had read. Two requests that change different
/// keys never disturb each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Keys with their new values.
    pub set: Values,
    /// Keys that are gone.
    pub removed: BTreeSet<String>,
    /// When; counts as a use of the session.
    pub at: OffsetDateTime,
}

impl Change {
    /// The change that sets one key.
    #[must_use]
    pub fn set(key: &str, value: Value, at: OffsetDateTime) -> Self {
        Self { set: Values::from([(key, value)]), removed: BTreeSet::new(), at }
    }

    /// The change that removes one key.
    #[must_use]
    pub fn remove(key: &str, at: OffsetDateTime) -> Self {
        Self { set: Values::new(), removed: BTreeSet::from([key.to_owned()]), at }
    }

    /// What leads from `before` to `after`.
    #[must_use]
    pub fn between(before: &Values, after: &Values, at: OffsetDateTime) -> Self {
        let set = after.iter().filter(|(key, value)| before.get(key) != Some(value));
        let removed = before.names().filter(|key| !after.contains(key));
        Self {
            set: set.map(|(key, value)| (key, value.clone())).collect(),
            removed: removed.map(str::to_owned).collect(),
            at,
        }
    }

    /// Whether these values are already what it makes of them.
    #[must_use]
    pub fn is_done_in(&self, values: &Values) -> bool {
        self.set.iter().all(|(key, value)| values.get(key) == Some(value))
            && !self.removed.iter().any(|key| values.contains(key))
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}
