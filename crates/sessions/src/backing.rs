//! Where records live: in a store, or in the cookie itself.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::revocations::{Remembered, Revocations};
use crate::{
    Capabilities, ClientSide, KeyRing, Pace, Pauses, Record, Sealing, SessionId, Sessions, Store, StoreError,
};

mod account;
mod living;
mod opened;
mod shown;
#[cfg(test)]
mod tests;

pub(crate) use living::Living;
pub(crate) use opened::OpenedLately;
pub(crate) use shown::Shown;

/// Where records live.
#[derive(Clone, Debug)]
pub enum Backing {
    /// In a store; the cookie holds the record's id.
    Server {
        /// The store.
        store: Arc<dyn Store>,
        /// Signs ids, so that forged ones never reach the store.
        signer: Option<KeyRing>,
    },
    /// In the cookie; the server remembers only what has ended before its time.
    Client(ClientBacking),
}

/// Client-side sessions that can be ended.
#[derive(Clone, Debug)]
pub struct ClientBacking {
    codec: ClientSide,
    remembered: Remembered,
}

impl ClientBacking {
    /// Seals records by `codec`, and asks `revocations` which have ended; an answer is believed for
    /// `believed_for`, which bounds how long after its end on another server a session is accepted here.
    #[must_use]
    pub fn new(codec: ClientSide, revocations: Arc<dyn Revocations>, believed_for: Duration) -> Self {
        Self { codec, remembered: Remembered::new(revocations, believed_for) }
    }

    /// How records are sealed.
    #[must_use]
    pub const fn sealing(&self) -> Sealing {
        self.codec.sealing()
    }
}

impl Backing {
    /// The same, whose cookies are those of one application.
    pub(crate) fn of_application(self, prefix: &str) -> Self {
        match self {
            Self::Server { store, signer } => {
                Self::Server { store, signer: signer.map(|ring| ring.of_application(prefix)) }
            }
            Self::Client(client) => {
                Self::Client(ClientBacking { codec: client.codec.of_application(prefix), ..client })
            }
        }
    }

    /// What sessions can do here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Server { store, .. } => store.capabilities(),
            Self::Client(client) => Capabilities {
                name: match client.sealing() {
                    Sealing::Encrypted => "encrypted",
                    Sealing::Signed => "signed",
                },
                is_client_side: true,
                survives_restart: true,
                shared: true,
                listable: false,
                expires_by_itself: true,
            },
        }
    }
}

/// What concerns no session in particular.
impl Sessions {
    /// Whether what keeps sessions answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if it does not.
    pub async fn check(&self) -> Result<(), StoreError> {
        let id = SessionId::random();
        match &self.settings().backing {
            Backing::Server { store, .. } => self.within_budget(store.load(&self.key(&id))).await.map(drop),
            Backing::Client(_) => {
                let nobody = Record::new(self.settings().anonymous_policy, self.now());
                self.standing(&self.key(&id), &nobody).await.map(drop)
            }
        }
    }

    /// Takes at most `limit` of what has expired, and as many reasons that nobody needs any more, at `pace`.
    /// Returns how many; fewer than `limit` if nothing is left. Servers that share a store are all to sweep it: a
    /// gentle sweep keeps up with the sessions that its own server begins.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweep(&self, limit: usize, pace: Pace) -> Result<u64, StoreError> {
        let pauses = self.pauses(pace);
        match &self.settings().backing {
            Backing::Server { store, .. } => store.sweep(limit, &pauses).await,
            Backing::Client(client) => {
                pauses.in_steps(limit, |some| client.remembered.sweep(self.now(), some)).await
            }
        }
    }

    fn pauses(&self, pace: Pace) -> Pauses {
        Pauses::new(pace, self.begun().clone())
    }

    /// The present moment, to the millisecond: nothing keeps more.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.settings().clock.now();
        now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap_or(now)
    }
}
