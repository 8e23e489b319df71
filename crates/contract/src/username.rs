//! Who somebody says they are.

use std::fmt;

use crate::Fault;

/// Fewest characters of a username.
pub const USERNAME_MINIMUM: usize = 3;
/// Most characters of a username.
pub const USERNAME_MAXIMUM: usize = 32;

/// A well-formed username: 3 to 32 ASCII letters, digits, `_`, `.` or `-`, shown as it was chosen
/// and compared without case.
#[derive(Clone, Debug)]
pub struct Username(String);

impl Username {
    /// Reads a username as somebody typed it; surrounding white space is not forgiven.
    ///
    /// # Errors
    /// [`Fault::UsernameCharacters`] or [`Fault::UsernameLength`].
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        if !raw.bytes().all(is_allowed) {
            return Err(Fault::UsernameCharacters);
        }
        if !(USERNAME_MINIMUM..=USERNAME_MAXIMUM).contains(&raw.len()) {
            return Err(Fault::UsernameLength);
        }
        Ok(Self(raw.to_owned()))
    }

    /// The name as it was chosen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case: equal for names that count as the same.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Username {}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_shown_as_chosen() {
        let ada = Username::parse("Ada").expect("well-formed");
        assert_eq!(ada, Username::parse("aDA").expect("well-formed"));
        assert_eq!((ada.as_str(), ada.folded().as_str()), ("Ada", "ada"));
    }

    #[test]
    fn three_to_thirty_two_characters_are_a_name() {
        for (raw, fault) in [
            ("ad".to_owned(), Some(Fault::UsernameLength)),
            ("ada".to_owned(), None),
            ("a".repeat(32), None),
            ("a".repeat(33), Some(Fault::UsernameLength)),
        ] {
            assert_eq!(Username::parse(&raw).err(), fault, "{raw}");
        }
    }

    #[test]
    fn only_ascii_letters_digits_and_three_signs_are_allowed() {
        assert!(Username::parse("A.d-a_9").is_ok());
        for raw in ["ada lovelace", " ada", "ada\n", "adä", "ada/../x", "<b>ada", "a\0da"] {
            assert_eq!(Username::parse(raw).err(), Some(Fault::UsernameCharacters), "{raw:?}");
        }
    }
}
