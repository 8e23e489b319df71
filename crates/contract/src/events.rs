//! Security events: what an account's owner is told of sign-ins and their like.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What happened. The names never change, since operators' alerts depend on them too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecurityEvent {
    /// An account was created.
    Registered,
    /// Somebody signed in.
    SignedIn,
    /// Somebody who is signed in gave the password again.
    SignInConfirmed,
    /// A name and a password did not belong together.
    SignInFailed,
    /// A password was not even tried, after too many failures.
    AccountThrottled,
    /// An address did something too often.
    Throttled,
    /// After a sign-in somebody wanted to go where this site does not send anybody.
    NextRefused,
    /// Somebody signed out.
    SignedOut,
    /// A session was ended from another of the same account.
    SessionRevoked,
    /// All other sessions of an account were ended from one of them.
    SessionsRevoked,
    /// The account's oldest sessions gave way to a new one.
    SessionsDisplaced,
    /// The password was changed.
    PasswordChanged,
    /// The account was removed.
    AccountRemoved,
}

impl SecurityEvent {
    /// Every event.
    pub const ALL: [Self; 13] = [
        Self::Registered,
        Self::SignedIn,
        Self::SignInConfirmed,
        Self::SignInFailed,
        Self::AccountThrottled,
        Self::Throttled,
        Self::NextRefused,
        Self::SignedOut,
        Self::SessionRevoked,
        Self::SessionsRevoked,
        Self::SessionsDisplaced,
        Self::PasswordChanged,
        Self::AccountRemoved,
    ];

    /// Its name on the wire and in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::SignedIn => "signed_in",
            Self::SignInConfirmed => "sign_in_confirmed",
            Self::SignInFailed => "sign_in_failed",
            Self::AccountThrottled => "account_throttled",
            Self::Throttled => "throttled",
            Self::NextRefused => "next_refused",
            Self::SignedOut => "signed_out",
            Self::SessionRevoked => "session_revoked",
            Self::SessionsRevoked => "sessions_revoked",
            Self::SessionsDisplaced => "sessions_displaced",
            Self::PasswordChanged => "password_changed",
            Self::AccountRemoved => "account_removed",
        }
    }

    /// The event of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.name() == name)
    }

    /// Whether somebody was refused what they asked for.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::SignInFailed | Self::AccountThrottled | Self::Throttled | Self::NextRefused)
    }
}

/// The last events of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsView {
    /// The latest first, at most 20.
    pub events: Vec<AccountEventView>,
}

/// Something that happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountEventView {
    /// What.
    pub event: SecurityEvent,
    /// When; of several alike in a row, when the last of them did.
    pub at: Timestamp,
    /// From which address, of IPv6 from which network.
    pub address: String,
    /// With which browser and system, such as `Firefox, Linux`; null if unknown.
    pub device: Option<String>,
    /// How often in a row.
    pub count: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_one_name_on_the_wire_and_in_the_log() {
        for event in SecurityEvent::ALL {
            assert_eq!(SecurityEvent::from_name(event.name()), Some(event));
            assert_eq!(serde_json::to_value(event).expect("JSON"), event.name());
        }
        assert_eq!(SecurityEvent::from_name("nothing"), None);
    }
}
