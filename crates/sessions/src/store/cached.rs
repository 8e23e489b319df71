//! A store with the records it read last kept in memory.
//!
//! What this process writes is never read stale. What another one writes is seen within a second: a
//! task asks the store five times a second what others have written, and forgets it; while it gets no
//! answer, nothing is taken from memory.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use time::OffsetDateTime;

use super::encoding::millis;
use super::{Capabilities, Loaded, Store, StoreError, Summary};
use crate::by_key::ByKey;
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

const SHARDS: usize = 64;
/// How often the store is asked whether others have written.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Longest age of the last answer with which memory is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// What a record costs beside its values: key, moments, room for four values, the map's own share.
const FIXED_WEIGHT: usize = 450;

/// A store that can tell what others have written to its place.
#[async_trait]
pub trait Watched: Store {
    /// What others have written since the last call: all that was acknowledged to them before this call
    /// began. A touch may be left out, and the store's own writes may be among it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn foreign_writes(&self) -> Result<Foreign, StoreError>;
}

/// What others have written to a store.
#[derive(Clone, Debug, PartialEq)]
pub enum Foreign {
    /// These records, and nothing else.
    Keys(Vec<Key>),
    /// Nobody knows what.
    Anything,
}

/// A store, and what it read last.
#[derive(Clone, Debug)]
pub struct Cached<S> {
    inner: Arc<Inner<S>>,
}

#[derive(Debug)]
struct Inner<S> {
    store: S,
    clock: Arc<dyn Clock>,
    shards: [Mutex<Shard>; SHARDS],
    /// Most weight of one shard, in bytes.
    capacity: usize,
    started: Instant,
    /// When memory was last known to be true, in milliseconds since `started`.
    confirmed: AtomicU64,
    /// The same by `clock`, which goes on while the machine sleeps.
    confirmed_at: AtomicI64,
}

#[derive(Debug, Default)]
struct Shard {
    records: ByKey<Kept>,
    /// In the order in which they came, or were spared; of some only the place is left.
    order: VecDeque<(Key, u64)>,
    /// Counts those who came.
    places: u64,
    weight: usize,
    /// Counts the writes: what was read before one is not kept after it.
    writes: u64,
}

#[derive(Debug)]
struct Kept {
    record: Arc<Record>,
    /// Its place in the order.
    place: u64,
    /// Whether somebody has asked for it since it came, or was spared.
    is_used: bool,
}

impl<S: Watched> Cached<S> {
    /// Keeps about `capacity` bytes of `store`'s records in memory. `clock` is the store's own.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn new(store: S, capacity: usize, clock: Arc<dyn Clock>) -> Self {
        let clock_now = clock.now();
        let inner = Arc::new(Inner {
            store,
            clock,
            shards: std::array::from_fn(|_| Mutex::default()),
            capacity: capacity / SHARDS,
            started: Instant::now(),
            confirmed: AtomicU64::new(0),
            confirmed_at: AtomicI64::new(millis(clock_now)),
        });
        tokio::spawn(watch(Arc::downgrade(&inner)));
        Self { inner }
    }

    /// Writes, then forgets what `forget` says; all the way, even if the caller is cancelled.
    async fn write<T, W>(
        &self,
        write: impl FnOnce(Arc<Inner<S>>) -> W + Send,
        forget: impl Fn(&Inner<S>) + Send + 'static,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let writing = write(Arc::clone(&inner));
        let done = tokio::spawn(async move {
            let written = writing.await;
            // A write that failed may have been done all the same.
            forget(&inner);
            written
        });
        done.await.map_err(StoreError::unavailable)?
    }
}

#[async_trait]
impl<S: Watched> Store for Cached<S> {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (key, record) = (*key, record.clone());
        self.write(
            move |inner| async move { inner.store.insert(&key, &record).await },
            move |inner| {
                inner.forget(&key);
            },
        )
        .await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let (inner, now) = (&self.inner, self.inner.clock.now());
        // One that seems to have gone idle may have been touched by another server.
        if let Some(record) = inner.kept(key, now).filter(|record| record.expired(now).is_none()) {
            return Ok(Loaded::Living(record));
        }
        let writes = inner.shard(key).lock().writes;
        let loaded = inner.store.load(key).await?;
        match &loaded {
            Loaded::Living(record) => inner.keep(key, record, writes),
            // It would live again as soon as a clock is put back.
            Loaded::Ended { .. } | Loaded::Absent => inner.forget_if_kept(key),
        }
        Ok(loaded)
    }

    fn at_hand(&self, key: &Key) -> Option<Arc<Record>> {
        let now = self.inner.clock.now();
        self.inner.kept(key, now).filter(|record| record.expired(now).is_none())
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let (key, change) = (*key, change.clone());
        self.write(
            move |inner| async move { inner.store.apply(&key, &change).await },
            move |inner| {
                inner.forget(&key);
            },
        )
        .await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let key = *key;
        self.write(
            move |inner| async move { inner.store.touch(&key, seen).await },
            move |inner| {
                inner.forget(&key);
            },
        )
        .await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let key = *key;
        self.write(
            move |inner| async move { inner.store.end(&key, reason).await },
            move |inner| {
                inner.forget(&key);
            },
        )
        .await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        self.inner.store.of_account(account).await
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let except = except.copied();
        let write = move |inner: Arc<Inner<S>>| async move {
            inner.store.end_of_account(account, except.as_ref(), reason).await
        };
        self.write(write, move |inner| inner.forget_where(|record| record.account == Some(account))).await
    }

    /// Forgets nothing: a record past its limits is asked for again anyway.
    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        self.inner.store.sweep(limit, pauses).await
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.store.capabilities()
    }
}

