//! What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): long, and not among the first
//! that an attacker tries. Which characters it has is nobody's business.

use contract::{Fault, Password, Username};

/// Beyond this many bytes guessing is hopeless and estimating slow: zxcvbn's time grows with the square.
const ESTIMATED_BYTES: usize = 72;
/// An attacker's first ten million guesses.
const COMMON_GUESSES_LOG10: f64 = 7.0;

/// The rules of this site.
#[derive(Clone, Debug)]
pub struct PasswordRules {
    /// Fewest Unicode code points.
    pub minimum: usize,
    /// The site's name, which a password must not contain.
    pub site: String,
}

impl PasswordRules {
    /// Says what is wrong with a new password, if anything is.
    ///
    /// # Errors
    /// The first fault in the order length, context, commonness.
    pub fn check(&self, password: &Password, username: Option<&Username>) -> Result<(), Fault> {
        password.check_length(self.minimum)?;
        let folded = password.expose().to_lowercase();
        if username.is_some_and(|username| folded.contains(&username.folded())) {
            return Err(Fault::PasswordContainsUsername);
        }
        if !self.site.is_empty() && folded.contains(&self.site.to_lowercase()) {
            return Err(Fault::PasswordContainsSite);
        }
        if is_common(password.expose()) { Err(Fault::PasswordCommon) } else { Ok(()) }
    }
}

fn is_common(password: &str) -> bool {
    let end = (0..=ESTIMATED_BYTES.min(password.len())).rev().find(|end| password.is_char_boundary(*end));
    let start = end.and_then(|end| password.get(..end)).unwrap_or_default();
    zxcvbn::zxcvbn(start, &[]).guesses_log10() < COMMON_GUESSES_LOG10
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Fault> {
        let rules = PasswordRules { minimum: 15, site: "MyApp".into() };
        let ada = Username::parse("Ada").expect("well-formed");
        rules.check(&Password::new(password.into()), Some(&ada))
    }

    #[test]
    fn long_passwords_of_any_characters_are_fine() {
        for password in
            ["correct horse battery staple", "einfachlangundklein", "🐎🔋📎🐘🎺🌋🚲🍕🧭🪁🦊🛶🎲🧊🪐"]
        {
            assert_eq!(check(password), Ok(()), "{password}");
        }
        assert_eq!(check(&"correct horse battery staple ".repeat(8)), Ok(()));
    }

    #[test]
    fn a_refusal_says_why() {
        assert_eq!(check("short"), Err(Fault::PasswordTooShort { missing: 10 }));
        assert_eq!(check("i am ADA and nobody else"), Err(Fault::PasswordContainsUsername));
        assert_eq!(check("my favourite is myapp ever"), Err(Fault::PasswordContainsSite));
        for common in ["passwordpassword", "111111111111111", "qwertyuiopqwertyuiop", "123456789012345"] {
            assert_eq!(check(common), Err(Fault::PasswordCommon), "{common}");
        }
    }
}
