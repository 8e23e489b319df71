//! `accounts.*`: what an account needs.

use std::time::Duration;

use super::duration::is_limit;
use super::{BreachUrl, reader::Reader};

/// What an account needs.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// `accounts.password_minimum`: fewest code points of a new password, 8 to 256 (NIST SP 800-63B-4).
    pub password_minimum: usize,
    /// `accounts.breached_passwords`: the service that is asked whether a new password was in a breach; `on` is
    /// Have I Been Pwned, `off` asks nobody. It learns five digits of the password's hash.
    pub breached_passwords: Option<BreachUrl>,
    /// `accounts.recent_sign_in`: how long after a sign-in a password can be changed and other sessions be ended
    /// without saying the password once more (OWASP ASVS 5.0.0, V7.5.1).
    pub recent_sign_in: Duration,
}

impl Accounts {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            password_minimum: reader.take_if("accounts.password_minimum", 15, |minimum| {
                if (8..=256).contains(minimum) { Ok(()) } else { Err("it must be from 8 to 256") }
            }),
            breached_passwords: reader.take("accounts.breached_passwords", None),
            recent_sign_in: reader.take_if("accounts.recent_sign_in", Duration::from_mins(10), is_limit),
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

    #[test]
    fn breaches_are_asked_about_over_tls_or_on_this_machine() {
        assert_eq!(accepted(&[]).accounts.breached_passwords, None);
        let on = accepted(&[("accounts.breached_passwords", "on")]).accounts.breached_passwords;
        assert_eq!(on.expect("is on").as_str(), "https://api.pwnedpasswords.com/range/");
        accepted(&[("accounts.breached_passwords", "http://127.0.0.1:8080/range/")]);
        for url in ["yes", "http://example.org/range/", "https://example.org/range", "https://a b/"] {
            assert!(refused(&[("accounts.breached_passwords", url)]).contains("it must be on"), "{url}");
        }
    }
}
