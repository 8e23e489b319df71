//! Each way a use case ends badly.

use contract::{ApiError, EndReason, FieldError};
use sessions::{Reason, StoreError};
use time::Duration;

use crate::{AccountsError, ThrottleError};

/// Seconds that a client waits before it asks a store again.
const RETRY_SOON: u32 = 1;

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No account has that name and password; which of the two is wrong is nobody's business.
    #[error("no account has that name and password")]
    InvalidCredentials,
    /// The name is taken.
    #[error("the username is taken")]
    UsernameTaken,
    /// Fields were refused.
    #[error("fields were refused")]
    Invalid(Vec<FieldError>),
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled(Duration),
    /// More passwords wait to be hashed than the queue holds.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// A guest asked for what needs an account.
    #[error("a guest asked for what needs an account")]
    SignInRequired,
    /// The request carried a session that has ended; `None` if its id is not known.
    #[error("the session has ended")]
    SessionEnded(Option<Reason>),
    /// What was asked for needs a sign-in of the last minutes.
    #[error("the sign-in is not recent enough")]
    RecentSignInRequired,
    /// It is not the password of the account that is signed in.
    #[error("that is not the account's password")]
    WrongPassword,
    /// The account has no session with this handle.
    #[error("the account has no session with this handle")]
    NoSuchSession,
    /// The session store does not answer.
    #[error(transparent)]
    Sessions(#[from] StoreError),
    /// The accounts' database does not answer.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// What counts attempts does not answer.
    #[error(transparent)]
    Throttle(#[from] ThrottleError),
    /// The hasher failed, which only a fault of ours can cause.
    #[error("a password could not be hashed")]
    Hashing(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<AuthError> for ApiError {
    /// The one place where failures get their wire form. That a store is away is logged once, where it is asked;
    /// here only for whoever looks for the requests that met with it.
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::InvalidCredentials => Self::InvalidCredentials,
            AuthError::UsernameTaken => Self::UsernameTaken,
            AuthError::Invalid(fields) => Self::Invalid { fields },
            AuthError::Throttled(wait) => Self::Throttled { retry_after: whole_seconds(wait) },
            AuthError::Busy => Self::Busy { retry_after: RETRY_SOON },
            AuthError::SignInRequired => Self::SignInRequired,
            AuthError::RecentSignInRequired => Self::RecentSignInRequired,
            AuthError::WrongPassword => Self::WrongPassword,
            AuthError::NoSuchSession => Self::NotFound,
            AuthError::SessionEnded(reason) => Self::SessionEnded { reason: told(reason) },
            AuthError::Sessions(error @ (StoreError::TooLarge(_) | StoreError::TooDeep(_))) => {
                tracing::error!(%error, "a session cannot hold this");
                Self::Internal
            }
            AuthError::Sessions(ref source) => {
                tracing::debug!(error = %error, source = ?std::error::Error::source(source), "session store failed");
                Self::Unavailable { retry_after: RETRY_SOON }
            }
            AuthError::Accounts(ref source) => {
                tracing::debug!(error = %error, source = ?std::error::Error::source(source), "accounts failed");
                Self::Unavailable { retry_after: RETRY_SOON }
            }
            AuthError::Throttle(ref source) => {
                tracing::debug!(error = %error, source = ?std::error::Error::source(source), "throttle failed");
                Self::Unavailable { retry_after: RETRY_SOON }
            }
            AuthError::Hashing(source) => {
                tracing::error!(%source, "password hashing failed");
                Self::Internal
            }
        }
    }
}

/// Rounded up, since a client that comes back a moment too early is refused again.
fn whole_seconds(wait: Duration) -> u32 {
    let seconds = wait.whole_seconds() + i64::from(wait.subsec_nanoseconds() > 0);
    u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
}

/// What a session's owner is told of its end.
fn told(reason: Option<Reason>) -> EndReason {
    match reason {
        Some(Reason::SignedOut) => EndReason::SignedOut,
        Some(Reason::Idle) => EndReason::Idle,
        Some(Reason::Absolute) => EndReason::Absolute,
        Some(Reason::Revoked) => EndReason::Revoked,
        Some(Reason::Displaced) => EndReason::Displaced,
        Some(Reason::PasswordChanged) => EndReason::PasswordChanged,
        Some(Reason::AccountRemoved) => EndReason::AccountRemoved,
        Some(Reason::KeyRetired) => EndReason::KeyRetired,
        Some(Reason::Cycled | Reason::Corrupt) | None => EndReason::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_rounded_up() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::milliseconds(millis)), seconds);
        }
    }
}
