//! The inside of a session, as the inspector shows it.

use contract::{CookieContents, EventKind, Timestamp};

/// What `contract::InspectionView` says, with each JSON value as its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Whether the cookie holds the record.
    pub is_client_side: bool,
    /// The store's name in the settings.
    pub store: String,
    /// The cookie's name.
    pub cookie: String,
    /// The cookie's attributes.
    pub attributes: Vec<String>,
    /// Bytes of the cookie; `None` if there is none.
    pub size: Option<u32>,
    /// What the cookie holds.
    pub holds: CookieContents,
    /// What anybody can read in the cookie.
    pub payload: Option<String>,
    /// The living record.
    pub record: Option<InspectedRecord>,
    /// What happened of late, the oldest first.
    pub events: Vec<InspectedEvent>,
}

/// The record of a living session.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedRecord {
    /// Keys and JSON values.
    pub values: Vec<(String, String)>,
    /// Whether it outlives the browser.
    pub permanent: bool,
    /// How many changes have been applied.
    pub version: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// The limit without use.
    pub idle: Limit,
    /// The limit whatever happens.
    pub absolute: Limit,
}

impl InspectedRecord {
    /// The name of whoever is signed in.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        let value = self.values.iter().find(|(key, _)| key == "username").map(|(_, value)| value);
        value.map(|json| json.trim_matches('"'))
    }
}

/// A time limit in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    /// Its whole length.
    pub seconds: u32,
    /// What was left when the server said so.
    pub left: u32,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: EventKind,
    /// The reason of an end, or the keys that changed.
    pub detail: String,
}
