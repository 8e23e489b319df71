//! Who has tried too often.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use contract::Username;
use time::Duration;

use crate::{ClientAddress, DeviceKey};

/// Failures in a row that cost nothing.
const FREE_FAILURES: u32 = 5;
/// Failures in a row after which a password no longer opens the account, until an operator or a
/// password reset says so (NIST SP 800-63B-4, section 3.2.2).
pub const LAST_FAILURE: u32 = 100;
const LONGEST_DELAY: Duration = Duration::minutes(15);

/// Something that one address may do only so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Trying a password.
    SignIn,
    /// Creating an account.
    Registration,
    /// Beginning an anonymous session.
    AnonymousSession,
    /// Reporting a violation of the content security policy.
    Report,
}

/// What guesses at an account's password are counted under.
///
/// Browsers that have signed in to the account before are counted apart, each for itself, so that strangers
/// cannot lock its owner out (OWASP, device cookies).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counter {
    /// Everybody else together, by the name that they try, whether or not there is an account of that name.
    Account(Username),
    /// A browser that has signed in to the account before.
    Device(DeviceKey),
}

/// Whether an attempt may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Admitted,
    /// Not before this much time has passed.
    Refused(Duration),
}

/// Counts attempts. An attempt is counted when it is admitted, before its outcome is known, so that
/// parallel guesses are no cheaper than guesses in turn.
#[async_trait]
pub trait Throttle: fmt::Debug + Send + Sync + 'static {
    /// Counts an attempt of an address.
    ///
    /// # Errors
    /// [`ThrottleError`]: nobody can say whether it may go on, so it may not.
    async fn admit_address(&self, gate: Gate, address: ClientAddress) -> Result<Admission, ThrottleError>;

    /// Counts a guess at a password.
    ///
    /// # Errors
    /// As [`Throttle::admit_address`].
    async fn admit_guess(&self, counter: &Counter) -> Result<Admission, ThrottleError>;

    /// Forgets all failures: somebody knew the password, or an operator says so.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn forgive(&self, counter: &Counter) -> Result<(), ThrottleError>;

    /// Takes back one counted guess that came to no verdict.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn take_back(&self, counter: &Counter) -> Result<(), ThrottleError>;

    /// Forgets at most `limit` attempts that have no consequence any more. Returns how many.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn sweep(&self, limit: usize) -> Result<u64, ThrottleError>;
}

/// What counts attempts does not answer.
#[derive(Debug, thiserror::Error)]
#[error("what counts attempts does not answer")]
pub struct ThrottleError(#[source] pub Box<dyn Error + Send + Sync>);

impl ThrottleError {
    /// Wraps the driver's own error.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

/// How long an account stays closed after so many failures in a row; `None` after the last one.
#[must_use]
pub fn account_delay(failures: u32) -> Option<Duration> {
    match failures {
        0..FREE_FAILURES => Some(Duration::ZERO),
        FREE_FAILURES..LAST_FAILURE => {
            let doublings = (failures - FREE_FAILURES).min(20);
            Some(Duration::seconds(1 << doublings).min(LONGEST_DELAY))
        }
        LAST_FAILURE.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS V6.3.1.
    #[test]
    fn five_failures_are_free_then_the_delay_doubles_up_to_a_quarter_of_an_hour() {
        let seconds = |failures| account_delay(failures).map(Duration::whole_seconds);
        assert_eq!([0, 4, 5, 6, 7, 14, 15, 99].map(seconds), [0, 0, 1, 2, 4, 512, 900, 900].map(Some));
        assert_eq!(seconds(100), None);
    }
}
