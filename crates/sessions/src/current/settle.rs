//! What becomes of a request's session when the response head is ready.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{CookieAnswer, Presence, SetCookie, State, Visit};
use crate::backing::Living;
use crate::history::Happening;
use crate::store::StoreError;
use crate::{Anonymous, Values};

/// An answer that comes so soon after its session was asked for asks no other server again.
const AT_ONCE: Duration = Duration::from_millis(50);

/// What the answer must carry.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settled {
    /// The `Set-Cookie` value, if the cookie changes.
    pub set_cookie: Option<SetCookie>,
    /// Whether the session was read or written: then the answer is this visitor's alone.
    pub was_read: bool,
}

impl Visit {
    /// Notes the use, and says what the answer must carry.
    pub(crate) async fn settle(&self) -> Result<Settled, StoreError> {
        if self.may_begin_on_visit()
            && let Err(error) = self.begin_on_visit().await
        {
            // Who asked for a page and nothing of a session gets the page.
            tracing::debug!(%error, "a visit began no session");
        }
        if !self.read.load(Ordering::Relaxed) {
            return Ok(Settled::default());
        }
        let mut state = self.state.lock().await;
        if let Err(error) = self.keep_up(&mut state).await {
            // A use that cannot be noted is no reason to refuse the answer.
            tracing::debug!(%error, "a session's use could not be noted");
        }
        Ok(self.carried_if_alive(&mut state).await)
    }

    /// What the answer must carry though something could not be stored: whose id has changed gets the new one.
    pub(crate) async fn settle_after_failure(&self) -> Settled {
        let mut state = self.state.lock().await;
        self.carried_if_alive(&mut state).await
    }

    async fn carried_if_alive(&self, state: &mut State) -> Settled {
        if self.may_carry_what_has_ended(state)
            && let Err(error) = self.withhold_what_has_ended(state).await
        {
            // Nobody is signed in by such a cookie: who reads it asks again.
            tracing::debug!(%error, "whether a session has ended meanwhile could not be asked");
        }
        self.carried(state)
    }

    /// The same, if nothing is left to do.
    pub(crate) fn settled(&self) -> Option<Settled> {
        if self.may_begin_on_visit() {
            return None;
        }
        if !self.read.load(Ordering::Relaxed) {
            return Some(Settled::default());
        }
        let mut state = self.state.try_lock().ok()?;
        if self.may_carry_what_has_ended(&state) {
            return None;
        }
        let is_kept_up =
            state.living().is_none_or(|living| !self.is_due(living) && !self.shown.has_stale_key());
        is_kept_up.then(|| self.carried(&mut state))
    }

    /// What the answer must carry of a session that was read.
    fn carried(&self, state: &mut State) -> Settled {
        let set_cookie = match std::mem::take(&mut state.cookie) {
            CookieAnswer::Nothing => None,
            CookieAnswer::Set(cookie) => Some(cookie),
            CookieAnswer::Remove => Some(SetCookie(self.sessions.settings().cookie.removal())),
        };
        Settled { set_cookie, was_read: true }
    }

    /// Whether the answer would carry a record, which may have ended after it was sealed.
    fn may_carry_what_has_ended(&self, state: &State) -> bool {
        matches!(state.cookie, CookieAnswer::Set(_)) && self.sessions.capabilities().is_client_side
    }

    /// The browser may have a newer cookie by now, whose place an ended record would take. Whoever answers at once goes
    /// by what was asked for a moment ago.
    async fn withhold_what_has_ended(&self, state: &mut State) -> Result<(), StoreError> {
        let Some(living) = state.living() else { return Ok(()) };
        let at_once = state.handed_out.is_some_and(|since| since.elapsed() < AT_ONCE);
        let lives = if at_once {
            self.sessions.seems_to_live(living).await?
        } else {
            self.sessions.still_lives(living).await?
        };
        if lives { Ok(()) } else { self.go_on(state, None) }
    }

    fn may_begin_on_visit(&self) -> bool {
        let begins_on_visit = self.sessions.settings().anonymous == Anonymous::OnVisit;
        begins_on_visit && !self.sessionless.load(Ordering::Relaxed)
    }

    /// Whether this use is one of a person, and the last that was noted long enough ago.
    fn is_due(&self, living: Living<'_>) -> bool {
        let sessions = &self.sessions;
        !self.passive.load(Ordering::Relaxed)
            && sessions.now() - living.record.last_seen >= sessions.settings().touch_every
    }

    async fn begin_on_visit(&self) -> Result<(), StoreError> {
        let mut state = self.loaded().await?;
        let is_new =
            matches!(state.presence, Some(Presence::Nobody | Presence::Ended { in_flight: false, .. }));
        if is_new && state.cookie == CookieAnswer::Nothing {
            self.begin_anonymous(&mut state, Values::new()).await?;
        }
        Ok(())
    }

    /// Notes the use if that is due, and makes the cookie anew if its key is an older one.
    async fn keep_up(&self, state: &mut State) -> Result<(), StoreError> {
        let sessions = &self.sessions;
        let Some(living) = state.living() else { return Ok(()) };
        if self.is_due(living) {
            let id = living.id;
            let (lives, touched) = sessions.touch(living).await?;
            if lives {
                self.note(id, Happening::Used);
            }
            if sessions.capabilities().is_client_side {
                self.go_on(state, touched)?;
            }
        }
        let is_untouched = state.cookie == CookieAnswer::Nothing && state.id == self.shown.id();
        if let Some(living) = state.living()
            && self.shown.has_stale_key()
            && is_untouched
            && sessions.still_lives(living).await?
        {
            self.hand_out(state)?;
        }
        Ok(())
    }
}
