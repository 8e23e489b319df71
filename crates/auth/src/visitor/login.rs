//! Signing in.

use contract::{Fault, Field, FieldError, LoginRequest, LoginView, NextPath, SecurityEvent, Username};

use super::{Member, Visitor, view};
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
        let account = self.authenticate(username.as_ref(), request.password).await?;
        let account = account.ok_or(AuthError::InvalidCredentials)?;
        let keeps = request.keep_signed_in.unwrap_or(false);
        let policy = if keeps { self.auth.kept_in } else { self.auth.signed_in };
        let record = self.open_session(&account, policy).await?;
        let member = Member::of(&account);
        self.report(SecurityEvent::SignedIn, &member).await;
        let wanted = request.next.as_deref().unwrap_or_default();
        let next = NextPath::parse(wanted).as_str().to_owned();
        if !wanted.is_empty() && wanted != next {
            self.log(SecurityEvent::NextRefused, Some(&member), None);
        }
        Ok(LoginView { whoami: view::whoami(&self.session, Some(&record)), next })
    }
}

fn too_long(fault: Fault) -> AuthError {
    AuthError::Invalid(vec![FieldError::new(Field::Password, fault)])
}
