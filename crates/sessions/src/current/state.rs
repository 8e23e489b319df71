//! What a request's session is at the moment, and how that changes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{Presence, Visit};
use crate::backing::Living;
use crate::cookie::Came;
use crate::history::Happening;
use crate::{AccountKey, Anonymous, Change, Loaded, Reason, Record, SessionId, StoreError, Values};

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// `None`: not loaded yet.
    pub presence: Option<Presence>,
    /// The id under which the present session lives; another one than the cookie's after a sign-in.
    pub id: Option<SessionId>,
    /// The account's epoch in which it was sealed, if the cookie holds the record.
    pub epoch: u64,
    pub cookie: CookieAnswer,
    /// When the session was handed out in a cookie, right after it was asked whether it lives.
    pub handed_out: Option<Instant>,
}

impl State {
    /// The living session.
    pub(super) fn living(&self) -> Option<Living<'_>> {
        let record = self.presence.as_ref().and_then(Presence::record)?;
        Some(Living { id: self.id?, record, epoch: self.epoch })
    }

    /// Whether a session that begins with this record is the living one's visitor's for sure.
    fn may_go_on_as(&self, record: &Record) -> bool {
        self.living().is_some_and(|old| old.record.account.is_none() || old.record.account == record.account)
    }

    /// The living session of an account, and whose it is.
    pub(super) fn signed_in(&self) -> Option<(Living<'_>, AccountKey)> {
        let living = self.living()?;
        Some((living, living.record.account?))
    }
}

/// What to say of the cookie in the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum CookieAnswer {
    #[default]
    Nothing,
    /// Hand out this.
    Set(SetCookie),
    Remove,
}

/// A `Set-Cookie` value, which `Debug` does not show: it signs in.
#[derive(Clone, PartialEq)]
pub(crate) struct SetCookie(pub String);

impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetCookie(..)")
    }
}

/// When a record may go on under a new id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GoesOn {
    /// Whatever becomes of the old one: somebody has just shown who they are.
    Always,
    /// If the old one lived until it was ended for that.
    WhileItLives,
}

impl Visit {
    pub(super) async fn presence(&self) -> Result<Presence, StoreError> {
        let state = self.loaded().await?;
        Ok(state.presence.clone().unwrap_or(Presence::Nobody))
    }

    pub(super) async fn change(&self, change: Change) -> Result<Option<Record>, StoreError> {
        let mut state = self.loaded().await?;
        self.apply(&mut state, change).await
    }

    pub(super) async fn cycle_id(&self) -> Result<bool, StoreError> {
        let mut state = self.loaded().await?;
        self.catch_up(&mut state).await?;
        let Some(record) = state.presence.as_ref().and_then(Presence::record).cloned() else {
            return Ok(false);
        };
        let begin = |old: Option<&Record>| old.unwrap_or(&record).clone();
        Ok(self.replace(&mut state, begin, GoesOn::WhileItLives).await?.is_some())
    }

    pub(super) async fn sign_out(&self) -> Result<(), StoreError> {
        let mut state = self.loaded().await?;
        match state.presence.clone().unwrap_or(Presence::Nobody) {
            Presence::Nobody if self.came == Came::Never => {}
            Presence::Ended { in_flight: true, .. } => {}
            Presence::Nobody | Presence::Ended { in_flight: false, .. } => {
                self.end_for_good(&state, Reason::SignedOut).await?;
                state.cookie = CookieAnswer::Remove;
            }
            Presence::Living(_) => self.end(&mut state).await?,
        }
        Ok(())
    }

    /// Ends what a limit has ended: it would live again if the clock is put back.
    pub(super) async fn end_for_good(&self, state: &State, reason: Reason) -> Result<(), StoreError> {
        let is_over = matches!(
            state.presence,
            Some(Presence::Ended { reason: Some(Reason::Idle | Reason::Absolute), .. })
        );
        if is_over && let Some(id) = state.id {
            self.sessions.end(&id, self.shown.record(), reason).await?;
        }
        Ok(())
    }

