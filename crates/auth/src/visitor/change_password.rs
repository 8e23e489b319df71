//! Changing one's password.

use contract::{ChangePasswordRequest, Fault, Field, FieldError, Password, SecurityEvent, Username, Whoami};
use sessions::StoreError;

use super::{Visitor, to_its_end, view};
use crate::{Account, AuthError, PasswordHash, PendingEnd};

impl Visitor {
    /// Changes the password of the account that is signed in. All its other sessions end; this one gets a new
    /// id.
    ///
    /// # Errors
    /// Nothing was changed, but the id of this session, which is over where somebody else changes the password at the
    /// same moment; and a store's failure may have made all other browsers strangers to the account:
    /// [`AuthError::RecentSignInRequired`], [`AuthError::WrongPassword`],
    /// [`AuthError::Invalid`] with every fault of every field, those of [`Visitor::member`],
    /// [`AuthError::Throttled`], [`AuthError::Busy`], or a store's failure, after which other sessions may have
    /// ended; if the accounts fail as well before the old password is back, it may be the new one, and a sweep
    /// ends all sessions.
    pub async fn change_password(&self, request: ChangePasswordRequest) -> Result<Whoami, AuthError> {
        let username = Username::parse(&self.recent_member().await?.username).ok();
        self.check_change(&request, username.as_ref()).await?;
        let account = self.prove(Field::CurrentPassword, request.current_password).await?;
        let new = self.auth.hasher.hash(request.new_password).await?;
        let visitor = self.clone();
        to_its_end(async move { visitor.put_password(&account, &new).await }).await?;
        self.report(SecurityEvent::PasswordChanged, self.member()?).await;
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }

    async fn check_change(
        &self,
        request: &ChangePasswordRequest,
        username: Option<&Username>,
    ) -> Result<(), AuthError> {
        let ChangePasswordRequest { current_password, new_password } = request;
        let current = current_password.check_maximum();
        let new = match differs(current_password, new_password) {
            Ok(()) => self.auth.rules.check(new_password, username).await,
            unchanged => unchanged,
        };
        let faults = [(Field::CurrentPassword, current), (Field::NewPassword, new)];
        let faults =
            faults.into_iter().filter_map(|(field, check)| Some(FieldError::new(field, check.err()?)));
        let faults: Vec<_> = faults.collect();
        if faults.is_empty() { Ok(()) } else { Err(AuthError::Invalid(faults)) }
    }

    /// All but this one; all, if this one has been ended by another that may have begun more since.
    async fn end_sessions_of_old_password(&self, pending: &PendingEnd) -> Result<(), StoreError> {
        if !self.session.end_others_after_cycle(pending.reason).await? {
            self.session.sessions().end_of_account(pending.account, pending.reason).await?;
        }
        Ok(())
    }

    /// In this order: until the account says so nothing is changed, and nobody is told so before the other
    /// sessions have ended. A process that is killed in between has left a note of what is still to do; a store
    /// that fails gets the old password back.
    async fn put_password(&self, account: &Account, new: &PasswordHash) -> Result<(), AuthError> {
        if !self.session.cycle_id().await? {
            // Somebody has ended it while passwords were hashed.
            return Err(self.session_ended().await);
        }
        let accounts = &self.auth.accounts;
        let Some(pending) = accounts.change_password(account.key, &account.password, new).await? else {
            // Somebody was faster: what was typed is not the current password any more, or there is no account. They
            // end its sessions, but may have looked for them before this one had its id.
            self.session.sign_out().await?;
            return Err(AuthError::WrongPassword);
        };
        if let Err(error) = self.end_sessions_of_old_password(&pending).await {
            if accounts.renew_hash(account.key, new, &account.password).await? {
                accounts.settle_end(pending).await?;
                self.remember_device(account).await;
            }
            return Err(error.into());
        }
        self.auth.have_ended(pending).await;
        // All browsers were forgotten with the old password. This one knows the new one.
        self.remember_device(&Account { password: new.clone(), ..account.clone() }).await;
        Ok(())
    }
}

fn differs(current: &Password, new: &Password) -> Result<(), Fault> {
    if current.expose() == new.expose() { Err(Fault::PasswordUnchanged) } else { Ok(()) }
}