impl<S> Inner<S> {
    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        let [first, ..] = key.as_bytes();
        self.shards.get(usize::from(*first) % SHARDS).expect("a remainder of SHARDS is an index of it")
    }

    fn kept(&self, key: &Key, now: OffsetDateTime) -> Option<Arc<Record>> {
        let confirmed = Duration::from_millis(self.confirmed.load(Ordering::Acquire));
        let since = millis(now).abs_diff(self.confirmed_at.load(Ordering::Acquire));
        if self.started.elapsed() >= confirmed + BELIEVED_FOR || Duration::from_millis(since) >= BELIEVED_FOR
        {
            return None;
        }
        let mut shard = self.shard(key).lock();
        let kept = shard.records.get_mut(key)?;
        kept.is_used = true;
        Some(Arc::clone(&kept.record))
    }

    /// Keeps a record, unless somebody has written to its shard since `writes` was read.
    fn keep(&self, key: &Key, record: &Arc<Record>, writes: u64) {
        let weight = weight(record);
        let mut shard = self.shard(key).lock();
        if shard.writes != writes || weight > self.capacity {
            return;
        }
        shard.remove(key);
        shard.make_room(self.capacity - weight);
        shard.append(*key, Arc::clone(record));
        shard.weight += weight;
    }

    fn forget(&self, key: &Key) {
        let mut shard = self.shard(key).lock();
        shard.writes += 1;
        shard.remove(key);
    }

    /// Whoever asks for what never was disturbs nobody.
    fn forget_if_kept(&self, key: &Key) {
        let mut shard = self.shard(key).lock();
        if shard.records.contains_key(key) {
            shard.writes += 1;
            shard.remove(key);
        }
    }

    fn forget_where(&self, is_stale: impl Fn(&Record) -> bool) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.writes += 1;
            let gone: usize = shard
                .records
                .extract_if(|_, kept| is_stale(&kept.record))
                .map(|(_, kept)| weight(&kept.record))
                .sum();
            shard.weight -= gone;
        }
    }
}

impl Shard {
    /// Puts a record, which is not there, at the end of the order.
    fn append(&mut self, key: Key, record: Arc<Record>) {
        self.places += 1;
        let place = self.places;
        self.records.insert(key, Kept { record, place, is_used: false });
        self.order.push_back((key, place));
        // What is gone leaves its place behind; this happens once for as many as are left.
        if self.order.len() > 2 * self.records.len() + 16 {
            let records = &self.records;
            self.order.retain(|(key, place)| records.get(key).is_some_and(|kept| kept.place == *place));
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(kept) = self.records.remove(key) {
            self.weight -= weight(&kept.record);
        }
    }

    /// Drops records until at most `weight` is left: the oldest that nobody has asked for again (a clock with a
    /// second chance), so that whoever walks over all sessions drives out nobody who is here all the time.
    fn make_room(&mut self, weight: usize) {
        while self.weight > weight {
            let Some((key, place)) = self.order.pop_front() else { return };
            match self.records.get_mut(&key) {
                Some(kept) if kept.place == place && kept.is_used => {
                    kept.is_used = false;
                    self.order.push_back((key, place));
                }
                Some(kept) if kept.place == place => self.remove(&key),
                _ => {}
            }
        }
    }
}

/// Confirms what is in memory, or forgets it, until the cache is dropped.
async fn watch<S: Watched>(cache: Weak<Inner<S>>) {
    // What a failed or dropped call would have told is told by no other.
    let mut has_missed = true;
    while let Some(inner) = cache.upgrade() {
        let (asked, asked_at) = (inner.started.elapsed(), millis(inner.clock.now()));
        let answer = tokio::time::timeout(BELIEVED_FOR, inner.store.foreign_writes()).await;
        if let Ok(Ok(written)) = &answer {
            match written {
                Foreign::Keys(keys) if !has_missed => keys.iter().for_each(|key| inner.forget(key)),
                Foreign::Keys(_) | Foreign::Anything => inner.forget_where(|_| true),
            }
            let asked = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
            inner.confirmed.store(asked, Ordering::Release);
            inner.confirmed_at.store(asked_at, Ordering::Release);
        }
        has_missed = !matches!(answer, Ok(Ok(_)));
        drop(inner);
        tokio::time::sleep(ASK_EVERY).await;
    }
}

/// About how many bytes of memory a record takes.
fn weight(record: &Record) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 32,
            Value::String(text) => 32 + text.len(),
            Value::Array(items) => 32 + items.iter().map(of).sum::<usize>(),
            Value::Object(entries) => {
                32 + entries.iter().map(|(key, value)| 32 + key.len() + of(value)).sum::<usize>()
            }
        }
    }
    FIXED_WEIGHT + record.values.iter().map(|(key, value)| 32 + key.len() + of(value)).sum::<usize>()
}
