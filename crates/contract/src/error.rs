//! Every way a request ends badly, as both sides know it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

use crate::FieldError;

/// A failure with a stable code, an HTTP status and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ApiError {
    /// 400: the body is not what its content type says.
    MalformedBody,
    /// 400: the request's head can be understood in two ways.
    MalformedRequest,
    /// 401: no account has that name and password.
    InvalidCredentials,
    /// 401: a guest asked for something that needs an account.
    SignInRequired,
    /// 401: the request carried a session that has ended.
    SessionEnded {
        /// Why it ended.
        reason: EndReason,
    },
    /// 403: what was asked for needs a sign-in of the last minutes.
    RecentSignInRequired,
    /// 403: it is not the password of the account that is signed in.
    WrongPassword,
    /// 403: the request came from another site.
    OriginRefused,
    /// 404: nothing is there.
    NotFound,
    /// 405: the path is there, the method is not.
    MethodNotAllowed,
    /// 408: the request took longer than 30 seconds.
    Timeout,
    /// 409: an account has that name already.
    UsernameTaken,
    /// 413: the body is too large.
    BodyTooLarge,
    /// 414: the address is longer than 8 KiB.
    UriTooLong,
    /// 415: the content type is not the one asked for.
    UnsupportedMediaType,
    /// 422: fields were refused.
    Invalid {
        /// Which, and why.
        fields: Vec<FieldError>,
    },
    /// 429: too many attempts.
    Throttled {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// 500: a fault of the server.
    Internal,
    /// 503: more passwords are waiting to be hashed than the server accepts.
    Busy {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// 503: the store or the database does not answer.
    Unavailable {
        /// Seconds to wait.
        retry_after: u32,
    },
    /// No answer came at all; only the browser sees this one.
    Unreachable,
}

impl ApiError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MalformedBody => "malformed_body",
            Self::MalformedRequest => "malformed_request",
            Self::InvalidCredentials => "invalid_credentials",
            Self::SignInRequired => "sign_in_required",
            Self::SessionEnded { .. } => "session_ended",
            Self::RecentSignInRequired => "recent_sign_in_required",
            Self::WrongPassword => "wrong_password",
            Self::OriginRefused => "origin_refused",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Timeout => "timeout",
            Self::UsernameTaken => "username_taken",
            Self::BodyTooLarge => "body_too_large",
            Self::UriTooLong => "uri_too_long",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Invalid { .. } => "invalid",
            Self::Throttled { .. } => "throttled",
            Self::Internal => "internal",
            Self::Busy { .. } => "busy",
            Self::Unavailable { .. } => "unavailable",
            Self::Unreachable => "unreachable",
        }
    }

    /// The HTTP status (RFC 9110, section 15; 429 from RFC 6585).
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::MalformedBody | Self::MalformedRequest => 400,
            Self::InvalidCredentials | Self::SignInRequired | Self::SessionEnded { .. } => 401,
            Self::RecentSignInRequired | Self::WrongPassword | Self::OriginRefused => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Timeout => 408,
            Self::UsernameTaken => 409,
            Self::BodyTooLarge => 413,
            Self::UriTooLong => 414,
            Self::UnsupportedMediaType => 415,
            Self::Invalid { .. } => 422,
            Self::Throttled { .. } => 429,
            Self::Internal => 500,
            Self::Busy { .. } | Self::Unavailable { .. } | Self::Unreachable => 503,
        }
    }

    /// Seconds after which to try again: the value of `Retry-After`.
    #[must_use]
    pub const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Throttled { retry_after }
            | Self::Busy { retry_after }
            | Self::Unavailable { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// What is wrong with which field; empty if the failure is not about fields.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid { fields } => fields,
            _ => &[],
        }
    }

    /// The sentence for people, in English; pages have their own, by code.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::MalformedBody | Self::MalformedRequest => "The request could not be read.",
            Self::InvalidCredentials => "That name and password do not match.",
            Self::SignInRequired => "Please sign in first.",
            Self::SessionEnded { reason } => reason.sentence(),
            Self::RecentSignInRequired => "Please enter your password once more to go on.",
            Self::WrongPassword => "That is not your current password.",
            Self::OriginRefused => {
                "This request came from another site, or does not say from where, and was refused."
            }
            Self::NotFound => "There is nothing at this address.",
            Self::MethodNotAllowed => "This address does not answer to that method.",
            Self::Timeout => "The request took too long.",
            Self::UsernameTaken => "That username is taken.",
            Self::BodyTooLarge => "The request is too large.",
            Self::UriTooLong => "The address is too long.",
            Self::UnsupportedMediaType => "Send this as application/json.",
            Self::Invalid { .. } => "Some fields need another look.",
            Self::Throttled { .. } => "Too many attempts. Please wait a moment and try again.",
            Self::Internal => "Something went wrong on our side.",
            Self::Busy { .. } => "Many people are signing in right now. Please try again in a moment.",
            Self::Unavailable { .. } => "Signing in does not work at the moment. Please try again shortly.",
            Self::Unreachable => "The server could not be reached. Please check your connection.",
        }
    }
}

