//! Creating an account.

use contract::{Field, FieldError, RegisterRequest, SecurityEvent, Username, Whoami};
use sessions::AccountKey;

use super::{Member, Visitor, view};
use crate::{Account, AuthError, Counter, Gate};

impl Visitor {
    /// Creates an account and signs it in.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] with every fault of every field, [`AuthError::UsernameTaken`],
    /// [`AuthError::Throttled`], [`AuthError::Busy`], or a store's failure.
    pub async fn register(&self, request: RegisterRequest) -> Result<Whoami, AuthError> {
        let username = self.check(&request).await?;
        self.pass(Gate::Registration).await?;
        let password = self.auth.hasher.hash(request.password).await?;
        let account = Account { key: AccountKey::random(), username, password };
        if !self.auth.accounts.insert(&account).await? {
            return Err(AuthError::UsernameTaken);
        }
        // Whoever has guessed at the name before there was an account has not guessed at its password.
        self.auth.throttle.forgive(&Counter::Account(account.username.clone())).await?;
        let record = self.open_session(&account, self.auth.signed_in).await?;
        self.report(SecurityEvent::Registered, &Member::of(&account)).await;
        Ok(view::whoami(&self.session, Some(&record)))
    }

    /// The name, if both fields are as they should be; otherwise what is wrong with both.
    async fn check(&self, request: &RegisterRequest) -> Result<Username, AuthError> {
        let username = Username::parse(&request.username);
        let password = self.auth.rules.check(&request.password, username.as_ref().ok()).await;
        let faults = [
            username.as_ref().err().map(|fault| FieldError::new(Field::Username, *fault)),
            password.err().map(|fault| FieldError::new(Field::Password, fault)),
        ];
        let faults: Vec<_> = faults.into_iter().flatten().collect();
        match username {
            Ok(username) if faults.is_empty() => Ok(username),
            _ => Err(AuthError::Invalid(faults)),
        }
    }
}