    /// Takes over what others have made of the living session since it was loaded.
    pub(super) async fn catch_up(&self, state: &mut State) -> Result<(), StoreError> {
        let Some(living) = state.living() else { return Ok(()) };
        if let Some(record) = self.sessions.reload(living).await? {
            state.presence = Some(Presence::Living(record));
            return Ok(());
        }
        self.go_on(state, None)?;
        // For whoever is to be told; where it cannot be asked, they are not.
        if let Ok(Loaded::Ended { reason, .. }) = self.sessions.load(&self.shown).await {
            state.presence = Some(Presence::Ended { reason: Some(reason), in_flight: true });
        }
        Ok(())
    }

    /// Ends the living session and keeps what its lifecycles keep of what it held at last. If it has ended meanwhile,
    /// the browser may have a newer cookie, which stays.
    async fn end(&self, state: &mut State) -> Result<(), StoreError> {
        // Whatever becomes of this: one that began in this request and cannot be ended is known to nobody.
        state.cookie = CookieAnswer::Nothing;
        let Some(living) = state.living() else { return Ok(()) };
        let id = living.id;
        let Some(last) = self.sessions.end_living(living, Reason::SignedOut).await? else {
            return self.go_on(state, None);
        };
        self.note(id, Happening::Ended(Reason::SignedOut));
        self.leave(state, &last).await;
        Ok(())
    }

    /// Goes on without the session that has ended, with what its lifecycles keep, if a guest may have a session.
    pub(super) async fn leave(&self, state: &mut State, record: &Record) {
        state.presence = Some(Presence::Nobody);
        state.cookie = CookieAnswer::Remove;
        let settings = self.sessions.settings();
        if settings.anonymous == Anonymous::Never || self.sessionless.load(Ordering::Relaxed) {
            return;
        }
        let kept = settings.lifecycles.carry(&record.values, Values::new(), |lifecycle| lifecycle.sign_out);
        if !kept.is_empty()
            && let Err(error) = self.begin_anonymous(state, kept).await
        {
            tracing::debug!(%error, "a theme or language was lost at sign-out");
        }
    }

    async fn apply(&self, state: &mut State, change: Change) -> Result<Option<Record>, StoreError> {
        let sessions = &self.sessions;
        match (&state.presence, state.living()) {
            (_, Some(living)) if change.is_empty() => Ok(Some(living.record.clone())),
            // A store may hold what others have made of it; a cookie holds what it says, and needs no other.
            (_, Some(living))
                if sessions.capabilities().is_client_side && change.is_done_in(&living.record.values) =>
            {
                let record = living.record.clone();
                let lives = sessions.still_lives(living).await?;
                if !lives {
                    self.go_on(state, None)?;
                }
                Ok(lives.then_some(record))
            }
            (_, Some(living)) => {
                let id = living.id;
                let applied = sessions.apply(living, &change).await?;
                self.go_on(state, applied.clone())?;
                if applied.is_some() {
                    let names = change.set.names().map(str::to_owned).chain(change.removed);
                    self.note(id, Happening::Changed(names.collect()));
                }
                Ok(applied)
            }
            (Some(Presence::Ended { in_flight: true, .. }), _) => Ok(None),
            _ if change.set.is_empty() || sessions.settings().anonymous == Anonymous::Never => Ok(None),
            _ => self.begin_anonymous(state, change.set).await.map(Some),
        }
    }

    /// Takes over what a change has made of the living session; without a record it has ended meanwhile.
    pub(super) fn go_on(&self, state: &mut State, record: Option<Record>) -> Result<(), StoreError> {
        let Some(record) = record else {
            state.presence = Some(Presence::Ended { reason: None, in_flight: true });
            state.cookie = CookieAnswer::Nothing;
            return Ok(());
        };
        let before = state.presence.replace(Presence::Living(Arc::new(record)));
        if self.sessions.capabilities().is_client_side {
            self.hand_out(state).inspect_err(|_| state.presence = before)?;
        }
        Ok(())
    }

