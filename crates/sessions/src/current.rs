//! The session of one request.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use tokio::sync::Mutex;
use tower_sessions::Session;

use crate::backing::Shown;
use crate::cookie::Came;
use crate::history::Happening;
use crate::{
    AccountKey, Change, Key, Lifecycle, Policy, Reason, Record, Sessions, StoreError, Summary, Values,
};

mod inspection;
mod presence;
mod request_store;
mod settle;
mod state;

pub use inspection::{Holds, Inspection};
pub use presence::Presence;
use request_store::ThroughSession;
pub(crate) use request_store::meaning;
pub(crate) use settle::Settled;
pub(crate) use state::SetCookie;
use state::{CookieAnswer, GoesOn, State};

/// The session of one request: who it is, what it holds, and what becomes of it.
///
/// Put into the request's extensions by [`SessionLayer`](crate::SessionLayer). Nothing is loaded
/// before it is asked for; a request without a session cookie never reaches the store.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    pub(crate) visit: Arc<Visit>,
    /// The same as the ecosystem knows it.
    pub(crate) session: Session,
}

/// What a request knows of its session; of all who were handed it.
#[derive(Debug)]
pub(crate) struct Visit {
    sessions: Sessions,
    shown: Shown,
    /// Bytes of what the request carried under the cookie's name, well-formed or not.
    came: Came<usize>,
    passive: AtomicBool,
    sessionless: AtomicBool,
    read: AtomicBool,
    state: Mutex<State>,
    through_session: ThroughSession,
}

/// What a new authenticated session begins with.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whose it is.
    pub account: AccountKey,
    /// How long it lasts.
    pub policy: Policy,
    /// Its own first values; values of the session before join them by their lifecycles.
    pub values: Values,
}

impl CurrentSession {
    pub(crate) fn of_request(sessions: Sessions, headers: &HeaderMap) -> Self {
        let cookie = &sessions.settings().cookie;
        let came = cookie.came(headers);
        let value = came.once().and_then(|value| std::str::from_utf8(value).ok());
        let shown = value.map_or(Shown::Nothing, |value| sessions.recognise(value));
        let presence = match shown {
            Shown::Nothing => Some(Presence::Nobody),
            Shown::KeyRetired => Some(Presence::Ended { reason: Some(Reason::KeyRetired), in_flight: false }),
            Shown::Id { .. } | Shown::Contents(_) => None,
        };
        let state = State { presence, id: shown.id(), epoch: shown.epoch(), ..State::default() };
        let visit = Visit {
            came: came.map(|value| cookie.name.len() + "=".len() + value.len()),
            sessions,
            shown,
            passive: AtomicBool::new(false),
            sessionless: AtomicBool::new(false),
            read: AtomicBool::new(false),
            state: Mutex::new(state),
            through_session: ThroughSession::default(),
        };
        let visit = Arc::new(visit);
        Self { session: request_store::session(&visit), visit }
    }

