//! What the request's cookie led to.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use time::{Duration, OffsetDateTime};
use tokio::sync::MutexGuard;

use super::{State, Visit};
use crate::history::Happening;
use crate::{Loaded, Reason, Record, SessionId, StoreError};

/// For so long after a sign-out or a change of id, requests with the old id count as still in flight:
/// their changes are dropped and their answers carry no cookie.
const IN_FLIGHT: Duration = Duration::seconds(60);

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

impl Visit {
    /// The state, with the presented session loaded.
    pub(super) async fn loaded(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        self.read.store(true, Ordering::Relaxed);
        let mut state = self.state.lock().await;
        if state.presence.is_none()
            && let Some(id) = state.id
        {
            state.presence = Some(self.load(&id).await?);
        }
        Ok(state)
    }

    async fn load(&self, id: &SessionId) -> Result<Presence, StoreError> {
        let sessions = &self.sessions;
        match sessions.load(&self.shown).await {
            Ok(Loaded::Living(record)) => Ok(Presence::Living(record)),
            Ok(Loaded::Ended { reason, at }) => {
                self.note_at(*id, Happening::Ended(reason), at);
                let in_flight = is_in_flight(reason, at, sessions.now());
                Ok(Presence::Ended { reason: Some(reason), in_flight })
            }
            Ok(Loaded::Absent) => Ok(Presence::Ended { reason: None, in_flight: false }),
            Err(StoreError::Corrupt(source)) => {
                let session = sessions.key(id);
                tracing::error!(?session, %source, "removing a session record that cannot be read");
                // What cannot be marked, such as a folder in a file's place, is found again the next time.
                let _ = sessions.end(id, None, Reason::Corrupt).await;
                Ok(Presence::Ended { reason: Some(Reason::Corrupt), in_flight: false })
            }
            Err(unavailable) => Err(unavailable),
        }
    }
}

/// Whether an answer to this id may still be on its way to a browser that has a newer cookie.
fn is_in_flight(reason: Reason, at: OffsetDateTime, now: OffsetDateTime) -> bool {
    matches!(reason, Reason::SignedOut | Reason::Cycled) && (now - at).abs() < IN_FLIGHT
}
