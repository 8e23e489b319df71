//! What the server shows of itself.

use serde::{Deserialize, Serialize};

use crate::{Language, Theme};

/// A moment in UTC as RFC 3339 writes it, to the second: `2026-11-21T07:35:14Z`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
#[serde(transparent)]
pub struct Timestamp(pub String);

/// Who is here, as the server sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Whoami {
    /// Whether somebody is signed in.
    pub authenticated: bool,
    /// The account's name as it was chosen; null for a guest.
    pub username: Option<String>,
    /// The language that holds: chosen, or `en`.
    pub language: Language,
    /// The theme that holds: chosen, or `system`.
    pub theme: Theme,
    /// The session, or null if there is none.
    pub session: Option<SessionView>,
}

/// A session as its owner may see it: never its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Where the record is: on the server, or in the cookie.
    pub kind: SessionKind,
    /// The store's name in the settings, such as `sqlite`.
    pub store: String,
    /// When it began.
    pub created_at: Timestamp,
    /// The absolute limit: it ends then, whatever happens.
    pub expires_at: Timestamp,
    /// The idle limit: it ends then, unless it is used before.
    pub idle_expires_at: Timestamp,
}

/// Which side holds a session's record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// The cookie holds a random id; the record is in a store.
    ServerSide,
    /// The cookie holds the record.
    ClientSide,
}

/// The sessions of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionsView {
    /// Whether these are all; client-side sessions cannot be listed, and only this one is there.
    pub complete: bool,
    /// The newest first.
    pub sessions: Vec<SessionSummary>,
}

/// One session of an account, as its owner knows it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionSummary {
    /// What to end it by. It opens no session.
    pub handle: String,
    /// The browser and system that signed in, such as `Firefox, Linux`; null if unknown.
    pub device: Option<String>,
    /// The address that signed in, of IPv6 the network; null if unknown.
    pub address: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The answer to a sign-in: who is here now, and where to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginView {
    /// Who is here now.
    #[serde(flatten)]
    pub whoami: Whoami,
    /// A path of this site, checked.
    pub next: String,
}

/// The example of a protected resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProtectedView {
    /// A greeting by name.
    pub message: String,
}
