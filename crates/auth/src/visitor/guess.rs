//! Guessing a password: under what it is counted, and which browser is known afterwards.

use contract::{SecurityEvent, Username};

use super::Visitor;
use crate::{Account, Admission, AuthError, Counter, DeviceToken};

impl Visitor {
    /// Counts a guess at the password of the account of this name. Returns what it was counted under: this
    /// browser, if it has signed in to that account before, otherwise the account.
    ///
    /// # Errors
    /// [`AuthError::Throttled`]; a store's failure: without a count there is no guess.
    pub(super) async fn admit_guess(&self, username: &Username) -> Result<Counter, AuthError> {
        let counter = self.counter(username).await?;
        match self.auth.throttle.admit_guess(&counter).await? {
            Admission::Admitted => Ok(counter),
            Admission::Refused(wait) => {
                self.log(SecurityEvent::AccountThrottled, None, None);
                Err(AuthError::Throttled(wait))
            }
        }
    }

    /// Takes back a guess that came to no verdict. If that fails too, the guess stays counted: the failure that
    /// led here is the one to tell of.
    pub(super) async fn take_back(&self, counter: &Counter) {
        let _ = self.auth.throttle.take_back(counter).await;
    }

    /// Asks the same one question whether or not there is an account of this name.
    async fn counter(&self, username: &Username) -> Result<Counter, AuthError> {
        if let Some(token) = &self.caller.device
            && self.auth.devices.knows(username, token.key()).await?
        {
            return Ok(Counter::Device(token.key()));
        }
        Ok(Counter::Account(username.clone()))
    }

    /// Gives this browser a new token for the account that it has signed in to, in the place of the one that it
    /// came with. A sign-in that could not be remembered is one all the same.
    pub(super) async fn remember_device(&self, account: &Account) {
        let token = DeviceToken::random();
        let before = self.caller.device.as_ref().map(DeviceToken::key);
        match self.auth.devices.remember(account, token.key(), before).await {
            Ok(()) => *self.given.lock() = Some(token),
            Err(error) => {
                tracing::debug!(%error, source = ?std::error::Error::source(&error), "a device could not be remembered");
            }
        }
    }

    /// The token for this browser to keep, if it has signed in with this request.
    #[must_use]
    pub fn new_device(&self) -> Option<DeviceToken> {
        self.given.lock().clone()
    }
}
