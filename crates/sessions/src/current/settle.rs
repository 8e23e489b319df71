//! What becomes of a request's session when the response head is ready.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::{CookieAnswer, CurrentSession, Presence, State};
use crate::Anonymous;
use crate::store::StoreError;

/// What the answer must carry.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Settled {
    /// The `Set-Cookie` value, if the cookie changes.
    pub set_cookie: Option<String>,
    /// Whether the session was read or written: then the answer is this visitor's alone.
    pub was_read: bool,
}

impl CurrentSession {
    /// Notes the use, and says what the answer must carry.
    pub(crate) async fn settle(&self) -> Result<Settled, StoreError> {
        let begins_on_visit = self.sessions().settings().anonymous == Anonymous::OnVisit;
        if begins_on_visit && !self.inner.sessionless.load(Ordering::Relaxed) {
            self.begin_on_visit().await?;
        }
        if !self.inner.read.load(Ordering::Relaxed) {
            return Ok(Settled::default());
        }
        let state = self.inner.state.lock().await;
        self.touch_if_due(&state).await;
        let cookie = &self.sessions().settings().cookie;
        let set_cookie = match &state.cookie {
            CookieAnswer::Nothing => None,
            CookieAnswer::Set { id, max_age } => Some(cookie.set(&id.encode(), *max_age)),
            CookieAnswer::Remove => Some(cookie.removal()),
        };
        Ok(Settled { set_cookie, was_read: true })
    }

    async fn begin_on_visit(&self) -> Result<(), StoreError> {
        let mut state = self.loaded().await?;
        let is_new =
            matches!(state.presence, Some(Presence::Nobody | Presence::Ended { in_flight: false, .. }));
        if is_new && state.cookie == CookieAnswer::Nothing {
            self.begin_anonymous(&mut state, BTreeMap::new()).await?;
        }
        Ok(())
    }

    /// A use that cannot be noted is no reason to refuse the answer.
    async fn touch_if_due(&self, state: &State) {
        let sessions = self.sessions();
        let (Some(Presence::Living(record)), Some(id)) = (&state.presence, state.id) else { return };
        let now = sessions.now();
        let is_due = now - record.last_seen >= sessions.settings().touch_every;
        if !is_due || self.inner.passive.load(Ordering::Relaxed) {
            return;
        }
        let touched = sessions.within_budget(sessions.store().touch(&sessions.key(&id), now)).await;
        if let Err(error) = touched {
            tracing::warn!(%error, "a session's use could not be noted");
        }
    }
}
