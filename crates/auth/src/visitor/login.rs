//! Signing in.

use contract::{Fault, Field, FieldError, LoginRequest, LoginView, NextPath, Password, Username};
use sessions::SignIn;

use super::{Visitor, view};
use crate::password::Verdict;
use crate::{Account, AuthError, Gate};

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
        self.pass(Gate::SignIn).await?;
        let username = Username::parse(&request.username).ok();
        let account = self.authenticate(username.as_ref(), request.password).await?;
        let keeps = request.keep_signed_in.unwrap_or(false);
        let policy = if keeps { self.auth.kept_in } else { self.auth.signed_in };
        let sign_in = SignIn { account: account.key, policy, values: self.first_values(&account) };
        let record = self.session.sign_in(sign_in).await?;
        self.remember_device(&account).await;
        tracing::info!(event = "signed_in", address = %self.address, kept = keeps, "signed in");
        let next = NextPath::parse(request.next.as_deref().unwrap_or_default()).as_str().to_owned();
        Ok(LoginView { whoami: view::whoami(&self.session, Some(&record)), next })
    }

    /// The account that has this name and password.
    async fn authenticate(
        &self,
        username: Option<&Username>,
        password: Password,
    ) -> Result<Account, AuthError> {
        let Some(username) = username else {
            self.auth.hasher.verify(password, None).await?;
            return Err(self.refused());
        };
        let counter = self.admit_guess(username).await?;
        let verdict = self.compare(username, password).await;
        if verdict.is_err() {
            self.take_back(&counter).await;
        }
        let account = verdict?.ok_or_else(|| self.refused())?;
        self.auth.throttle.forgive(&counter).await?;
        Ok(account)
    }

    /// The account, if the password is its; its hash is renewed if it is weaker than one made today.
    async fn compare(&self, username: &Username, password: Password) -> Result<Option<Account>, AuthError> {
        let mut account = self.auth.accounts.find(username).await?;
        let stored = account.as_ref().map(|account| account.password.clone());
        let verdict = self.auth.hasher.verify(password.clone(), stored).await?;
        if let (Verdict::RightButOutdated, Some(account)) = (verdict, &mut account) {
            let renewed = self.auth.hasher.hash(password).await?;
            if self.auth.accounts.renew_hash(account.key, &account.password, &renewed).await? {
                account.password = renewed;
            }
        }
        Ok(account.filter(|_| verdict != Verdict::Wrong))
    }

    fn refused(&self) -> AuthError {
        tracing::warn!(event = "sign_in_failed", address = %self.address, "wrong name or password");
        AuthError::InvalidCredentials
    }
}

fn too_long(fault: Fault) -> AuthError {
    AuthError::Invalid(vec![FieldError::new(Field::Password, fault)])
}
