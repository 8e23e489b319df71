//! What its owner may see of a session.

use serde_json::Value;
use time::OffsetDateTime;

use super::{CurrentSession, Presence, Visit};
use crate::backing::Shown;
use crate::cookie::Came;
use crate::history::{Event, Happening};
use crate::store::StoreError;
use crate::{Backing, Sealing, SessionId, client_side};

/// The inside of a request's session. It never holds the id, nor anything of another session.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// What the cookie led to.
    pub presence: Presence,
    /// Bytes of the cookie as the browser sent it, name and `=` included; `None` if it sent none.
    pub cookie_size: Option<usize>,
    /// What it holds, as far as this server can tell.
    pub holds: Holds,
    /// What anybody reads in the cookie of a living session with a base64 decoder, if it is signed only; the id
    /// is blacked out.
    pub payload: Option<Value>,
    /// What happened to the session of late, the oldest first; of one that has ended, its end alone. Without
    /// [`SessionsBuilder::history`](crate::SessionsBuilder::history) nothing more is known.
    pub events: Vec<Event>,
}

/// What a session cookie holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A random id.
    Id,
    /// A random id and its signature.
    SignedId,
    /// The record, for the server's eyes only.
    Encrypted,
    /// The record, readable and signed.
    Signed,
    /// Nothing that this server has made, or with a key that it no longer has.
    Unknown,
    /// One of several cookies with this name, of which nobody can tell which is ours.
    OneOfSeveral,
}

impl CurrentSession {
    /// Looks inside, which counts as no use of the session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn inspect(&self) -> Result<Inspection, StoreError> {
        self.set_passive();
        let presence = self.presence().await?;
        let id = self.visit.state.lock().await.id;
        let history = self.sessions().settings().history.as_ref();
        let events = history.zip(id).map(|(history, id)| history.of(&self.sessions().key(&id)));
        let events = events.unwrap_or_default();
        let is_living = presence.record().is_some();
        Ok(Inspection {
            cookie_size: self.visit.came.once(),
            holds: self.holds(),
            // Whoever comes with an ended session may be somebody else, who is told that it ended and no more.
            payload: if is_living { self.payload() } else { None },
            events: if is_living { events } else { self.end_alone(&presence, events) },
            presence,
        })
    }

    fn end_alone(&self, presence: &Presence, mut events: Vec<Event>) -> Vec<Event> {
        let noted = events.pop().filter(Event::is_end);
        let unnoted = || match presence {
            Presence::Ended { reason: Some(reason), .. } => {
                Some(Event { at: self.sessions().now(), happening: Happening::Ended(*reason) })
            }
            Presence::Ended { reason: None, .. } | Presence::Nobody | Presence::Living(_) => None,
        };
        noted.or_else(unnoted).into_iter().collect()
    }

    fn holds(&self) -> Holds {
        match (self.visit.came, &self.visit.shown) {
            (Came::Repeatedly, _) => return Holds::OneOfSeveral,
            (Came::Once(_), Shown::Nothing | Shown::KeyRetired) => return Holds::Unknown,
            _ => {}
        }
        match &self.sessions().settings().backing {
            Backing::Server { signer: None, .. } => Holds::Id,
            Backing::Server { signer: Some(_), .. } => Holds::SignedId,
            Backing::Client(client) => match client.sealing() {
                Sealing::Encrypted => Holds::Encrypted,
                Sealing::Signed => Holds::Signed,
            },
        }
    }

    fn payload(&self) -> Option<Value> {
        match &self.visit.shown {
            Shown::Contents(cookie) if self.holds() == Holds::Signed => {
                Some(client_side::without_id(&cookie.contents()))
            }
            _ => None,
        }
    }
}

impl Visit {
    /// Remembers what has happened to the session with this id, if anything is remembered.
    pub(super) fn note(&self, id: SessionId, happening: Happening) {
        self.note_at(id, happening, self.sessions.now());
    }

    pub(super) fn note_at(&self, id: SessionId, happening: Happening, at: OffsetDateTime) {
        if let Some(history) = &self.sessions.settings().history {
            history.note(self.sessions.key(&id), Event { at, happening });
        }
    }

    /// Goes on with another id.
    pub(super) fn hand_on(&self, old: Option<SessionId>, new: SessionId, whole: bool) {
        if let (Some(history), Some(old)) = (&self.sessions.settings().history, old) {
            history.hand_on(&self.sessions.key(&old), self.sessions.key(&new), whole);
        }
    }
}
