//! Sessions in the process's own memory.
//!
//! Choose it for tests and trials. Nothing survives a restart, and nothing is shared between servers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use time::OffsetDateTime;

use super::{Capabilities, Loaded, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Reason, Record};

/// So many that a sweep of a million sessions keeps one for less than a millisecond.
const SHARDS: usize = 256;

/// A sharded map of records.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    shards: [Mutex<HashMap<Key, Entry>>; SHARDS],
    /// The shard at which the next sweep begins.
    sweeps_from: AtomicUsize,
}

#[derive(Debug)]
enum Entry {
    Record(Arc<Record>),
    Ended { reason: Reason, at: OffsetDateTime },
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, shards: std::array::from_fn(|_| Mutex::default()), sweeps_from: AtomicUsize::new(0) }
    }

    fn shard(&self, key: &Key) -> &Mutex<HashMap<Key, Entry>> {
        let [first, ..] = key.as_bytes();
        let index = usize::from(*first) % SHARDS;
        self.shards.get(index).expect("a remainder of SHARDS is an index of it")
    }

    /// Does something to a living record; `None` if there is none.
    fn with_living<T>(&self, key: &Key, act: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let now = self.clock.now();
        match self.shard(key).lock().get_mut(key) {
            Some(Entry::Record(record)) if record.expired(now).is_none() => Some(act(Arc::make_mut(record))),
            _ => None,
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let mut shard = self.shard(key).lock();
        let is_free = !shard.contains_key(key);
        if is_free {
            shard.insert(*key, Entry::Record(Arc::new(record.clone())));
        }
        Ok(is_free)
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let now = self.clock.now();
        Ok(match self.shard(key).lock().get(key) {
            Some(Entry::Record(record)) => Loaded::at(Arc::clone(record), now),
            Some(Entry::Ended { reason, at }) => Loaded::Ended { reason: *reason, at: *at },
            None => Loaded::Absent,
        })
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        Ok(self.with_living(key, |record| {
            record.apply(change);
            record.clone()
        }))
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        Ok(self.with_living(key, |record| record.touch(seen)).is_some())
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<(), StoreError> {
        let now = self.clock.now();
        if let Some(entry) = self.shard(key).lock().get_mut(key) {
            entry.end(reason, now);
        }
        Ok(())
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let now = self.clock.now();
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock();
            let living = shard.iter().filter_map(|(key, entry)| Some((key, entry.living(account, now)?)));
            found.extend(living.map(|(key, record)| Summary { key: *key, record: record.clone() }));
        }
        found.sort_by_key(|summary| std::cmp::Reverse(summary.record.created_at));
        Ok(found)
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut ended = 0;
        for shard in &self.shards {
            for (key, entry) in shard.lock().iter_mut() {
                if Some(key) != except && entry.living(account, now).is_some() {
                    entry.end(reason, now);
                    ended += 1;
                }
            }
        }
        Ok(ended)
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let (mut ended, mut removed) = (0, 0);
        let first = self.sweeps_from.load(Ordering::Relaxed);
        let (before, after) = self.shards.split_at_checked(first).unwrap_or_default();
        for (offset, shard) in after.iter().chain(before).enumerate() {
            shard.lock().retain(|_, entry| {
                let is_old = matches!(entry, Entry::Ended { at, .. } if now - REASON_KEPT_FOR >= *at);
                let is_due = matches!(entry, Entry::Record(record) if record.expired(now).is_some());
                if is_due && ended < limit {
                    entry.end(Reason::Idle, now);
                    ended += 1;
                }
                let goes = is_old && removed < limit;
                removed += usize::from(goes);
                !goes
            });
            if ended >= limit || removed >= limit {
                self.sweeps_from.store((first + offset) % SHARDS, Ordering::Relaxed);
                break;
            }
            // Requests have their turn between shards.
            tokio::task::yield_now().await;
        }
        Ok((ended + removed) as u64)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "memory",
            is_client_side: false,
            survives_restart: false,
            shared: false,
            listable: true,
            expires_by_itself: false,
        }
    }
}

impl Entry {
    /// The record, if it lives and is this account's.
    fn living(&self, account: AccountKey, now: OffsetDateTime) -> Option<&Record> {
        match self {
            Self::Record(record) if record.account == Some(account) && record.expired(now).is_none() => {
                Some(record)
            }
            _ => None,
        }
    }

    /// Leaves only the reason; a limit that has passed already is the reason.
    fn end(&mut self, reason: Reason, now: OffsetDateTime) {
        if let Self::Record(record) = self {
            let (reason, at) = match record.expired(now) {
                Some(limit) => (limit, record.idle_deadline()),
                None => (reason, now),
            };
            *self = Self::Ended { reason, at };
        }
    }
}
