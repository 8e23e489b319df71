//! What the session inspector shows: the inside of the caller's own session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{SessionKind, Timestamp};

/// The inside of a session, for the one whose it is. It holds no id and nothing of anybody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InspectionView {
    /// Where sessions are kept: on the server, or in the cookie.
    pub kind: SessionKind,
    /// The store's name in the settings, such as `sqlite`.
    pub store: String,
    /// The cookie.
    pub cookie: CookieView,
    /// The record; null if there is no living session.
    pub record: Option<RecordView>,
    /// What happened to the session of late, the oldest first; as the server that answers saw it since it
    /// was started.
    pub events: Vec<EventView>,
}

/// The session cookie, but not its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CookieView {
    /// Its name.
    pub name: String,
    /// Its attributes as `Set-Cookie` has them, such as `HttpOnly`.
    pub attributes: Vec<String>,
    /// Bytes of name, `=` and value as this request brought them; null if it brought none, or several.
    pub size: Option<u32>,
    /// What its value holds.
    pub holds: CookieContents,
    /// What anybody can read in it with a base64 decoder, save the id; null unless it is `signed`.
    pub payload: Option<Value>,
}

/// What the value of a session cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CookieContents {
    /// A random id.
    Id,
    /// A random id and its signature.
    SignedId,
    /// The record, encrypted.
    Encrypted,
    /// The record, readable and signed.
    Signed,
    /// Nothing that this server has made, or with a key that it no longer has.
    Unknown,
    /// What one of several cookies with this name holds: nobody can tell which is ours.
    OneOfSeveral,
}

impl CookieContents {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Id, Self::SignedId, Self::Encrypted, Self::Signed, Self::Unknown, Self::OneOfSeveral];

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::SignedId => "signed_id",
            Self::Encrypted => "encrypted",
            Self::Signed => "signed",
            Self::Unknown => "unknown",
            Self::OneOfSeveral => "one_of_several",
        }
    }
}

/// The record of a living session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordView {
    /// The dictionary.
    pub values: BTreeMap<String, Value>,
    /// How many changes have been applied.
    pub version: u64,
    /// Whether it outlives the browser ("Keep me signed in").
    pub permanent: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
    /// It ends when it was not used for so long.
    pub idle: LimitView,
    /// It ends when it is so old, whatever happens.
    pub absolute: LimitView,
}

/// A time limit, counted by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LimitView {
    /// When it passes.
    pub ends_at: Timestamp,
    /// Its whole length in seconds.
    pub seconds: u32,
    /// Seconds that are left.
    pub left: u32,
}

/// One thing that happened to a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventView {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: EventKind,
    /// Why it ended, such as `idle`; null for all else.
    pub reason: Option<String>,
    /// The keys whose values changed; empty for all else.
    pub keys: Vec<String>,
}

/// What can happen to a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// It began.
    Began,
    /// It got a new id.
    IdChanged,
    /// An account was signed in to it.
    SignedIn,
    /// Values were set or removed.
    Changed,
    /// Its use was noted, which moved its idle limit.
    Used,
    /// It ended.
    Ended,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Began, Self::IdChanged, Self::SignedIn, Self::Changed, Self::Used, Self::Ended];

    /// Its name in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::IdChanged => "id_changed",
            Self::SignedIn => "signed_in",
            Self::Changed => "changed",
            Self::Used => "used",
            Self::Ended => "ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_json() {
        for event in EventKind::ALL {
            assert_eq!(serde_json::to_value(event).ok(), Some(event.as_str().into()));
        }
        for holds in CookieContents::ALL {
            assert_eq!(serde_json::to_value(holds).ok(), Some(holds.as_str().into()));
        }
    }
}
