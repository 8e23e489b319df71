//! Removing one's account.

use contract::{Field, PasswordRequest, SecurityEvent, Whoami};
use sessions::{Reason, StoreError};

use super::{Visitor, to_its_end, view};
use crate::{Account, AuthError};

impl Visitor {
    /// Removes the account that is signed in, and everything of it: name, password and all sessions, this one
    /// too. A language and a theme that were chosen stay with this browser, as at a sign-out. Returns who is
    /// here now.
    ///
    /// # Errors
    /// Nothing was removed: [`AuthError::WrongPassword`], those of [`Visitor::member`],
    /// [`AuthError::Throttled`], [`AuthError::Invalid`] for a password longer than any can be,
    /// [`AuthError::Busy`], or a store's failure, after which sessions may have ended, all other browsers may be
    /// strangers to the account, and what happened to it before may be forgotten.
    pub async fn remove_account(&self, request: PasswordRequest) -> Result<Whoami, AuthError> {
        let account = self.prove(Field::Password, request.password).await?;
        let visitor = self.clone();
        to_its_end(async move { visitor.take_out(&account).await }).await?;
        self.report(SecurityEvent::AccountRemoved, self.member()?).await;
        Ok(view::whoami(&self.session, self.session.presence().await?.record()))
    }

    /// Whatever has become of this one: its owner has just proved who they are, and may end all others though somebody
    /// has ended it.
    async fn end_sessions_of_removed(&self, account: &Account) -> Result<(), StoreError> {
        if !self.session.end_all(Reason::AccountRemoved).await? {
            self.session.sessions().end_of_account(account.key, Reason::AccountRemoved).await?;
        }
        Ok(())
    }

    /// In this order: a sign-in that comes between the two finds no account any more. A process that is killed
    /// in between has left a note of what is still to do; a store that fails gets the account back.
    async fn take_out(&self, account: &Account) -> Result<(), AuthError> {
        let accounts = &self.auth.accounts;
        let pending = accounts.remove(account.key, &account.password).await?;
        if pending.is_none() && accounts.by_key(account.key).await?.is_some() {
            // Somebody was faster: what was typed is not the current password any more.
            return Err(AuthError::WrongPassword);
        }
        if let Err(error) = self.end_sessions_of_removed(account).await {
            // What another request has removed is not given back: that one has said that it is gone.
            if let Some(pending) = pending
                && accounts.insert(account).await?
            {
                accounts.settle_end(pending).await?;
                self.remember_device(account).await;
            }
            return Err(error.into());
        }
        if let Some(pending) = pending {
            self.auth.have_ended(pending).await;
        }
        Ok(())
    }
}
