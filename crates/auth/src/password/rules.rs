//! What a new password must be (NIST SP 800-63B-4, section 3.1.1.2): long, and not among the first
//! that an attacker tries. Which characters it has is nobody's business.

use std::sync::Arc;

use contract::{Fault, Password, Username};

use super::{BreachedPasswords, common};

/// Beyond this many bytes guessing is hopeless and estimating slow: zxcvbn's time grows with the square.
const ESTIMATED_BYTES: usize = 72;
/// An attacker's first ten million guesses.
const COMMON_GUESSES_LOG10: f64 = 7.0;

/// The rules of this site.
#[derive(Clone, Debug)]
pub struct PasswordRules {
    /// Fewest Unicode code points.
    pub minimum: usize,
    /// Words of this site, such as its name, which a password must not contain. A word of fewer than three
    /// characters is in too many passwords to count.
    pub context: Vec<String>,
    /// Who knows which passwords were in breaches, if anybody is asked.
    pub breached: Option<Arc<dyn BreachedPasswords>>,
}

impl PasswordRules {
    /// Says what is wrong with a new password, if anything is.
    ///
    /// # Errors
    /// The first fault in the order length, context, commonness, breaches.
    pub async fn check(&self, password: &Password, username: Option<&Username>) -> Result<(), Fault> {
        password.check_length(self.minimum)?;
        self.check_guesses(password, username)?;
        match &self.breached {
            Some(breached) if breached.contains(password).await => Err(Fault::PasswordBreached),
            _ => Ok(()),
        }
    }

    fn check_guesses(&self, password: &Password, username: Option<&Username>) -> Result<(), Fault> {
        let folded = zeroize::Zeroizing::new(password.expose().to_lowercase());
        if username.is_some_and(|username| folded.contains(&username.folded())) {
            return Err(Fault::PasswordContainsUsername);
        }
        let mut context = self.context.iter().filter(|word| word.chars().count() >= 3);
        if context.any(|word| folded.contains(&word.to_lowercase())) {
            return Err(Fault::PasswordContainsSite);
        }
        if common::lists(&folded) || is_guessed_soon(password.expose()) {
            return Err(Fault::PasswordCommon);
        }
        Ok(())
    }
}

fn is_guessed_soon(password: &str) -> bool {
    let end = (0..=ESTIMATED_BYTES.min(password.len())).rev().find(|end| password.is_char_boundary(*end));
    let start = end.and_then(|end| password.get(..end)).unwrap_or_default();
    zxcvbn::zxcvbn(start, &[]).guesses_log10() < COMMON_GUESSES_LOG10
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Knows one password.
    #[derive(Debug)]
    struct Breached(&'static str);

    #[async_trait]
    impl BreachedPasswords for Breached {
        async fn contains(&self, password: &Password) -> bool {
            password.expose() == self.0
        }
    }

    fn rules() -> PasswordRules {
        let breached = Arc::new(Breached("a horse that everybody has seen"));
        PasswordRules { minimum: 15, context: vec!["MyApp".into(), "io".into()], breached: Some(breached) }
    }

    async fn check(password: &str) -> Result<(), Fault> {
        let ada = Username::parse("Ada").expect("well-formed");
        rules().check(&Password::new(password.into()), Some(&ada)).await
    }

    /// ASVS V6.2.5.
    #[tokio::test]
    async fn long_passwords_of_any_characters_are_fine() {
        for password in [
            "correct horse battery staple",
            "einfachlangundklein",
            "🐎🔋📎🐘🎺🌋🚲🍕🧭🪁🦊🛶🎲🧊🪐",
            "    a quiet place    ",
            "830615274098361",
            "VQXJZKWPMTRHBNG",
        ] {
            assert_eq!(check(password).await, Ok(()), "{password}");
        }
        assert_eq!(check(&"correct horse battery staple ".repeat(8)).await, Ok(()));
    }

    /// ASVS V6.2.1.
    #[tokio::test]
    async fn fifteen_code_points_are_the_fewest() {
        for (password, missing) in [("short", 10), ("fourteen chars", 1), ("seven!!", 8)] {
            assert_eq!(check(password).await, Err(Fault::PasswordTooShort { missing }), "{password}");
        }
        assert_eq!(check("fifteen of them").await, Ok(()));
    }

    /// ASVS V6.2.11, V2.2.3.
    #[tokio::test]
    async fn words_of_the_site_and_the_own_name_are_refused_however_padded() {
        assert_eq!(check("i am ADA and nobody else").await, Err(Fault::PasswordContainsUsername));
        for padded in ["my favourite is myapp ever", "MYAPP**********", "0123456789myApp"] {
            assert_eq!(check(padded).await, Err(Fault::PasswordContainsSite), "{padded}");
        }
        assert_eq!(check("trioscope penguin lampions").await, Ok(()), "io is too short a word");
    }

    #[tokio::test]
    async fn what_is_guessed_soon_is_refused_even_where_no_list_has_it() {
        for common in ["passwordpassword", "111111111111111", "qwertyuiopqwertyuiop", "dragondragondragon"] {
            assert_eq!(check(common).await, Err(Fault::PasswordCommon), "{common}");
        }
    }

    #[tokio::test]
    async fn a_password_from_a_breach_is_refused() {
        assert_eq!(check("a horse that everybody has seen").await, Err(Fault::PasswordBreached));
    }

    /// ASVS V6.2.4, V6.2.12.
    #[tokio::test]
    async fn every_listed_password_is_refused_in_any_case() {
        let rules = PasswordRules { context: Vec::new(), breached: None, ..rules() };
        let mut count = 0;
        for listed in common::PASSWORDS.lines().filter(|listed| listed.chars().count() >= rules.minimum) {
            for typed in [listed.to_owned(), listed.to_uppercase()] {
                let verdict = rules.check(&Password::new(typed), None).await;
                assert_eq!(verdict, Err(Fault::PasswordCommon), "{listed}");
            }
            count += 1;
        }
        assert!(count >= 3_000, "{count}");
    }

    /// ASVS V6.2.12.
    #[tokio::test]
    async fn a_thousand_passwords_that_a_manager_makes_are_accepted() {
        for number in 0..1000_u32 {
            let random = u128::from_be_bytes(*sessions::AccountKey::random().as_bytes());
            let password = format!("{random:032x}");
            let verdict = rules().check(&Password::new(password), None).await;
            assert_eq!(verdict, Ok(()), "number {number}");
        }
    }
}
