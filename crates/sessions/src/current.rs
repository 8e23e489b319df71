//! The session of one request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, MutexGuard};

use crate::backing::{Living, Shown};
use crate::store::{Loaded, StoreError};
use crate::{
    AccountKey, Anonymous, Change, Key, Lifecycle, Policy, Reason, Record, SessionId, Sessions, Summary,
};

mod settle;

pub(crate) use settle::Settled;

/// For so long after a sign-out or a change of id, requests with the old id count as still in flight:
/// their changes are dropped and their answers carry no cookie.
const IN_FLIGHT: Duration = Duration::seconds(60);

/// The session of one request: who it is, what it holds, and what becomes of it.
///
/// Put into the request's extensions by [`SessionLayer`](crate::SessionLayer). Nothing is loaded
/// before it is asked for; a request without a session cookie never reaches the store.
#[derive(Clone, Debug)]
pub struct CurrentSession {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sessions: Sessions,
    shown: Shown,
    /// Whether the request carried anything under the cookie's name, well-formed or not.
    carries_cookie: bool,
    passive: AtomicBool,
    sessionless: AtomicBool,
    read: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// `None`: not loaded yet.
    presence: Option<Presence>,
    /// The id under which the present session lives; another one than the cookie's after a sign-in.
    id: Option<SessionId>,
    /// The account's epoch in which it was sealed, if the cookie holds the record.
    epoch: u64,
    cookie: CookieAnswer,
}

impl State {
    /// The living session.
    fn living(&self) -> Option<Living<'_>> {
        let record = self.presence.as_ref().and_then(Presence::record)?;
        Some(Living { id: self.id?, record, epoch: self.epoch })
    }

    /// The living session of an account, and whose it is.
    fn signed_in(&self) -> Option<(Living<'_>, AccountKey)> {
        let living = self.living()?;
        Some((living, living.record.account?))
    }
}

/// What to say of the cookie in the answer.
#[derive(Clone, Debug, Default, PartialEq)]
enum CookieAnswer {
    #[default]
    Nothing,
    /// Hand out this `Set-Cookie` value.
    Set(String),
    Remove,
}

/// What the request's cookie led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// No cookie: a guest who has chosen nothing.
    Nobody,
    /// A living session, a guest's or an account's.
    Living(Arc<Record>),
    /// A session that has ended: a guest.
    Ended {
        /// Why; `None` if its id is not known.
        reason: Option<Reason>,
        /// Whether it was signed out, or its id changed, less than 60 seconds ago.
        in_flight: bool,
    },
}

impl Presence {
    /// The record of a living session.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Living(record) => Some(record),
            Self::Nobody | Self::Ended { .. } => None,
        }
    }
}

/// What a new authenticated session begins with.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// Whose it is.
    pub account: AccountKey,
    /// How long it lasts.
    pub policy: Policy,
    /// Its own first values; values of the session before join them by their lifecycles.
    pub values: BTreeMap<String, Value>,
}

impl CurrentSession {
    pub(crate) fn of_request(sessions: Sessions, headers: &HeaderMap) -> Self {
        let cookie = sessions.settings().cookie.read(headers);
        let shown = cookie.map_or(Shown::Nothing, |value| sessions.recognise(value));
        let presence = match shown {
            Shown::Nothing => Some(Presence::Nobody),
            Shown::KeyRetired => Some(Presence::Ended { reason: Some(Reason::KeyRetired), in_flight: false }),
            Shown::Id { .. } | Shown::Contents { .. } => None,
        };
        let state = State { presence, id: shown.id(), epoch: shown.epoch(), cookie: CookieAnswer::Nothing };
        let inner = Inner {
            carries_cookie: cookie.is_some(),
            sessions,
            shown,
            passive: AtomicBool::new(false),
            sessionless: AtomicBool::new(false),
            read: AtomicBool::new(false),
            state: Mutex::new(state),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The engine.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.inner.sessions
    }

    /// Says that this request is no use of the session by a person: it moves no idle deadline.
    pub fn set_passive(&self) {
        self.inner.passive.store(true, Ordering::Relaxed);
    }

    /// Says that this visit begins no anonymous session, even where each visit would
    /// ([`Anonymous::OnVisit`]): its address has begun too many.
    pub fn set_sessionless(&self) {
        self.inner.sessionless.store(true, Ordering::Relaxed);
    }

    /// What the request's cookie led to, loaded once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the store does not answer, which says nothing about the session.
    pub async fn presence(&self) -> Result<Presence, StoreError> {
        let state = self.loaded().await?;
        Ok(state.presence.clone().unwrap_or(Presence::Nobody))
    }

    /// Changes values of the living session, or of a new anonymous one if there is none. Returns the
    /// record as it is now; `None` if the change was dropped: the session is gone, or may not begin.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nothing was changed.
    pub async fn change(
        &self,
        set: BTreeMap<String, Value>,
        removed: impl IntoIterator<Item = String>,
    ) -> Result<Option<Record>, StoreError> {
        let mut state = self.loaded().await?;
        let change = Change { set, removed: removed.into_iter().collect(), at: self.inner.sessions.now() };
        self.apply(&mut state, change).await
    }

    /// Signs an account in: a new id, a new record, and the old one ended, whoever's it was. Always
    /// sets the cookie.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nobody is signed in, and the old session stands.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Record, StoreError> {
        let mut state = self.loaded().await?;
        let old = state.presence.as_ref().and_then(Presence::record);
        let carried = old.map(|old| {
            let is_other = old.account.is_some_and(|account| account != sign_in.account);
            let fate = move |lifecycle: &Lifecycle| {
                if is_other { lifecycle.change_of_user } else { lifecycle.sign_in }
            };
            self.inner.sessions.settings().lifecycles.carry(&old.values, sign_in.values.clone(), fate)
        });
        let mut record = Record::new(sign_in.policy, self.inner.sessions.now());
        record.account = Some(sign_in.account);
        record.values = carried.unwrap_or(sign_in.values);
        self.replace(&mut state, record.clone()).await?;
        Ok(record)
    }