    /// The engine.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.visit.sessions
    }

    /// Says that this request is no use of the session by a person: it moves no idle deadline.
    pub fn set_passive(&self) {
        self.visit.passive.store(true, Ordering::Relaxed);
    }

    /// Says that this visit begins no anonymous session, neither where each visit would
    /// ([`OnVisit`](crate::Anonymous::OnVisit)) nor for what survives a sign-out: its address has begun too many.
    pub fn set_sessionless(&self) {
        self.visit.sessionless.store(true, Ordering::Relaxed);
    }

    /// What the request's cookie led to, loaded once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the store does not answer, which says nothing about the session.
    pub async fn presence(&self) -> Result<Presence, StoreError> {
        self.visit.presence().await
    }

    /// Changes values of the living session, or of a new anonymous one if there is none. Returns the
    /// record as it is now; `None` if the change was dropped: the session is gone, or may not begin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nothing was changed.
    pub async fn change(
        &self,
        set: Values,
        removed: impl IntoIterator<Item = String>,
    ) -> Result<Option<Record>, StoreError> {
        let settled = self.settle_session().await;
        let is_settled = settled.is_ok();
        if self.visit.has_ending() {
            settled?;
        }
        let change = Change { set, removed: removed.into_iter().collect(), at: self.sessions().now() };
        let changed = self.visit.change(change).await?;
        // What could not be saved is saved with the answer, or told with it.
        if is_settled {
            self.renew_session().await;
        }
        Ok(changed)
    }

    /// Signs an account in: a new id, a new record, and the old one ended, whoever's it was. Always
    /// sets the cookie.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nobody is signed in, and the old session stands, unless the store ended it and did
    /// not say so in time, twice.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Record, StoreError> {
        self.settle_session().await?;
        let mut state = self.visit.loaded().await?;
        self.visit.end_for_good(&state, Reason::Cycled).await?;
        self.visit.catch_up(&mut state).await?;
        let sessions = &self.visit.sessions;
        let mut new = Record::new(sign_in.policy, sessions.now());
        new.account = Some(sign_in.account);
        new.values = sign_in.values;
        let begin = |old: Option<&Record>| {
            let Some(old) = old else { return new.clone() };
            let is_other = old.account.is_some_and(|account| Some(account) != new.account);
            let fate = move |lifecycle: &Lifecycle| {
                if is_other { lifecycle.change_of_user } else { lifecycle.sign_in }
            };
            let values = sessions.settings().lifecycles.carry(&old.values, new.values.clone(), fate);
            Record { values, ..new.clone() }
        };
        if let Some(id) = self.visit.replace(&mut state, begin, GoesOn::Always).await? {
            self.visit.note(id, Happening::SignedIn);
        }
        let record = state.living().map_or(new, |living| living.record.clone());
        drop(state);
        self.renew_session().await;
        Ok(record)
    }

    /// Exchanges the id of the living session for a new one; `false` if there is none, or if it ends meanwhile:
    /// then it has ended under both. Dropped before it is done, it may have ended the old one, and the visitor has
    /// to sign in again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the old id stands, unless the store ended it and did not say so in time, twice.
    pub async fn cycle_id(&self) -> Result<bool, StoreError> {
        self.settle_session().await?;
        self.visit.cycle_id().await
    }

    /// The key of the living session, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn key(&self) -> Result<Option<Key>, StoreError> {
        let state = self.visit.loaded().await?;
        Ok(state.living().map(|living| self.visit.sessions.key(&living.id)))
    }

    /// The key of the session that the request's cookie names, living or not; `None` if it names none that could be.
    #[must_use]
    pub fn presented(&self) -> Option<Key> {
        self.visit.shown.id().map(|id| self.visit.sessions.key(&id))
    }

    /// The living sessions of the account that is signed in, newest first; where they cannot be listed, this
    /// one alone. Of a guest, none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn of_account(&self) -> Result<Vec<Summary>, StoreError> {
        let state = self.visit.loaded().await?;
        let Some((living, account)) = state.signed_in() else { return Ok(Vec::new()) };
        let sessions = &self.visit.sessions;
        let alone = || vec![Summary { key: sessions.key(&living.id), record: living.record.clone() }];
        Ok(sessions.of_account(account).await?.unwrap_or_else(alone))
    }

    /// Ends all other sessions of the account that is signed in; this one goes on under a new id, so that whoever has a
    /// copy of the old one is out as well. `false`: nobody is signed in, or this session has ended meanwhile, here or on
    /// another server, and ends no other any more. Dropped before it is done, it may have ended the old id alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the id may have changed, and some may have ended; where the cookie holds the record,
    /// this one too, if that was done and not said in time, twice.
    pub async fn end_others(&self, reason: Reason) -> Result<bool, StoreError> {
        let is_signed_in = self.visit.loaded().await?.signed_in().is_some();
        if !is_signed_in || !self.cycle_id().await? {
            return Ok(false);
        }
        self.end_others_after_cycle(reason).await
    }

    /// The same for whoever has changed the id in this request already. One with a record in a cookie that has not is
    /// signed out by its own next request, if that left before this is answered.
    ///
    /// # Errors
    /// Those of [`end_others`](Self::end_others).
    pub async fn end_others_after_cycle(&self, reason: Reason) -> Result<bool, StoreError> {
        let mut state = self.visit.loaded().await?;
        let Some((living, account)) = state.signed_in() else { return Ok(false) };
        let Some(epoch) = self.visit.sessions.end_others(living, account, reason).await? else {
            self.visit.go_on(&mut state, None)?;
            return Ok(false);
        };
        if epoch != state.epoch {
            state.epoch = epoch;
            self.visit.hand_out(&mut state)?;
        }
        Ok(true)
    }

    /// Ends all sessions of the account that is signed in, this one too. What its lifecycles keep goes on as after
    /// [`sign_out`](Self::sign_out). `false`: nobody is, or this session has been ended for good meanwhile, here or on
    /// another server, and ends no other any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: some may have ended. This one is the last, so that it can be tried again, unless
    /// [`Session`] was told to end it.
    pub async fn end_all(&self, reason: Reason) -> Result<bool, StoreError> {
        let account = {
            let mut state = self.visit.loaded().await?;
            let Some((living, account)) = state.signed_in() else { return Ok(false) };
            if self.visit.sessions.has_ended_for_good(living).await? {
                self.visit.go_on(&mut state, None)?;
                return Ok(false);
            }
            account
        };
        self.settle_session_if_possible().await;
        self.end_all_of_account(account, reason).await?;
        self.renew_session().await;
        Ok(true)
    }

    async fn end_all_of_account(&self, account: AccountKey, reason: Reason) -> Result<(), StoreError> {
        let mut state = self.visit.loaded().await?;
        let Some(living) = state.signed_in().map(|(living, _)| living) else {
            // `Session` was told to end it, or it goes on under another id.
            return self.visit.sessions.end_of_account(account, reason).await.map(drop);
        };
        let id = living.id;
        let Some(last) = self.visit.sessions.end_all(living, account, reason).await? else {
            // It had ended already, and the browser may have a newer cookie.
            return self.visit.go_on(&mut state, None);
        };
        self.visit.note(id, Happening::Ended(reason));
        self.visit.leave(&mut state, &last).await;
        Ok(())
    }

    /// Ends the oldest living sessions of the account that is signed in, so that it has no more than `most`;
    /// never this one. Returns how many: none where they cannot be listed.
    ///
    /// Each who calls it after beginning a session sees that one, so the last of several at once sees them all.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: some may have ended.
    pub async fn end_oldest(&self, most: usize) -> Result<usize, StoreError> {
        let here = self.key().await?;
        let mut listed = self.of_account().await?;
        // Those of one moment in the same order for everybody who lists them.
        listed.sort_by_key(|one| (Some(one.key) != here, Reverse((one.record.created_at, one.key))));
        let oldest = listed.get(most..).unwrap_or_default();
        let mut ended = 0;
        for one in oldest {
            ended += usize::from(self.visit.sessions.end_by_key(&one.key, Reason::Displaced).await?);
        }
        Ok(ended)
    }

    /// Ends the session. What its lifecycles keep goes on in a new anonymous session with a new id;
    /// otherwise the cookie is removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nobody was signed out, and the cookie stays.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        self.settle_session_if_possible().await;
        self.visit.sign_out().await?;
        self.renew_session().await;
        Ok(())
    }
}
