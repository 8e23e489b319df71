//! What has ended, in the memory of this process: for tests, and for small sites on one server whose visitors
//! may sign in again after a restart with what they had signed out of. Each end looks at all that are remembered.

use std::collections::HashMap;

use async_trait::async_trait;
use parking_lot::Mutex;
use time::OffsetDateTime;

use super::{EndedBy, EndedEarly, MOST_ENDED, OVER_FOR, Raised, Revocations, Standing};
use crate::{AccountKey, Key, Reason, StoreError};

/// A map of ended sessions, and one of epochs.
#[derive(Debug, Default)]
pub struct MemoryRevocations {
    maps: Mutex<Maps>,
}

#[derive(Debug, Default)]
struct Maps {
    ended: HashMap<Key, Entry>,
    epochs: HashMap<AccountKey, (u64, Reason, OffsetDateTime)>,
}

#[derive(Debug)]
struct Entry {
    ended: EndedEarly,
    /// When a sweep first found it over anyway.
    over_since: Option<OffsetDateTime>,
}

impl Maps {
    fn raise(&mut self, account: AccountKey, reason: Reason, at: OffsetDateTime) -> Raised {
        let raised = Raised::at(self.epochs.get(&account).map_or(0, |(epoch, ..)| *epoch), at);
        self.epochs.insert(account, (raised.to, reason, at));
        raised
    }
}

#[async_trait]
impl Revocations for MemoryRevocations {
    async fn standing(&self, key: &Key, account: Option<AccountKey>) -> Result<Standing, StoreError> {
        let maps = self.maps.lock();
        let ended = maps.ended.get(key).map(|Entry { ended, .. }| (ended.reason, ended.at));
        let raised = account.and_then(|account| maps.epochs.get(&account).copied());
        Ok(Standing {
            ended,
            epoch: raised.map_or(0, |(epoch, ..)| epoch),
            raised: raised.map(|(_, reason, at)| (reason, at)),
        })
    }

    async fn end(&self, ended: &EndedEarly) -> Result<EndedBy, StoreError> {
        let mut maps = self.maps.lock();
        if maps.ended.contains_key(&ended.key) {
            return Ok(EndedBy::Another);
        }
        maps.ended.insert(ended.key, Entry { ended: ended.clone(), over_since: None });
        if let Some(account) = ended.account {
            let is_its = |other: &Entry| other.ended.account == Some(account);
            let counts = |other: &&Entry| is_its(other) && other.over_since.is_none();
            if maps.ended.values().filter(counts).count() > MOST_ENDED {
                maps.ended.retain(|_, other| !is_its(other));
                return Ok(EndedBy::Epoch(maps.raise(account, ended.reason, ended.at)));
            }
        }
        Ok(EndedBy::This)
    }

    async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        Ok(self.maps.lock().raise(account, reason, at))
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        let mut maps = self.maps.lock();
        let was_put_back =
            |entry: &&mut Entry| entry.over_since.is_some_and(|since| entry.ended.until > now || since > now);
        let not_over = maps.ended.values_mut().filter(was_put_back).take(limit);
        let put_back = not_over.map(|entry| entry.over_since = None).count();
        let is_long_over = |entry: &Entry| {
            entry.ended.until <= now && entry.over_since.is_some_and(|since| since <= now - OVER_FOR)
        };
        let forgotten = maps.ended.extract_if(|_, entry| is_long_over(entry)).take(limit).count();
        let found =
            maps.ended.values_mut().filter(|entry| entry.over_since.is_none() && entry.ended.until <= now);
        let found = found.take(limit).map(|entry| entry.over_since = Some(now)).count();
        Ok((put_back + forgotten + found) as u64)
    }
}