    /// Hands the living session out in a cookie.
    pub(super) fn hand_out(&self, state: &mut State) -> Result<(), StoreError> {
        let sessions = &self.sessions;
        let Some(living) = state.living() else { return Ok(()) };
        let is_persistent = living.record.policy.persistent;
        let max_age = is_persistent.then(|| living.record.absolute_deadline() - sessions.now());
        let value = sessions.cookie_value(living, max_age)?;
        state.cookie = CookieAnswer::Set(SetCookie(sessions.settings().cookie.set(&value, max_age)));
        state.handed_out = Some(Instant::now());
        Ok(())
    }

    pub(super) async fn begin_anonymous(
        &self,
        state: &mut State,
        values: Values,
    ) -> Result<Record, StoreError> {
        let sessions = &self.sessions;
        let mut record = Record::new(sessions.settings().anonymous_policy, sessions.now());
        record.values = values;
        let (before, is_same_visitor) = (state.id, state.may_go_on_as(&record));
        let (id, next) = self.insert(record.clone()).await?;
        *state = next;
        self.hand_on(before, id, is_same_visitor);
        self.note(id, Happening::Began);
        Ok(record)
    }

    /// Puts the record that `begin` makes of the living session's under a new id, then ends the old one: a crash
    /// between the two loses nobody's session, and the old id was never the new one's. What others change under the old
    /// id until it ends goes on too. `None`: it had ended meanwhile, and was only to go on if it had not.
    pub(super) async fn replace(
        &self,
        state: &mut State,
        begin: impl Fn(Option<&Record>) -> Record,
        goes_on: GoesOn,
    ) -> Result<Option<SessionId>, StoreError> {
        let old = state.living();
        let record = begin(old.map(|old| old.record));
        let is_same_visitor = state.may_go_on_as(&record);
        // Until the old one has ended, the request's session is that.
        let (new, mut next) = self.insert(record.clone()).await?;
        let last = match old {
            Some(old) => self.end_for(old, new, &record, &mut next).await?,
            None => None,
        };
        let (before, had_one) = (state.id, old.is_some());
        *state = next;
        match last {
            Some(last) => self.add(state, &record.values, &begin(Some(&last)).values).await,
            None if had_one && goes_on == GoesOn::WhileItLives => {
                self.go_on(state, None)?;
                self.sessions.end(&new, Some(&record), Reason::Cycled).await?;
            }
            None => {}
        }
        if had_one && goes_on == GoesOn::WhileItLives && state.living().is_none() {
            return Ok(None);
        }
        self.hand_on(before, new, is_same_visitor);
        if had_one {
            self.note(new, Happening::IdChanged);
        }
        Ok(Some(new))
    }

    /// Ends the old session for the new one, which goes on in `next`. Returns what it held at last; `None`: it had ended.
    async fn end_for(
        &self,
        old: Living<'_>,
        new: SessionId,
        record: &Record,
        next: &mut State,
    ) -> Result<Option<Record>, StoreError> {
        let ended = self.sessions.end_to_go_on(old, record, next.epoch).await;
        if ended.is_err() {
            self.sessions.forsake(new, record);
        }
        let Some((last, epoch)) = ended? else { return Ok(None) };
        if epoch != next.epoch {
            next.epoch = epoch;
            self.hand_out(next)?;
        }
        Ok(Some(last))
    }

    /// Adds what became of values meanwhile. The session goes on without it if the store is away just now: it has
    /// ended under its old id.
    async fn add(&self, state: &mut State, known: &Values, last: &Values) {
        let late = Change::between(known, last, self.sessions.now());
        let Some(living) = state.living().filter(|_| !late.is_empty()) else { return };
        let applied = self.sessions.apply(living, &late).await;
        if let Err(error) = applied.and_then(|record| self.go_on(state, record)) {
            tracing::error!(%error, "a change made while a session's id changed was lost");
        }
    }

    /// Puts a record under a new id. Returns that, and what the request's session is then.
    async fn insert(&self, record: Record) -> Result<(SessionId, State), StoreError> {
        let (id, epoch) = self.sessions.insert(&record).await?;
        let presence = Some(Presence::Living(Arc::new(record)));
        let mut next = State { presence, id: Some(id), epoch, ..State::default() };
        self.hand_out(&mut next)?;
        Ok((id, next))
    }
}
