//! A store with the records it read last kept in memory.
//!
//! What this process writes is never read stale. What another one writes is seen within a second: a
//! thread asks the store five times a second whether anybody else has written, and forgets everything
//! if so; while it gets no answer, nothing is taken from memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Capabilities, Loaded, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Reason, Record};

const SHARDS: usize = 64;
/// How often the store is asked whether others have written.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Longest age of the last answer with which memory is believed.
const BELIEVED_FOR: Duration = Duration::from_secs(1);
/// What a record costs beside its values: key, moments, the map's own share.
const FIXED_WEIGHT: usize = 256;

/// A store that can tell whether anybody else has written to it.
pub trait Watched: Store {
    /// A number that changes when somebody other than this store has written to its place, and may
    /// change for no reason. Called from a thread that may wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn foreign_version(&self) -> Result<i64, StoreError>;
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
}

#[derive(Debug, Default)]
struct Shard {
    records: HashMap<Key, Record>,
    weight: usize,
    /// Counts the writes: what was read before one is not kept after it.
    writes: u64,
}

impl<S: Watched> Cached<S> {
    /// Keeps about `capacity` bytes of `store`'s records in memory. `clock` is the store's own.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the thread that watches the store cannot be started.
    pub fn new(store: S, capacity: usize, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let inner = Arc::new(Inner {
            store,
            clock,
            shards: std::array::from_fn(|_| Mutex::default()),
            capacity: capacity / SHARDS,
            started: Instant::now(),
            confirmed: AtomicU64::new(0),
        });
        let watched = Arc::downgrade(&inner);
        std::thread::Builder::new()
            .name("session cache".to_owned())
            .spawn(move || watch(&watched))
            .map_err(StoreError::unavailable)?;
        Ok(Self { inner })
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
        let inner = &self.inner;
        if let Some(record) = inner.kept(key) {
            return Ok(Loaded::at(record, inner.clock.now()));
        }
        let writes = inner.shard(key).lock().writes;
        let loaded = inner.store.load(key).await?;
        if let Loaded::Living(record) = &loaded {
            inner.keep(key, record, writes);
        }
        Ok(loaded)
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

    async fn end(&self, key: &Key, reason: Reason) -> Result<(), StoreError> {
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

    /// Forgets nothing: a record past its limits is judged by the clock wherever it is.
    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.inner.store.sweep(limit).await
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

    fn kept(&self, key: &Key) -> Option<Record> {
        let confirmed = Duration::from_millis(self.confirmed.load(Ordering::Acquire));
        if self.started.elapsed() >= confirmed + BELIEVED_FOR {
            return None;
        }
        self.shard(key).lock().records.get(key).cloned()
    }

    /// Keeps a record, unless somebody has written to its shard since `writes` was read.
    fn keep(&self, key: &Key, record: &Record, writes: u64) {
        let weight = weight(record);
        let mut shard = self.shard(key).lock();
        if shard.writes != writes || weight > self.capacity {
            return;
        }
        shard.make_room(self.capacity - weight);
        if let Some(before) = shard.records.insert(*key, record.clone()) {
            shard.weight -= self::weight(&before);
        }
        shard.weight += weight;
    }

    fn forget(&self, key: &Key) {
        let mut shard = self.shard(key).lock();
        shard.writes += 1;
        if let Some(record) = shard.records.remove(key) {
            shard.weight -= weight(&record);
        }
    }

    fn forget_where(&self, is_stale: impl Fn(&Record) -> bool) {
        for shard in &self.shards {
            let mut shard = shard.lock();
            shard.writes += 1;
            let gone: usize = shard
                .records
                .extract_if(|_, record| is_stale(record))
                .map(|(_, record)| weight(&record))
                .sum();
            shard.weight -= gone;
        }
    }
}

impl Shard {
    /// Drops records, whichever, until at most `weight` is left.
    fn make_room(&mut self, weight: usize) {
        while self.weight > weight {
            let Some(key) = self.records.keys().next().copied() else { return };
            if let Some(record) = self.records.remove(&key) {
                self.weight -= self::weight(&record);
            }
        }
    }
}

/// Confirms what is in memory, or forgets it, until the cache is dropped.
fn watch<S: Watched>(cache: &Weak<Inner<S>>) {
    let mut version = None;
    while let Some(inner) = cache.upgrade() {
        let asked = inner.started.elapsed();
        if let Ok(found) = inner.store.foreign_version() {
            if version != Some(found) {
                inner.forget_where(|_| true);
                version = Some(found);
            }
            let asked = u64::try_from(asked.as_millis()).unwrap_or(u64::MAX);
            inner.confirmed.store(asked, Ordering::Release);
        }
        drop(inner);
        std::thread::sleep(ASK_EVERY);
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
