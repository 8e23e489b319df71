//! Proving who one is: the one way for every use case that takes a password.

use contract::{Field, FieldError, Password, SecurityEvent, Username};
use sessions::{Policy, Record, SignIn};

use super::{Member, Visitor};
use crate::password::Verdict;
use crate::{Account, AuthError, Gate};

/// Most living sessions of one account; the oldest one ends for one more. Where sessions are in cookies nobody
/// can list them, and there is no such limit.
const MOST_SESSIONS: usize = 20;

impl Visitor {
    /// The account that has this name and password, if there is one. Each try counts alike, whatever it is for,
    /// so no way in is weaker than another (OWASP ASVS 5.0.0, V6.3.4).
    pub(super) async fn authenticate(
        &self,
        username: Option<&Username>,
        password: Password,
    ) -> Result<Option<Account>, AuthError> {
        self.pass(Gate::SignIn).await?;
        let Some(username) = username else {
            self.auth.hasher.verify(password, None).await?;
            self.report_failure(None).await;
            return Ok(None);
        };
        let counter = self.admit_guess(username).await?;
        let verdict = self.compare(username, password).await;
        if verdict.is_err() {
            self.take_back(&counter).await;
        }
        let account = verdict?;
        if account.is_some() {
            self.auth.throttle.forgive(&counter).await?;
        }
        Ok(account)
    }

    /// The account that is signed in, if this is its password.
    pub(super) async fn prove(&self, field: Field, password: Password) -> Result<Account, AuthError> {
        let member = self.member()?;
        password.check_maximum().map_err(|fault| AuthError::Invalid(vec![FieldError::new(field, fault)]))?;
        let username = Username::parse(&member.username).ok();
        let account = self.authenticate(username.as_ref(), password).await?;
        // A name that was given up may be somebody else's by now.
        account.filter(|account| account.key == member.account).ok_or(AuthError::WrongPassword)
    }

    /// The member who is here, if they have signed in lately, or said their password again.
    pub(super) async fn recent_member(&self) -> Result<&Member, AuthError> {
        let member = self.member()?;
        let presence = self.session.presence().await?;
        let signed_in = presence.record().map(|record| record.created_at);
        let now = self.session.sessions().settings().clock.now();
        let is_recent = signed_in.is_some_and(|signed_in| (now - signed_in).abs() <= self.auth.recent);
        if is_recent { Ok(member) } else { Err(AuthError::RecentSignInRequired) }
    }

    /// Signs an account in on a new session id.
    ///
    /// The account is asked for once more when its session is there. Whoever removes it or changes its password
    /// does that first and ends its sessions then: either they have found this one, or it is found out here.
    pub(super) async fn open_session(&self, account: &Account, policy: Policy) -> Result<Record, AuthError> {
        let sign_in = SignIn { account: account.key, policy, values: self.first_values(account) };
        let record = self.session.sign_in(sign_in).await?;
        let now = self.auth.accounts.by_key(account.key).await;
        if !matches!(&now, Ok(Some(now)) if now.password == account.password) {
            self.session.sign_out().await?;
            now?;
            return Err(AuthError::InvalidCredentials);
        }
        self.displace_oldest(account).await;
        self.remember_device(account).await;
        Ok(record)
    }

    /// Keeps the number of the account's sessions within [`MOST_SESSIONS`]. A store that fails just now is no
    /// reason to refuse a sign-in: the next one makes up for it.
    async fn displace_oldest(&self, account: &Account) {
        match self.session.end_oldest(MOST_SESSIONS).await {
            Ok(0) => {}
            Ok(_) => self.report(SecurityEvent::SessionsDisplaced, &Member::of(account)).await,
            Err(error) => tracing::debug!(%error, "the oldest sessions of an account could not be ended"),
        }
    }

    /// The account, if the password is its; its hash is renewed if it is weaker than one made today.
    async fn compare(&self, username: &Username, password: Password) -> Result<Option<Account>, AuthError> {
        loop {
            let mut account = self.auth.accounts.find(username).await?;
            let stored = account.as_ref().map(|account| account.password.clone());
            let verdict = self.auth.hasher.verify(password.clone(), stored).await?;
            if verdict == Verdict::Wrong {
                self.report_failure(account.as_ref()).await;
                return Ok(None);
            }
            if let (Verdict::RightButOutdated, Some(account)) = (verdict, &mut account) {
                let renewed = self.auth.hasher.hash(password.clone()).await?;
                if !self.auth.accounts.renew_hash(account.key, &account.password, &renewed).await? {
                    // Another sign-in has renewed it, or it is the hash of another password by now.
                    continue;
                }
                account.password = renewed;
            }
            return Ok(account);
        }
    }
}
