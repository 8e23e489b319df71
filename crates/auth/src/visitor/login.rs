//! Signing in.

use contract::{Fault, Field, FieldError, LoginRequest, LoginView, NextPath, Username};

use super::{Visitor, view};
use crate::AuthError;

impl Visitor {
    /// Signs an account in, on a new session id.
    ///
    /// An unknown name costs what a wrong password costs and gets the same answer.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`], [`AuthError::Throttled`], [`AuthError::Invalid`] for a password
    /// longer than any can be, [`AuthError::Busy`], or a store's failure.
    pub async fn login(&self, request: LoginRequest) -> Result<LoginView, AuthError> {
        request.password.check_maximum().map_err(too_long)?;
        let username = Username::parse(&request.username).ok();
        let account = self.authenticate(username.as_ref(), request.password).await?.ok_or_else(|| {
            tracing::warn!(event = "sign_in_failed", address = %self.address, "wrong name or password");
            AuthError::InvalidCredentials
        })?;
        let keeps = request.keep_signed_in.unwrap_or(false);
        let policy = if keeps { self.auth.kept_in } else { self.auth.signed_in };
        let record = self.open_session(&account, policy).await?;
        tracing::info!(event = "signed_in", address = %self.address, kept = keeps, "signed in");
        let next = NextPath::parse(request.next.as_deref().unwrap_or_default()).as_str().to_owned();
        Ok(LoginView { whoami: view::whoami(&self.session, Some(&record)), next })
    }
}

fn too_long(fault: Fault) -> AuthError {
    AuthError::Invalid(vec![FieldError::new(Field::Password, fault)])
}
