//! What is wrong with one field of a request.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{PASSWORD_MAXIMUM, USERNAME_MAXIMUM, USERNAME_MINIMUM};

/// A field of a request, by its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `username`
    Username,
    /// `password`
    Password,
    /// `current_password`
    CurrentPassword,
    /// `new_password`
    NewPassword,
    /// `keep_signed_in`
    KeepSignedIn,
    /// `next`
    Next,
    /// `language`
    Language,
    /// `theme`
    Theme,
    /// The request as a whole, or a field that it should not have.
    Body,
}

impl Field {
    const ALL: [Self; 9] = [
        Self::Username,
        Self::Password,
        Self::CurrentPassword,
        Self::NewPassword,
        Self::KeepSignedIn,
        Self::Next,
        Self::Language,
        Self::Theme,
        Self::Body,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Password => "password",
            Self::CurrentPassword => "current_password",
            Self::NewPassword => "new_password",
            Self::KeepSignedIn => "keep_signed_in",
            Self::Next => "next",
            Self::Language => "language",
            Self::Theme => "theme",
            Self::Body => "body",
        }
    }
}

impl FromStr for Field {
    type Err = ();

    fn from_str(raw: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|field| field.as_str() == raw).ok_or(())
    }
}

/// Why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// A username has 3 to 32 characters.
    UsernameLength,
    /// A username has ASCII letters, digits, `_`, `.` and `-` only.
    UsernameCharacters,
    /// A new password lacks this many code points.
    PasswordTooShort {
        /// How many code points are missing.
        missing: u16,
    },
    /// A password has at most 256 code points and 1,024 bytes.
    PasswordTooLong,
    /// The password is among the first that an attacker tries.
    PasswordCommon,
    /// The password was found in a data breach.
    PasswordBreached,
    /// The password contains the username.
    PasswordContainsUsername,
    /// The password contains the site's name.
    PasswordContainsSite,
    /// The new password is the current one.
    PasswordUnchanged,
    /// The field must be there.
    Missing,
    /// The value has the wrong type.
    WrongType,
    /// The value is none of those that the field knows.
    UnknownValue,
    /// The request has a field that it must not have.
    UnknownField,
}

impl Fault {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UsernameLength => "username_length",
            Self::UsernameCharacters => "username_characters",
            Self::PasswordTooShort { .. } => "password_too_short",
            Self::PasswordTooLong => "password_too_long",
            Self::PasswordCommon => "password_common",
            Self::PasswordBreached => "password_breached",
            Self::PasswordContainsUsername => "password_contains_username",
            Self::PasswordContainsSite => "password_contains_site",
            Self::PasswordUnchanged => "password_unchanged",
            Self::Missing => "missing",
            Self::WrongType => "wrong_type",
            Self::UnknownValue => "unknown_value",
            Self::UnknownField => "unknown_field",
        }
    }

    fn from_code(code: &str, missing: Option<u16>) -> Option<Self> {
        if code == "password_too_short" {
            return missing.map(|missing| Self::PasswordTooShort { missing });
        }
        [
            Self::UsernameLength,
            Self::UsernameCharacters,
            Self::PasswordTooLong,
            Self::PasswordCommon,
            Self::PasswordBreached,
            Self::PasswordContainsUsername,
            Self::PasswordContainsSite,
            Self::PasswordUnchanged,
            Self::Missing,
            Self::WrongType,
            Self::UnknownValue,
            Self::UnknownField,
        ]
        .into_iter()
        .find(|fault| fault.code() == code)
    }
}

impl fmt::Display for Fault {
    /// A sentence in English, for API clients; pages have their own, by code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsernameLength => {
                write!(f, "A username has {USERNAME_MINIMUM} to {USERNAME_MAXIMUM} characters.")
            }
            Self::UsernameCharacters => {
                f.write_str("A username has only letters a to z, digits, and the signs _ . and -.")
            }
            Self::PasswordTooShort { missing: 1 } => f.write_str("This password is one character too short."),
            Self::PasswordTooShort { missing } => {
                write!(f, "This password is {missing} characters too short.")
            }
            Self::PasswordTooLong => write!(f, "A password has at most {PASSWORD_MAXIMUM} characters."),
            Self::PasswordCommon => f.write_str("This password is among the first that an attacker tries."),
            Self::PasswordBreached => f.write_str("This password was found in a data breach."),
            Self::PasswordContainsUsername => f.write_str("A password must not contain your username."),
            Self::PasswordContainsSite => f.write_str("A password must not contain the name of this site."),
            Self::PasswordUnchanged => f.write_str("The new password is the one you have."),
            Self::Missing => f.write_str("This field is required."),
            Self::WrongType => f.write_str("This value has the wrong type."),
            Self::UnknownValue => f.write_str("This value is not one of those allowed."),
            Self::UnknownField => f.write_str("This request has a field that is not known."),
        }
    }
}

/// A field and what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field.
    pub field: Field,
    /// What is wrong with it.
    pub fault: Fault,
}

impl FieldError {
    /// Says that `field` has `fault`.
    #[must_use]
    pub const fn new(field: Field, fault: Fault) -> Self {
        Self { field, fault }
    }
}

impl fmt::Display for FieldError {
    /// `field-code`, or `field-code-number`, as a query carries it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.field.as_str(), self.fault.code())?;
        if let Fault::PasswordTooShort { missing } = self.fault {
            write!(f, "-{missing}")?;
        }
        Ok(())
    }
}

impl FromStr for FieldError {
    type Err = ();

    fn from_str(raw: &str) -> Result<Self, ()> {
        let mut parts = raw.split('-');
        let field = parts.next().ok_or(())?.parse()?;
        let code = parts.next().ok_or(())?;
        let number = parts.next().and_then(|number| number.parse().ok());
        Fault::from_code(code, number).map(|fault| Self { field, fault }).ok_or(())
    }
}
