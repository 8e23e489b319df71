//! What one request did to a session's values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use time::OffsetDateTime;

/// Keys set and keys removed, against what the request had read. Two requests that change different
/// keys never disturb each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Keys with their new values.
    pub set: BTreeMap<String, Value>,
    /// Keys that are gone.
    pub removed: BTreeSet<String>,
    /// When; counts as a use of the session.
    pub at: OffsetDateTime,
}

impl Change {
    /// The change that sets one key.
    #[must_use]
    pub fn set(key: &str, value: Value, at: OffsetDateTime) -> Self {
        Self { set: BTreeMap::from([(key.to_owned(), value)]), removed: BTreeSet::new(), at }
    }

    /// The change that removes one key.
    #[must_use]
    pub fn remove(key: &str, at: OffsetDateTime) -> Self {
        Self { set: BTreeMap::new(), removed: BTreeSet::from([key.to_owned()]), at }
    }

    /// What leads from `before` to `after`.
    #[must_use]
    pub fn between(
        before: &BTreeMap<String, Value>,
        after: &BTreeMap<String, Value>,
        at: OffsetDateTime,
    ) -> Self {
        let set = after.iter().filter(|(key, value)| before.get(*key) != Some(value));
        let removed = before.keys().filter(|key| !after.contains_key(*key));
        Self {
            set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
            removed: removed.cloned().collect(),
            at,
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }
}
