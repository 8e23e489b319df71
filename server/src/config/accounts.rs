//! `accounts.*`: what an account needs.

use super::reader::Reader;

/// What an account needs.
#[derive(Clone, Copy, Debug)]
pub struct Accounts {
    /// `accounts.password_minimum`: fewest code points of a new password, 8 to 256 (NIST SP 800-63B-4).
    pub password_minimum: usize,
}

impl Accounts {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            password_minimum: reader.take_if("accounts.password_minimum", 15, |minimum| {
                if (8..=256).contains(minimum) { Ok(()) } else { Err("it must be from 8 to 256") }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{accepted, refused};

    #[test]
    fn the_shortest_password_has_eight_to_256_characters() {
        for minimum in ["8", "256"] {
            accepted(&[("accounts.password_minimum", minimum)]);
        }
        for minimum in ["7", "257"] {
            assert!(refused(&[("accounts.password_minimum", minimum)]).contains("from 8 to 256"));
        }
        assert!(refused(&[("accounts.password_minimum", "many")]).contains("a whole number"));
    }
}
