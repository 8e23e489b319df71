//! Where records live: in a store, or in the cookie itself.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use crate::revocations::{EndedEarly, Remembered};
use crate::signed_id::{self, Verified};
use crate::store::{Loaded, StoreError};
use crate::{
    AccountKey, Capabilities, Change, ClientSide, Contents, Key, KeyRing, Reason, Record, Refused, Sealing,
    SessionId, Sessions, Store, Summary,
};

#[cfg(test)]
mod tests;

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
    pub fn new(
        codec: ClientSide,
        revocations: Arc<dyn crate::revocations::Revocations>,
        believed_for: Duration,
    ) -> Self {
        Self { codec, remembered: Remembered::new(revocations, believed_for) }
    }
}

impl Backing {
    /// What sessions can do here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Server { store, .. } => store.capabilities(),
            Self::Client(client) => Capabilities {
                name: match client.codec.sealing() {
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

/// What a request's cookie shows.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// Nothing that was ever handed out.
    Nothing,
    /// Something made with a key that is no longer in the ring.
    KeyRetired,
    /// The id of a record in the store.
    Id { id: SessionId, stale_key: bool },
    /// A record.
    Contents { contents: Box<Contents>, stale_key: bool },
}

impl Shown {
    pub(crate) fn id(&self) -> Option<SessionId> {
        match self {
            Self::Nothing | Self::KeyRetired => None,
            Self::Id { id, .. } => Some(*id),
            Self::Contents { contents, .. } => Some(contents.id),
        }
    }

    /// The account's epoch when it was sealed.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Contents { contents, .. } => contents.epoch,
            Self::Nothing | Self::KeyRetired | Self::Id { .. } => 0,
        }
    }

    /// Whether the cookie is to be made anew with the ring's first key.
    pub(crate) fn has_stale_key(&self) -> bool {
        matches!(self, Self::Id { stale_key: true, .. } | Self::Contents { stale_key: true, .. })
    }
}

impl From<Refused> for Shown {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnknownKey => Self::KeyRetired,
            Refused::Malformed | Refused::Forged => Self::Nothing,
        }
    }
}

/// What the engine asks of a store, or does itself for client-side sessions. Each within the time limit.
impl Sessions {
    /// Reads the cookie's value.
    pub(crate) fn recognise(&self, value: &str) -> Shown {
        let name = &self.settings().cookie.name;
        match &self.settings().backing {
            Backing::Server { signer: None, .. } => {
                SessionId::parse(value).map_or(Shown::Nothing, |id| Shown::Id { id, stale_key: false })
            }
            Backing::Server { signer: Some(ring), .. } => match signed_id::verify(ring, name, value) {
                Ok(Verified { id, stale_key }) => Shown::Id { id, stale_key },
                Err(refused) => refused.into(),
            },
            Backing::Client(client) => match client.codec.open(name, value) {
                Ok(opened) => {
                    Shown::Contents { contents: Box::new(opened.contents), stale_key: opened.stale_key }
                }
                Err(refused) => refused.into(),
            },
        }
    }

    /// The record that the cookie led to, or why there is none.
    pub(crate) async fn load(&self, shown: &Shown) -> Result<Loaded, StoreError> {
        match (shown, &self.settings().backing) {
            (Shown::Id { id, .. }, Backing::Server { store, .. }) => {
                self.within_budget(store.load(&self.key(id))).await
            }
            (Shown::Contents { contents, .. }, Backing::Client(_)) => {
                let loaded = Loaded::at(contents.record.clone(), self.now());
                let Loaded::Living(record) = loaded else { return Ok(loaded) };
                let standing = self.standing(&contents.id, &record).await?;
                Ok(match standing.end_of(contents.epoch) {
                    Some((reason, at)) => Loaded::Ended { reason, at },
                    None => Loaded::Living(record),
                })
            }
            _ => Ok(Loaded::Absent),
        }
    }