impl fmt::Display for ApiError {
    /// The compact form that a redirect carries in its query: closed, and free of user input.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())?;
        if let Self::SessionEnded { reason } = self {
            write!(f, ".{}", reason.as_str())?;
        }
        if let Some(seconds) = self.retry_after() {
            write!(f, ".{seconds}")?;
        }
        self.fields().iter().try_for_each(|field| write!(f, ".{field}"))
    }
}

impl FromStr for ApiError {
    type Err = ();

    /// Reads the compact form, of those failures that a form can meet.
    fn from_str(raw: &str) -> Result<Self, ()> {
        let mut parts = raw.split('.');
        let code = parts.next().ok_or(())?;
        let mut seconds = || parts.next().and_then(|part| part.parse().ok()).ok_or(());
        Ok(match code {
            "invalid_credentials" => Self::InvalidCredentials,
            "sign_in_required" => Self::SignInRequired,
            "recent_sign_in_required" => Self::RecentSignInRequired,
            "wrong_password" => Self::WrongPassword,
            "not_found" => Self::NotFound,
            "username_taken" => Self::UsernameTaken,
            "throttled" => Self::Throttled { retry_after: seconds()? },
            "busy" => Self::Busy { retry_after: seconds()? },
            "unavailable" => Self::Unavailable { retry_after: seconds()? },
            "session_ended" => Self::SessionEnded { reason: parts.next().ok_or(())?.parse()? },
            "invalid" => Self::Invalid { fields: parts.take(8).map(str::parse).collect::<Result<_, _>>()? },
            "malformed_body" => Self::MalformedBody,
            "internal" => Self::Internal,
            _ => return Err(()),
        })
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    /// A failure of the transport, not of a use case. The library's own text is dropped: it may
    /// hold parts of the request.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unreachable,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Self::MalformedBody,
            _ => Self::Internal,
        }
    }
}

/// Why a session ended, as its owner is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Signed out here, or in another tab.
    SignedOut,
    /// Not used for longer than the idle limit.
    Idle,
    /// Older than the absolute limit.
    Absolute,
    /// Ended by its owner from another device.
    Revoked,
    /// The account's password was changed.
    PasswordChanged,
    /// The account was removed.
    AccountRemoved,
    /// The oldest one, when its account had more than 20.
    Displaced,
    /// The key that sealed it is no longer in use.
    KeyRetired,
    /// Not known here.
    Unknown,
}

impl EndReason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SignedOut,
        Self::Idle,
        Self::Absolute,
        Self::Revoked,
        Self::PasswordChanged,
        Self::AccountRemoved,
        Self::Displaced,
        Self::KeyRetired,
        Self::Unknown,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Idle => "idle",
            Self::Absolute => "absolute",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::AccountRemoved => "account_removed",
            Self::Displaced => "displaced",
            Self::KeyRetired => "key_retired",
            Self::Unknown => "unknown",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::SignedOut => "You have signed out. Please sign in again.",
            Self::Idle => "You were away for a while. Please sign in again.",
            Self::Absolute => "You have been signed in for a long time. Please sign in again.",
            Self::Revoked => "This device was signed out. Please sign in again.",
            Self::PasswordChanged => "The password was changed. Please sign in again.",
            Self::AccountRemoved => "This account was removed.",
            Self::Displaced => {
                "You are signed in on 20 other devices, so this one was signed out. Please sign in again."
            }
            Self::KeyRetired => "This site has renewed its keys. Please sign in again.",
            Self::Unknown => "Your session has ended. Please sign in again.",
        }
    }
}

impl FromStr for EndReason {
    type Err = ();

    fn from_str(raw: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == raw).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Field};

    #[test]
    fn the_compact_form_is_read_back() {
        for error in [
            ApiError::InvalidCredentials,
            ApiError::Throttled { retry_after: 30 },
            ApiError::RecentSignInRequired,
            ApiError::WrongPassword,
            ApiError::SessionEnded { reason: EndReason::AccountRemoved },
            ApiError::SessionEnded { reason: EndReason::Idle },
            ApiError::Invalid {
                fields: vec![
                    FieldError::new(Field::Username, Fault::UsernameLength),
                    FieldError::new(Field::Password, Fault::PasswordTooShort { missing: 3 }),
                ],
            },
        ] {
            assert_eq!(error.to_string().parse(), Ok(error));
        }
    }

    #[test]
    fn foreign_text_is_no_error() {
        for raw in ["", "Your account was hacked", "throttled.x", "invalid.password-owned", "invalid.x"] {
            assert_eq!(raw.parse::<ApiError>(), Err(()), "{raw}");
        }
    }

    #[test]
    fn the_wire_form_is_stable() {
        let error = ApiError::Throttled { retry_after: 7 };
        let wire = serde_json::to_string(&error).expect("serialises");
        assert_eq!(wire, r#"{"code":"throttled","retry_after":7}"#);
        assert_eq!(ApiError::de(wire.into()), error);
    }
}
