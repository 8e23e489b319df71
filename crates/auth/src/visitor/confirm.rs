//! Signing in again where one is signed in.

use contract::{Field, PasswordRequest, SecurityEvent, Whoami};

use super::{Member, Visitor, view};
use crate::AuthError;

impl Visitor {
    /// Takes the account's password once more: a new sign-in, on a new session id, as long as the one before
    /// was to last. What asks for a recent sign-in may then go on.
    ///
    /// # Errors
    /// [`AuthError::WrongPassword`]: the session stands as it was. Those of [`Visitor::member`],
    /// [`AuthError::Throttled`], [`AuthError::Invalid`] for a password longer than any can be,
    /// [`AuthError::Busy`], or a store's failure.
    pub async fn confirm(&self, request: PasswordRequest) -> Result<Whoami, AuthError> {
        let account = self.prove(Field::Password, request.password).await?;
        let presence = self.session.presence().await?;
        let policy = presence.record().map_or(self.auth.signed_in, |record| record.policy);
        let record = self.open_session(&account, policy).await?;
        self.report(SecurityEvent::SignInConfirmed, &Member::of(&account)).await;
        Ok(view::whoami(&self.session, Some(&record)))
    }
}
