//! The sessions that an account has, and ending them.

use contract::{SecurityEvent, SessionSummary, SessionsView, Whoami};
use sessions::{Reason, Summary};

use super::{Visitor, to_its_end, view};
use crate::{AuthError, keys};

impl Visitor {
    /// The sessions of the account that is signed in, newest first; where the store cannot list them, this
    /// one alone.
    ///
    /// # Errors
    /// Those of [`Visitor::member`], or [`AuthError::Sessions`].
    pub async fn sessions(&self) -> Result<SessionsView, AuthError> {
        self.member()?;
        let here = self.session.key().await?;
        let listed = self.session.of_account().await?;
        let sessions =
            listed.iter().map(|summary| self.summary_of(summary, here == Some(summary.key))).collect();
        Ok(SessionsView { complete: self.session.sessions().capabilities().listable, sessions })
    }

    /// Ends the session of the account that has this handle; this one too, which is a sign-out. Returns who is
    /// here now.
    ///
    /// # Errors
    /// [`AuthError::NoSuchSession`] if the account has none with it, [`AuthError::RecentSignInRequired`] if it is
    /// another one than this, those of [`Visitor::member`], or [`AuthError::Sessions`].
    pub async fn end_session(&self, handle: &str) -> Result<Whoami, AuthError> {
        let member = self.member()?;
        let listed = self.session.of_account().await?;
        let key = listed.iter().map(|summary| summary.key).find(|key| key.handle() == handle);
        let key = key.ok_or(AuthError::NoSuchSession)?;
        if self.session.key().await? == Some(key) {
            return self.logout().await;
        }
        self.recent_member().await?;
        if !self.session.sessions().end_by_key(&key, Reason::Revoked).await? {
            // It has ended since it was listed, or goes on under another handle.
            return Err(AuthError::NoSuchSession);
        }
        self.report_of(SecurityEvent::SessionRevoked, member, Some(key)).await;
        self.whoami()
    }

    /// Ends all sessions of the account but this one, which gets a new id. Returns who is here.
    ///
    /// # Errors
    /// [`AuthError::RecentSignInRequired`], [`AuthError::SessionEnded`] if this one ends at the same moment, those of
    /// [`Visitor::member`], or [`AuthError::Sessions`].
    pub async fn end_other_sessions(&self) -> Result<Whoami, AuthError> {
        let member = self.recent_member().await?;
        let visitor = self.clone();
        let ending = async move { Ok(visitor.session.end_others(Reason::Revoked).await?) };
        if !to_its_end(ending).await? {
            return Err(self.session_ended().await);
        }
        self.report(SecurityEvent::SessionsRevoked, member).await;
        self.whoami()
    }
}

impl Visitor {
    /// With what this session is used the request says, if its record does not: a cookie has no room for it.
    fn summary_of(&self, summary: &Summary, current: bool) -> SessionSummary {
        let record = &summary.record;
        let (address, device) = keys::signed_in_from(record);
        SessionSummary {
            handle: summary.key.handle(),
            device: device.or_else(|| self.device().filter(|_| current)),
            address,
            created_at: view::timestamp(record.created_at),
            last_seen: view::timestamp(record.last_seen),
            current,
        }
    }
}
