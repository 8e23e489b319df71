//! A password on its way from a form to the hasher.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::Fault;

/// Fewest Unicode code points of a new password, unless configured otherwise
/// (NIST SP 800-63B-4, section 3.1.1.2: 15 where it is the only factor).
pub const PASSWORD_MINIMUM: usize = 15;
/// Most Unicode code points of a password.
pub const PASSWORD_MAXIMUM: usize = 256;
/// Most bytes of a password: four for each code point.
pub const PASSWORD_MAXIMUM_BYTES: usize = 1024;

/// A password exactly as typed: not trimmed, not normalised, never printed, wiped when dropped.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Takes what somebody typed.
    #[must_use]
    pub fn new(typed: String) -> Self {
        Self(typed)
    }

    /// The bytes to hash; for the hasher alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Checks the upper bounds, which hold at sign-in too: nothing longer is ever hashed.
    ///
    /// # Errors
    /// [`Fault::PasswordTooLong`].
    pub fn check_maximum(&self) -> Result<(), Fault> {
        if self.0.len() > PASSWORD_MAXIMUM_BYTES || self.0.chars().count() > PASSWORD_MAXIMUM {
            return Err(Fault::PasswordTooLong);
        }
        Ok(())
    }

    /// Checks the length of a new password, in Unicode code points.
    ///
    /// # Errors
    /// [`Fault::PasswordTooLong`], or [`Fault::PasswordTooShort`] with how many are missing.
    pub fn check_length(&self, minimum: usize) -> Result<(), Fault> {
        self.check_maximum()?;
        let length = self.0.chars().count();
        if length < minimum {
            let missing = u16::try_from(minimum - length).unwrap_or(u16::MAX);
            return Err(Fault::PasswordTooShort { missing });
        }
        Ok(())
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
    use utoipa::openapi::{RefOr, schema};

    impl utoipa::PartialSchema for super::Password {
        fn schema() -> RefOr<schema::Schema> {
            RefOr::T(Schema::Object(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
                    .max_length(Some(super::PASSWORD_MAXIMUM))
                    .build(),
            ))
        }
    }

    impl utoipa::ToSchema for super::Password {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS V11.7.2.
    #[test]
    fn a_password_is_never_printed() {
        let password = Password::new("correct horse battery".into());
        assert_eq!(format!("{password:?}"), "Password(redacted)");
    }

    #[test]
    fn length_is_counted_in_code_points() {
        let fifteen_in_sixty_bytes = Password::new("🐎".repeat(15));
        assert_eq!(fifteen_in_sixty_bytes.check_length(15), Ok(()));
        assert_eq!(
            Password::new("🐎".repeat(12)).check_length(15),
            Err(Fault::PasswordTooShort { missing: 3 })
        );
    }

    #[test]
    fn both_upper_bounds_hold() {
        assert_eq!(Password::new("a".repeat(256)).check_maximum(), Ok(()));
        assert_eq!(Password::new("a".repeat(257)).check_maximum(), Err(Fault::PasswordTooLong));
        assert_eq!(Password::new("a".repeat(1 << 20)).check_maximum(), Err(Fault::PasswordTooLong));
    }
}
