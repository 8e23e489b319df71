//! What the browser asks for.

use serde::{Deserialize, Serialize};

use crate::{Language, Password, Theme};

/// Asks for a new account, signed in at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// 3 to 32 ASCII letters, digits, `_`, `.` or `-`.
    #[cfg_attr(feature = "openapi", schema(min_length = 3, max_length = 32, pattern = "^[A-Za-z0-9_.-]+$"))]
    pub username: String,
    /// 15 to 256 Unicode code points, unless configured otherwise.
    pub password: Password,
}

/// Asks for an authenticated session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The account's name, in any case.
    pub username: String,
    /// The account's password, exactly as it was chosen.
    pub password: Password,
    /// Whether the session outlives the browser ("Keep me signed in"): 14 days idle, 30 in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_signed_in: Option<bool>,
    /// Where to go afterwards: a path of this site. Anything else means Home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Asks for another password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePasswordRequest {
    /// The account's password.
    pub current_password: Password,
    /// The one to take its place: 15 to 256 Unicode code points, unless configured otherwise.
    pub new_password: Password,
}

/// Says the account's password once more.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// The account's password, exactly as it was chosen.
    pub password: Password,
}

/// Chooses a language, a theme, or both; what is absent stays as it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreferencesRequest {
    /// The language of the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The colours of the pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}
