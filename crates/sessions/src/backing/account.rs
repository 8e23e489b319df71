//! The sessions of an account.

use super::{Backing, Living};
use crate::{AccountKey, Key, Reason, Record, Sessions, StoreError, Summary};

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
        self.end_all_but(None, account, reason).await.map(|(count, _)| count)
    }

    /// Ends the session with this key; none of those whose records are in cookies.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_by_key(&self, key: &Key, reason: Reason) -> Result<(), StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => self.within_budget(store.end(key, reason)).await.map(drop),
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
        self.end_all_but(Some(&self.key(&living.id)), account, reason).await
    }

    /// Ends all sessions of an account, this one last. Returns what it held at last; `None`: it had ended already.
    pub(crate) async fn end_all(
        &self,
        living: Living<'_>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<Option<Record>, StoreError> {
        if self.capabilities().is_client_side {
            let lived = self.still_lives(living).await?;
            self.end_of_account(account, reason).await?;
            return Ok(lived.then(|| living.record.clone()));
        }
        self.end_others(living, account, reason).await?;
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

    async fn end_all_but(
        &self,
        except: Option<&Key>,
        account: AccountKey,
        reason: Reason,
    ) -> Result<(Option<u64>, u64), StoreError> {
        match &self.settings().backing {
            Backing::Server { store, .. } => {
                let end = || self.within_budget(store.end_of_account(account, except, reason));
                let mut count = end().await?;
                // One that went on under another id meanwhile may have been missed: its new id was not there yet
                // when it was looked for, and its old one had ended. It is there now.
                while let missed @ 1.. = end().await? {
                    count += missed;
                }
                Ok((Some(count), 0))
            }
            Backing::Client(client) => {
                let raising = client.remembered.raise(account, reason, self.now());
                Ok((None, self.within_budget(raising).await?.to))
            }
        }
    }
}
