//! One session, in a store or in the cookie itself.

use std::sync::Arc;

use time::{Duration, OffsetDateTime};

use super::{Backing, ClientBacking, Shown};
use crate::revocations::{EndedBy, EndedEarly, Raised, Standing};
use crate::store::encoding::millis;
use crate::store::{Loaded, StoreError};
use crate::{Change, Contents, Key, Reason, Record, SessionId, Sessions, signed_id};

/// After so long a record is there that was given up, unless its store has stood still for longer.
const ON_ITS_WAY: std::time::Duration = std::time::Duration::from_secs(5);

/// A living session as a request knows it.
#[derive(Clone, Copy)]
pub(crate) struct Living<'a> {
    pub id: SessionId,
    pub record: &'a Record,
    pub epoch: u64,
}

/// What the engine asks of a store, or does itself for client-side sessions. Each within the time limit.
impl Sessions {
    /// The record that the cookie led to, or why there is none.
    pub(crate) async fn load(&self, shown: &Shown) -> Result<Loaded, StoreError> {
        match (shown, &self.settings().backing) {
            (Shown::Id { id, .. }, Backing::Server { store, .. }) => {
                let key = self.key(id);
                match store.at_hand(&key) {
                    Some(record) => {
                        self.note_answer();
                        Ok(Loaded::Living(record))
                    }
                    None => self.within_budget(store.load(&key)).await,
                }
            }
            (Shown::Contents(cookie), Backing::Client(_)) => {
                let loaded = Loaded::at(Arc::clone(&cookie.record), self.now());
                let Loaded::Living(record) = loaded else { return Ok(loaded) };
                let standing = self.standing(&cookie.key, &record).await?;
                Ok(match standing.end_of(cookie.epoch) {
                    Some((reason, at)) => Loaded::Ended { reason, at },
                    None => Loaded::Living(record),
                })
            }
            _ => Ok(Loaded::Absent),
        }
    }

    /// Puts a record under a new id. Returns it, and the epoch in which the record begins.
    pub(crate) async fn insert(&self, record: &Record) -> Result<(SessionId, u64), StoreError> {
        record.values.check_depth()?;
        match &self.settings().backing {
            Backing::Server { store, .. } => loop {
                let id = SessionId::random();
                match self.within_budget(store.insert(&self.key(&id), record)).await {
                    Ok(false) => {}
                    Ok(true) => {
                        self.begun().note();
                        return Ok((id, 0));
                    }
                    Err(error) => {
                        self.forsake(id, record);
                        return Err(error);
                    }
                }
            },
            Backing::Client(_) => {
                let id = SessionId::random();
                let epoch = self.standing(&self.key(&id), record).await?.epoch;
                self.begun().note();
                Ok((id, epoch))
            }
        }
    }

    /// Ends a session that nobody was told of, and that may have begun all the same: now, and once more in case its
    /// record was still on its way. Nobody waits for that.
    pub(crate) fn forsake(&self, id: SessionId, record: &Record) {
        let (sessions, record) = (self.clone(), record.clone());
        tokio::spawn(async move {
            for pause in [std::time::Duration::ZERO, ON_ITS_WAY] {
                tokio::time::sleep(pause).await;
                if let Err(error) = sessions.end(&id, Some(&record), Reason::Cycled).await {
                    tracing::debug!(%error, "a session that nobody has may have begun");
                }
            }
        });
    }