    /// Puts a record under a new id. Returns it, and the epoch in which the record begins.
    pub(crate) async fn insert(&self, record: &Record) -> Result<(SessionId, u64), StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => loop {
                let id = SessionId::random();
                if self.within_budget(store.insert(&self.key(&id), record)).await? {
                    return Ok((id, 0));
                }
            },
            Backing::Client(_) => {
                let id = SessionId::random();
                Ok((id, self.standing(&id, record).await?.epoch))
            }
        }
    }

    /// Applies a change to a living record. `None`: it has ended.
    pub(crate) async fn apply(
        &self,
        living: Living<'_>,
        change: &Change,
    ) -> Result<Option<Record>, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                self.within_budget(store.apply(&self.key(&living.id), change)).await
            }
            Backing::Client(_) => {
                let mut record = living.record.clone();
                record.apply(change);
                Ok(self.still_lives(living).await?.then_some(record))
            }
        }
    }

    /// Notes a use. The record with it, if the cookie is to carry it; `None` also if the session has ended.
    pub(crate) async fn touch(&self, living: Living<'_>) -> Result<Option<Record>, StoreError> {
        let now = self.now();
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                self.within_budget(store.touch(&self.key(&living.id), now)).await.map(|_| None)
            }
            Backing::Client(_) => {
                let mut record = living.record.clone();
                record.touch(now);
                Ok(self.still_lives(living).await?.then_some(record))
            }
        }
    }

    /// Ends one session.
    pub(crate) async fn end(
        &self,
        id: &SessionId,
        record: Option<&Record>,
        reason: Reason,
    ) -> Result<(), StoreError> {
        let key = self.key(id);
        match (&self.settings().backing, record) {
            (Backing::Server { store, .. }, _) => self.within_budget(store.end(&key, reason)).await,
            (Backing::Client(client), Some(record)) => {
                let ended = EndedEarly {
                    key,
                    account: record.account,
                    reason,
                    at: self.now(),
                    until: record.absolute_deadline(),
                };
                self.within_budget(client.remembered.end(ended)).await
            }
            (Backing::Client(_), None) => Ok(()),
        }
    }

    /// The cookie's value for a living session.
    pub(crate) fn cookie_value(
        &self,
        living: Living<'_>,
        max_age: Option<Duration>,
    ) -> Result<String, StoreError> {
        let cookie = &self.settings().cookie;
        match &self.settings().backing {
            Backing::Server { signer: None, .. } => Ok(living.id.encode()),
            Backing::Server { signer: Some(ring), .. } => Ok(signed_id::sign(ring, &cookie.name, &living.id)),
            Backing::Client(client) => {
                let contents = Contents { id: living.id, record: living.record.clone(), epoch: living.epoch };
                Ok(client.codec.seal(cookie, &contents, max_age)?)
            }
        }
    }

    /// Whether a session that lived when the request came still does. Only for the cookie's own records: a
    /// store says so itself.
    pub(crate) async fn still_lives(&self, living: Living<'_>) -> Result<bool, StoreError> {
        let standing = self.standing(&living.id, living.record).await?;
        Ok(standing.end_of(living.epoch).is_none())
    }

    async fn standing(
        &self,
        id: &SessionId,
        record: &Record,
    ) -> Result<crate::revocations::Standing, StoreError> {
        match &self.settings().backing {
            Backing::Server { .. } => Ok(crate::revocations::Standing::default()),
            Backing::Client(client) => {
                let key = self.key(id);
                self.within_budget(client.remembered.standing(&key, record.account, self.now())).await
            }
        }
    }
}

/// A living session as a request knows it.
#[derive(Clone, Copy)]
pub(crate) struct Living<'a> {
    pub id: SessionId,
    pub record: &'a Record,
    pub epoch: u64,
}

/// What operators and accounts ask of all sessions.
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
                self.standing(&id, &nobody).await.map(drop)
            }
        }
    }

    /// Ends all sessions of an account. Returns how many, where that is known.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: some may have ended.
    pub async fn end_of_account(
        &self,
        account: AccountKey,
        reason: Reason,
    ) -> Result<Option<u64>, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                self.within_budget(store.end_of_account(account, None, reason)).await.map(Some)
            }
            Backing::Client(client) => {
                let raising = client.remembered.raise(account, reason, self.now());
                self.within_budget(raising).await.map(|_| None)
            }
        }
    }

    /// Ends the session with this key; none of those whose records are in cookies.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_by_key(&self, key: &Key, reason: Reason) -> Result<(), StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => self.within_budget(store.end(key, reason)).await,
            Backing::Client(_) => Ok(()),
        }
    }

    /// Ends all sessions of a record's account but this one. Returns how many, where that is known, and the
    /// epoch in which this one goes on.
    pub(crate) async fn end_others(
        &self,
        living: Living<'_>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<(Option<u64>, u64), StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let here = self.key(&living.id);
                let ending = store.end_of_account(account, Some(&here), reason);
                Ok((Some(self.within_budget(ending).await?), 0))
            }
            Backing::Client(client) => {
                let raising = client.remembered.raise(account, reason, self.now());
                Ok((None, self.within_budget(raising).await?))
            }
        }
    }

    /// The living sessions of an account, newest first; `None` where they cannot be listed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn of_account(&self, account: AccountKey) -> Result<Option<Vec<Summary>>, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => self.within_budget(store.of_account(account)).await.map(Some),
            Backing::Client(_) => Ok(None),
        }
    }

    /// Takes at most `limit` of what has expired, and as many reasons that nobody needs any more. Returns
    /// how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => store.sweep(limit).await,
            Backing::Client(client) => client.remembered.sweep(self.now(), limit).await,
        }
    }

    /// The present moment, to the millisecond: nothing keeps more.
    pub(crate) fn now(&self) -> OffsetDateTime {
        let now = self.settings().clock.now();
        now.replace_nanosecond(now.nanosecond() / 1_000_000 * 1_000_000).unwrap_or(now)
    }
}