    /// Exchanges the id of the living session for a new one; `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: the old id stands.
    pub async fn cycle_id(&self) -> Result<bool, StoreError> {
        let mut state = self.loaded().await?;
        let Some(record) = state.presence.as_ref().and_then(Presence::record).cloned() else {
            return Ok(false);
        };
        self.replace(&mut state, record).await?;
        Ok(true)
    }

    /// The key of the living session, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn key(&self) -> Result<Option<Key>, StoreError> {
        let state = self.loaded().await?;
        Ok(state.living().map(|living| self.inner.sessions.key(&living.id)))
    }

    /// The living sessions of the account that is signed in, newest first; where they cannot be listed, this
    /// one alone. Of a guest, none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn of_account(&self) -> Result<Vec<Summary>, StoreError> {
        let state = self.loaded().await?;
        let Some((living, account)) = state.signed_in() else { return Ok(Vec::new()) };
        let sessions = &self.inner.sessions;
        let alone = || vec![Summary { key: sessions.key(&living.id), record: living.record.clone() }];
        Ok(sessions.of_account(account).await?.unwrap_or_else(alone))
    }

    /// Ends all other sessions of the account that is signed in. Returns how many, where that is known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: some may have ended; where the cookie holds the record, this one too.
    pub async fn end_others(&self, reason: Reason) -> Result<Option<u64>, StoreError> {
        let mut state = self.loaded().await?;
        let Some((living, account)) = state.signed_in() else { return Ok(Some(0)) };
        let (count, epoch) = self.inner.sessions.end_others(living, account, reason).await?;
        if epoch != state.epoch {
            state.epoch = epoch;
            self.hand_out(&mut state)?;
        }
        Ok(count)
    }

    /// Ends the session. What its lifecycles keep goes on in a new anonymous session with a new id;
    /// otherwise the cookie is removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: nobody was signed out, and the cookie stays.
    pub async fn sign_out(&self) -> Result<(), StoreError> {
        let mut state = self.loaded().await?;
        match state.presence.clone().unwrap_or(Presence::Nobody) {
            Presence::Nobody if !self.inner.carries_cookie => {}
            Presence::Ended { in_flight: true, .. } => {}
            Presence::Nobody | Presence::Ended { in_flight: false, .. } => {
                state.cookie = CookieAnswer::Remove;
            }
            Presence::Living(record) => self.end(&mut state, &record).await?,
        }
        Ok(())
    }

    /// Ends the living session and keeps what its lifecycles keep.
    async fn end(&self, state: &mut State, record: &Record) -> Result<(), StoreError> {
        let sessions = &self.inner.sessions;
        if let Some(id) = state.id {
            sessions.end(&id, Some(record), Reason::SignedOut).await?;
        }
        state.presence = Some(Presence::Nobody);
        state.cookie = CookieAnswer::Remove;
        let lifecycles = &sessions.settings().lifecycles;
        let kept = lifecycles.carry(&record.values, BTreeMap::new(), |lifecycle| lifecycle.sign_out);
        if !kept.is_empty()
            && let Err(error) = self.begin_anonymous(state, kept).await
        {
            tracing::warn!(%error, "a theme or language was lost at sign-out");
        }
        Ok(())
    }

    /// The state, with the presented session loaded.
    async fn loaded(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        self.inner.read.store(true, Ordering::Relaxed);
        let mut state = self.inner.state.lock().await;
        if state.presence.is_none()
            && let Some(id) = state.id
        {
            state.presence = Some(self.load(&id).await?);
        }
        Ok(state)
    }

    async fn load(&self, id: &SessionId) -> Result<Presence, StoreError> {
        let sessions = &self.inner.sessions;
        match sessions.load(&self.inner.shown).await {
            Ok(Loaded::Living(record)) => Ok(Presence::Living(Arc::new(record))),
            Ok(Loaded::Ended { reason, at }) => Ok(Presence::Ended {
                reason: Some(reason),
                in_flight: is_in_flight(reason, at, sessions.now()),
            }),
            Ok(Loaded::Absent) => Ok(Presence::Ended { reason: None, in_flight: false }),
            Err(StoreError::Corrupt(source)) => {
                let session = sessions.key(id);
                tracing::error!(?session, %source, "removing a session record that cannot be read");
                sessions.end(id, None, Reason::Corrupt).await?;
                Ok(Presence::Ended { reason: Some(Reason::Corrupt), in_flight: false })
            }
            Err(unavailable) => Err(unavailable),
        }
    }

    async fn apply(&self, state: &mut State, change: Change) -> Result<Option<Record>, StoreError> {
        let sessions = &self.inner.sessions;
        match (&state.presence, state.living()) {
            (_, Some(living)) if change.is_empty() => Ok(Some(living.record.clone())),
            (_, Some(living)) => {
                let applied = sessions.apply(living, &change).await?;
                self.go_on(state, applied.clone())?;
                Ok(applied)
            }
            (Some(Presence::Ended { in_flight: true, .. }), _) => Ok(None),
            _ if change.set.is_empty() || sessions.settings().anonymous == Anonymous::Never => Ok(None),
            _ => self.begin_anonymous(state, change.set).await.map(Some),
        }
    }

    /// Takes over what a change has made of the living session; without a record it has ended meanwhile.
    fn go_on(&self, state: &mut State, record: Option<Record>) -> Result<(), StoreError> {
        let Some(record) = record else {
            state.presence = Some(Presence::Ended { reason: None, in_flight: true });
            state.cookie = CookieAnswer::Nothing;
            return Ok(());
        };
        let before = state.presence.replace(Presence::Living(Arc::new(record)));
        if self.inner.sessions.capabilities().is_client_side {
            self.hand_out(state).inspect_err(|_| state.presence = before)?;
        }
        Ok(())
    }

    /// Hands the living session out in a cookie.
    fn hand_out(&self, state: &mut State) -> Result<(), StoreError> {
        let sessions = &self.inner.sessions;
        let Some(living) = state.living() else { return Ok(()) };
        let is_persistent = living.record.policy.persistent;
        let max_age = is_persistent.then(|| living.record.absolute_deadline() - sessions.now());
        let value = sessions.cookie_value(living, max_age)?;
        state.cookie = CookieAnswer::Set(sessions.settings().cookie.set(&value, max_age));
        Ok(())
    }

    async fn begin_anonymous(
        &self,
        state: &mut State,
        values: BTreeMap<String, Value>,
    ) -> Result<Record, StoreError> {
        let sessions = &self.inner.sessions;
        let mut record = Record::new(sessions.settings().anonymous_policy, sessions.now());
        record.values = values;
        self.insert(state, record.clone()).await?;
        Ok(record)
    }

    /// Puts a record under a new id, then ends the old one: a crash between the two loses nobody's
    /// session, and the old id was never the new one's.
    async fn replace(&self, state: &mut State, record: Record) -> Result<(), StoreError> {
        let sessions = &self.inner.sessions;
        let old = state.living().map(|old| (old.id, old.record.clone()));
        let before = (state.presence.clone(), state.id, state.epoch, state.cookie.clone());
        self.insert(state, record).await?;
        if let Some((id, record)) = old {
            let ended = sessions.end(&id, Some(&record), Reason::Cycled).await;
            if ended.is_err() {
                (state.presence, state.id, state.epoch, state.cookie) = before;
            }
            ended?;
        }
        Ok(())
    }

    async fn insert(&self, state: &mut State, record: Record) -> Result<(), StoreError> {
        let (id, epoch) = self.inner.sessions.insert(&record).await?;
        let presence = Some(Presence::Living(Arc::new(record)));
        let mut next = State { presence, id: Some(id), epoch, cookie: CookieAnswer::Nothing };
        self.hand_out(&mut next)?;
        *state = next;
        Ok(())
    }
}

/// Whether an answer to this id may still be on its way to a browser that has a newer cookie.
fn is_in_flight(reason: Reason, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    matches!(reason, Reason::SignedOut | Reason::Cycled) && now - at < IN_FLIGHT
}