    /// Applies a change to a living record. `None`: it has ended.
    pub(crate) async fn apply(
        &self,
        living: Living<'_>,
        change: &Change,
    ) -> Result<Option<Record>, StoreError> {
        change.set.check_depth()?;
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

    /// Notes a use. Whether the session still lives, and the record with the note, if the cookie is to carry it.
    pub(crate) async fn touch(&self, living: Living<'_>) -> Result<(bool, Option<Record>), StoreError> {
        let now = self.now();
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                self.within_budget(store.touch(&self.key(&living.id), now)).await.map(|lives| (lives, None))
            }
            Backing::Client(_) => {
                let mut record = living.record.clone();
                record.touch(now);
                let lives = self.still_lives(living).await?;
                Ok((lives, lives.then_some(record)))
            }
        }
    }

    /// Ends a living session. Returns what it held at last; `None`: it had ended already.
    pub(crate) async fn end_living(
        &self,
        living: Living<'_>,
        reason: Reason,
    ) -> Result<Option<Record>, StoreError> {
        let is_client_side = self.capabilities().is_client_side;
        if is_client_side && !self.still_lives(living).await? {
            return Ok(None);
        }
        self.end(&living.id, Some(living.record), reason).await
    }

    /// Ends one session. Returns what it held at last, if it lived until now; where `record` is in a cookie, that.
    pub(crate) async fn end(
        &self,
        id: &SessionId,
        record: Option<&Record>,
        reason: Reason,
    ) -> Result<Option<Record>, StoreError> {
        let key = self.key(id);
        match (&self.settings().backing, record) {
            (Backing::Server { store, .. }, _) => self.within_budget(store.end(&key, reason)).await,
            (Backing::Client(client), Some(record)) => {
                let by = self.end_early(client, key, record, reason).await?;
                Ok((by != EndedBy::Another).then(|| record.clone()))
            }
            (Backing::Client(_), None) => Ok(None),
        }
    }

    /// Ends a session that is to go on with `new` under another id, begun in `epoch`. Returns what it held at last, and
    /// the epoch in which it goes on; `None`: it had ended already, and is not to go on.
    ///
    /// What fails may have been done, and is about to lose somebody's session: it is tried once more, which waits for
    /// its turn behind the first.
    pub(crate) async fn end_to_go_on(
        &self,
        old: Living<'_>,
        new: &Record,
        epoch: u64,
    ) -> Result<Option<(Record, u64)>, StoreError> {
        let since = self.now();
        match self.end_for_another(old, new, epoch).await {
            Err(StoreError::Unavailable(_)) => {}
            answer => return answer,
        }
        let again = self.end_for_another(old, new, epoch).await?;
        if again.is_none() && self.has_gone_on_since(old, epoch, since).await? {
            return Ok(Some((old.record.clone(), epoch)));
        }
        Ok(again)
    }

    async fn end_for_another(
        &self,
        old: Living<'_>,
        new: &Record,
        epoch: u64,
    ) -> Result<Option<(Record, u64)>, StoreError> {
        let key = self.key(&old.id);
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let last = self.within_budget(store.end(&key, Reason::Cycled)).await?;
                Ok(last.map(|last| (last, epoch)))
            }
            Backing::Client(client) => {
                let is_same = old.record.account == new.account;
                let goes_on_in = match self.end_early(client, key, old.record, Reason::Cycled).await? {
                    EndedBy::Another => None,
                    // If its epoch rose before that, somebody ended all its sessions.
                    EndedBy::Epoch(Raised { from, to }) if is_same => (from == epoch).then_some(to),
                    EndedBy::This | EndedBy::Epoch(_) => Some(epoch),
                };
                let goes_on_in = goes_on_in.filter(|_| epoch == old.epoch);
                Ok(goes_on_in.map(|epoch| (old.record.clone(), epoch)))
            }
        }
    }

    /// Whether a session that lived at the moment `since` has ended to go on under another id, and by nothing else.
    async fn has_gone_on_since(
        &self,
        old: Living<'_>,
        epoch: u64,
        since: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let key = self.key(&old.id);
        let ended = match &self.settings().backing {
            Backing::Server { store, .. } => match self.within_budget(store.load(&key)).await? {
                Loaded::Ended { reason, at } => Some((reason, at)),
                Loaded::Living(_) | Loaded::Absent => None,
            },
            Backing::Client(client) => {
                let standing = self.standing_now(client, old).await?;
                standing.ended.filter(|_| standing.epoch == epoch && epoch == old.epoch)
            }
        };
        // Stores keep milliseconds.
        Ok(ended.is_some_and(|(reason, at)| reason == Reason::Cycled && millis(at) >= millis(since)))
    }

    /// Remembers the end of a session whose record is in a cookie.
    async fn end_early(
        &self,
        client: &ClientBacking,
        key: Key,
        record: &Record,
        reason: Reason,
    ) -> Result<EndedBy, StoreError> {
        let ended = EndedEarly {
            key,
            account: record.account,
            reason,
            at: self.now(),
            until: record.absolute_deadline(),
        };
        self.within_budget(client.remembered.end(ended)).await
    }

    /// A living session as it is by now. `None`: it has ended since it was loaded.
    pub(crate) async fn reload(&self, living: Living<'_>) -> Result<Option<Arc<Record>>, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let loaded = self.within_budget(store.load(&self.key(&living.id))).await?;
                Ok(if let Loaded::Living(record) = loaded { Some(record) } else { None })
            }
            Backing::Client(_) => {
                Ok(self.still_lives(living).await?.then(|| Arc::new(living.record.clone())))
            }
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

    /// Whether a session that lived when the request came still does, on whatever server it has ended.
    pub(crate) async fn still_lives(&self, living: Living<'_>) -> Result<bool, StoreError> {
        let key = self.key(&living.id);
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let loaded = self.within_budget(store.load(&key)).await?;
                Ok(matches!(loaded, Loaded::Living(_)))
            }
            Backing::Client(client) => {
                Ok(self.standing_now(client, living).await?.end_of(living.epoch).is_none())
            }
        }
    }

    /// Whether a session whose record is in a cookie lives, as far as that is known here: at once what ended here.
    pub(crate) async fn seems_to_live(&self, living: Living<'_>) -> Result<bool, StoreError> {
        let standing = self.standing(&self.key(&living.id), living.record).await?;
        Ok(standing.end_of(living.epoch).is_none())
    }

    /// Whether a session has ended, and does not go on under another id.
    pub(crate) async fn has_ended_for_good(&self, living: Living<'_>) -> Result<bool, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let key = self.key(&living.id);
                // A use is noted where the record is; a read may be from memory. A store that is full, which notes
                // none, is read.
                if matches!(self.within_budget(store.touch(&key, self.now())).await, Ok(true)) {
                    return Ok(false);
                }
                Ok(match self.within_budget(store.load(&key)).await? {
                    Loaded::Living(_) => false,
                    Loaded::Ended { reason, .. } => reason != Reason::Cycled,
                    Loaded::Absent => true,
                })
            }
            Backing::Client(client) => {
                let standing = self.standing_now(client, living).await?;
                let is_cycled = matches!(standing.ended, Some((Reason::Cycled, _)));
                // As which it may have ended since.
                Ok(living.epoch < standing.epoch || standing.ended.is_some() && !is_cycled)
            }
        }
    }

    /// How such a session stands, on whatever server it has ended.
    pub(super) async fn standing_now(
        &self,
        client: &ClientBacking,
        living: Living<'_>,
    ) -> Result<Standing, StoreError> {
        let key = self.key(&living.id);
        self.within_budget(client.remembered.standing_now(&key, living.record.account, self.now())).await
    }

    pub(super) async fn standing(&self, key: &Key, record: &Record) -> Result<Standing, StoreError> {
        match &self.settings().backing {
            Backing::Server { .. } => Ok(Standing::default()),
            Backing::Client(client) => {
                self.within_budget(client.remembered.standing(key, record.account, self.now())).await
            }
        }
    }
}
