//! The sessions of an account.

use std::sync::Arc;

use time::OffsetDateTime;

use super::{Backing, ClientBacking, Living};
use crate::revocations::Raised;
use crate::{AccountKey, Key, Reason, Record, Sessions, Store, StoreError, Summary};

/// Most attempts to end all sessions of an account, of which some may go on under another id at each.
const MOST_ROUNDS: usize = 100;

impl Sessions {
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
            Backing::Server { store, .. } => self.end_in(store, None, account, reason).await.map(Some),
            Backing::Client(client) => {
                let raising = client.remembered.raise(account, reason, self.now());
                self.within_budget(raising).await.map(|_| None)
            }
        }
    }

    /// Ends the session with this key. `false`: none lives under it; it may have gone on under another. None does whose
    /// record is in a cookie.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_by_key(&self, key: &Key, reason: Reason) -> Result<bool, StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => Ok(self.within_budget(store.end(key, reason)).await?.is_some()),
            Backing::Client(_) => Ok(false),
        }
    }

    /// Ends all sessions of a record's account but this one. Returns the epoch in which this one goes on; `None`: it
    /// had ended, maybe on another server, and none was ended by this; or it ends at the same moment.
    pub(crate) async fn end_others(
        &self,
        living: Living<'_>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<Option<u64>, StoreError> {
        // Before it is asked whether it lives: then an epoch that somebody else raises after that is a later moment.
        let at = self.now();
        if !self.still_lives(living).await? {
            return Ok(None);
        }
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                self.end_in(store, Some(&self.key(&living.id)), account, reason).await?;
                Ok(Some(living.epoch))
            }
            Backing::Client(client) => {
                let Raised { from, to } = self.raise_from(client, living.epoch, account, reason, at).await?;
                if from != living.epoch {
                    return Ok(None);
                }
                // Whoever ended it since it was asked has done so for good. If that cannot be told, the cookie is good
                // for nothing, or the only one that is.
                let lives = self.still_lives(Living { epoch: to, ..living }).await;
                Ok(lives.unwrap_or(true).then_some(to))
            }
        }
    }

    /// Raises the account's epoch, which is thought to be `known`, for a session that is to go on. What fails may have
    /// been done: it is tried once more, which waits for its turn behind the first and finds what that has made of it.
    async fn raise_from(
        &self,
        client: &ClientBacking,
        known: u64,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        let raise = || self.within_budget(client.remembered.raise(account, reason, at));
        match raise().await {
            Err(StoreError::Unavailable(_)) => {}
            raised => return raised,
        }
        let Raised { from, to } = raise().await?;
        let was_done = from == Raised::at(known, at).to;
        Ok(Raised { from: if was_done { known } else { from }, to })
    }

    /// Ends all sessions of an account, this one last. Returns what it held at last; `None`: it had ended already.
    pub(crate) async fn end_all(
        &self,
        living: Living<'_>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<Option<Record>, StoreError> {
        let Backing::Server { store, .. } = &self.settings().backing else {
            let lived = self.still_lives(living).await?;
            self.end_of_account(account, reason).await?;
            return Ok(lived.then(|| living.record.clone()));
        };
        self.end_in(store, Some(&self.key(&living.id)), account, reason).await?;
        let last = self.end_living(living, reason).await?;
        if last.is_none() {
            // It may have gone on under another id.
            self.end_of_account(account, reason).await?;
        }
        Ok(last)
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

    /// Ends all sessions in a store that an account has, but the one with the key `except`. Returns how many.
    async fn end_in(
        &self,
        store: &Arc<dyn Store>,
        except: Option<&Key>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let mut count = 0;
        for _ in 0..MOST_ROUNDS {
            let ended = self.within_budget(store.end_of_account(account, except, reason)).await?;
            count += ended;
            // One that went on under another id meanwhile may have been missed: its new id was not there yet when it was
            // looked for, and its old one had ended.
            if ended == 0 && !self.has_others(store, except, account).await? {
                return Ok(count);
            }
        }
        Err(StoreError::unavailable("an account's sessions are there again each time they have been ended"))
    }

    async fn has_others(
        &self,
        store: &Arc<dyn Store>,
        except: Option<&Key>,
        account: AccountKey,
    ) -> Result<bool, StoreError> {
        let listed = self.within_budget(store.of_account(account)).await?;
        Ok(listed.iter().any(|one| Some(&one.key) != except))
    }
}
