//! Reporting security events: to the log, and to the account's owner.

use contract::{EventsView, SecurityEvent};
use sessions::{AccountKey, Key, Reason};

use super::{Member, Visitor, view};
use crate::{Account, AccountEvent, AuthError};

impl Member {
    /// The owner of this account.
    pub(super) fn of(account: &Account) -> Self {
        Self { account: account.key, username: account.username.to_string() }
    }
}

impl Visitor {
    /// The last events of the account that is signed in, the latest first.
    ///
    /// # Errors
    /// Those of [`Visitor::member`], or [`AuthError::Accounts`].
    pub async fn events(&self) -> Result<EventsView, AuthError> {
        let member = self.member()?;
        let events = self.auth.history.latest(member.account).await?;
        Ok(EventsView { events: events.iter().map(view::account_event).collect() })
    }

    /// Reports what has happened to somebody's account in the session that is theirs now.
    pub(super) async fn report(&self, event: SecurityEvent, whose: &Member) {
        let session = self.session.key().await.ok().flatten();
        self.report_of(event, whose, session).await;
    }

    /// As [`report`](Self::report), of a session that is not, or no more, the one that is theirs now.
    pub(super) async fn report_of(&self, event: SecurityEvent, whose: &Member, session: Option<Key>) {
        self.log(event, Some(whose), session);
        self.note(event, whose.account).await;
    }

    /// Reports a password that did not open the account that was meant, if there is one. To note it costs the
    /// same if there is none: nobody can tell by the time that it takes.
    pub(super) async fn report_failure(&self, meant: Option<&Account>) {
        let meant = meant.map(Member::of);
        self.log(SecurityEvent::SignInFailed, meant.as_ref(), None);
        let account = meant.map_or(AccountKey::NOBODY, |meant| meant.account);
        self.note(SecurityEvent::SignInFailed, account).await;
    }

    /// Logs an event. A name is logged if it is an account's, never what somebody typed.
    pub(super) fn log(&self, event: SecurityEvent, whose: Option<&Member>, session: Option<Key>) {
        let account = whose.map(|member| member.username.as_str());
        let session = session.map(|key| key.handle());
        let (name, address, request) = (event.name(), self.caller.address, self.caller.request);
        if event.is_refusal() {
            tracing::warn!(event = name, outcome = "refused", account, session, %address, %request, "{}", sentence(event));
        } else {
            tracing::info!(event = name, outcome = "done", account, session, %address, %request, "{}", sentence(event));
        }
    }

    /// Logs that somebody came with a session that has ended, and why; `None` if its id is not known.
    pub(super) fn log_end(&self, reason: Option<Reason>) {
        let event = if reason == Some(Reason::KeyRetired) { "key_retired" } else { "session_ended" };
        let reason = reason.map_or("unknown", Reason::as_str);
        let session = self.session.presented().map(|key| key.handle());
        let (address, request) = (self.caller.address, self.caller.request);
        tracing::info!(event, outcome = "refused", reason, session, %address, %request, "somebody came with a session that has ended");
    }

    /// What cannot be noted is in the log all the same, and no reason to refuse what was done.
    async fn note(&self, event: SecurityEvent, account: AccountKey) {
        let at = self.session.sessions().settings().clock.now();
        // Of a name that nobody has, nothing is to be kept of whoever typed it.
        let is_kept = account != AccountKey::NOBODY;
        let address = if is_kept { self.caller.address.to_string() } else { "unknown".to_owned() };
        let event = AccountEvent { event, at, address, device: self.device().filter(|_| is_kept), count: 1 };
        if let Err(error) = self.auth.history.note(account, &event).await {
            tracing::debug!(%error, source = ?std::error::Error::source(&error), "an account's event could not be noted");
        }
    }
}

const fn sentence(event: SecurityEvent) -> &'static str {
    match event {
        SecurityEvent::Registered => "an account was created",
        SecurityEvent::SignedIn => "signed in",
        SecurityEvent::SignInConfirmed => "the password was given again",
        SecurityEvent::SignInFailed => "wrong name or password",
        SecurityEvent::AccountThrottled => "too many failures of one account",
        SecurityEvent::Throttled => "too many attempts from one address",
        SecurityEvent::NextRefused => "a sign-in wanted to go on to another site",
        SecurityEvent::SignedOut => "signed out",
        SecurityEvent::SessionRevoked => "a session was ended from another",
        SecurityEvent::SessionsRevoked => "all other sessions were ended",
        SecurityEvent::SessionsDisplaced => "too many sessions: the oldest were ended",
        SecurityEvent::PasswordChanged => "the password was changed",
        SecurityEvent::AccountRemoved => "an account was removed by its owner",
    }
}
