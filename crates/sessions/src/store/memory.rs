//! Sessions in the process's own memory.
//!
//! Choose it for tests and trials. Nothing survives a restart, and nothing is shared between servers.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use parking_lot::Mutex;
use time::OffsetDateTime;

use super::{Capabilities, Loaded, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::by_key::ByKey;
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

/// So many that each holds only a few thousand of a million sessions.
const SHARDS: usize = 256;

/// So many a sweep ends before requests have their turn: a fraction of a millisecond.
const AT_ONCE: usize = 50;

type Shards<Map> = [Mutex<Map>; SHARDS];

/// A sharded map of records.
#[derive(Debug)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    shards: Shards<ByKey<Entry>>,
    /// What each account has that has not ended yet. Locked after the shard that holds the session.
    accounts: Shards<HashMap<AccountKey, Vec<Key>>>,
    /// The shard at which the next sweep begins.
    sweeps_from: AtomicUsize,
}

#[derive(Debug)]
enum Entry {
    Record {
        record: Arc<Record>,
        /// Its idle deadline: a sweep that asked each record would wait for memory all the time.
        until: OffsetDateTime,
    },
    Ended {
        reason: Reason,
        at: OffsetDateTime,
    },
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (shards, accounts) = (shards(), shards());
        Self { clock, shards, accounts, sweeps_from: AtomicUsize::new(0) }
    }

    fn shard(&self, key: &Key) -> &Mutex<ByKey<Entry>> {
        of(&self.shards, key.as_bytes())
    }

    /// Does something to a living record; `None` if there is none.
    fn with_living<T>(&self, key: &Key, act: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let now = self.clock.now();
        match self.shard(key).lock().get_mut(key) {
            Some(Entry::Record { record, until }) if *until > now => {
                let record = Arc::make_mut(record);
                let done = act(record);
                *until = record.idle_deadline();
                Some(done)
            }
            _ => None,
        }
    }

    /// Leaves only the reason; a limit that has passed already is the reason.
    fn end_entry(&self, key: &Key, entry: &mut Entry, reason: Reason, now: OffsetDateTime) {
        let Entry::Record { record, until } = entry else { return };
        let (reason, at) = record.expired(now).map_or((reason, now), |limit| (limit, *until));
        let account = record.account;
        *entry = Entry::Ended { reason, at };
        if let Some(account) = account
            && let MapEntry::Occupied(mut of_account) =
                of(&self.accounts, account.as_bytes()).lock().entry(account)
        {
            of_account.get_mut().retain(|one| one != key);
            if of_account.get().is_empty() {
                of_account.remove();
            }
        }
    }

    /// What of a shard is for a sweep.
    fn over(shard: &Mutex<ByKey<Entry>>, now: OffsetDateTime, limit: usize) -> Vec<Key> {
        let entries = shard.lock();
        entries.iter().filter(|(_, entry)| entry.is_over(now)).map(|(key, _)| *key).take(limit).collect()
    }

    /// Ends sessions of a shard that have expired, and removes reasons that were kept long enough.
    fn clear_away(&self, keys: &[Key], shard: &Mutex<ByKey<Entry>>, now: OffsetDateTime) {
        let mut entries = shard.lock();
        for key in keys {
            match entries.get_mut(key).filter(|entry| entry.is_over(now)) {
                Some(entry @ Entry::Record { .. }) => self.end_entry(key, entry, Reason::Idle, now),
                Some(Entry::Ended { .. }) => drop(entries.remove(key)),
                None => {}
            }
        }
    }

    fn keys_of(&self, account: AccountKey) -> Vec<Key> {
        of(&self.accounts, account.as_bytes()).lock().get(&account).cloned().unwrap_or_default()
    }
}

fn shards<Map: Default>() -> Shards<Map> {
    std::array::from_fn(|_| Mutex::default())
}

/// The shard for what begins with random bytes.
fn of<'a, Map>(shards: &'a Shards<Map>, bytes: &[u8]) -> &'a Mutex<Map> {
    let first = bytes.first().copied().unwrap_or_default();
    shards.get(usize::from(first) % SHARDS).expect("a remainder of SHARDS is an index of it")
}

#[async_trait]
impl Store for MemoryStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let mut shard = self.shard(key).lock();
        let MapEntry::Vacant(place) = shard.entry(*key) else { return Ok(false) };
        let until = record.idle_deadline();
        place.insert(Entry::Record { record: Arc::new(record.clone()), until });
        if let Some(account) = record.account {
            of(&self.accounts, account.as_bytes()).lock().entry(account).or_default().push(*key);
        }
        Ok(true)
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let now = self.clock.now();
        Ok(match self.shard(key).lock().get(key) {
            Some(Entry::Record { record, .. }) => Loaded::at(Arc::clone(record), now),
            Some(Entry::Ended { reason, at }) => Loaded::Ended { reason: *reason, at: *at },
            None => Loaded::Absent,
        })
    }

    fn at_hand(&self, key: &Key) -> Option<Arc<Record>> {
        let now = self.clock.now();
        match self.shard(key).lock().get(key) {
            Some(Entry::Record { record, until }) if *until > now => Some(Arc::clone(record)),
            _ => None,
        }
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

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let now = self.clock.now();
        let mut entries = self.shard(key).lock();
        let Some(entry) = entries.get_mut(key) else { return Ok(None) };
        let last = entry.living(now).cloned();
        self.end_entry(key, entry, reason, now);
        Ok(last)
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let now = self.clock.now();
        let living =
            |key| Some(Summary { key, record: self.shard(&key).lock().get(&key)?.living(now)?.clone() });
        let mut found: Vec<_> = self.keys_of(account).into_iter().filter_map(living).collect();
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
        for key in self.keys_of(account).iter().filter(|key| Some(*key) != except) {
            if let Some(entry) = self.shard(key).lock().get_mut(key) {
                ended += u64::from(entry.living(now).is_some());
                // What is over would live again if the clock is put back.
                self.end_entry(key, entry, reason, now);
            }
        }
        Ok(ended)
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut swept = 0;
        let first = self.sweeps_from.load(Ordering::Relaxed);
        let (before, after) = self.shards.split_at_checked(first).unwrap_or_default();
        for (offset, shard) in after.iter().chain(before).enumerate() {
            let began = Instant::now();
            let over = Self::over(shard, now, limit - swept);
            swept += over.len();
            pauses.after(began.elapsed(), 0).await;
            for some in over.chunks(AT_ONCE) {
                let began = Instant::now();
                self.clear_away(some, shard, now);
                pauses.after(began.elapsed(), some.len() as u64).await;
            }
            if swept >= limit {
                self.sweeps_from.store((first + offset) % SHARDS, Ordering::Relaxed);
                break;
            }
        }
        Ok(swept as u64)
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
    /// Whether it is for a sweep.
    fn is_over(&self, now: OffsetDateTime) -> bool {
        match self {
            Self::Record { until, .. } => *until <= now,
            Self::Ended { at, .. } => now - REASON_KEPT_FOR >= *at,
        }
    }

    /// The record, if it lives.
    fn living(&self, now: OffsetDateTime) -> Option<&Record> {
        match self {
            Self::Record { record, until } if *until > now => Some(record),
            _ => None,
        }
    }
}
