//! A store that fails once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use sessions::store::memory::MemoryStore;
use sessions::{
    AccountKey, Capabilities, Change, Clock, Key, Loaded, Pauses, Reason, Record, Store, StoreError, Summary,
};
use time::OffsetDateTime;

/// Fails the first time, and works then.
#[derive(Debug)]
pub struct Blinking {
    store: MemoryStore,
    blink: Blink,
    ends: AtomicU32,
}

/// How a call fails.
#[derive(Clone, Copy, Debug)]
pub enum Blink {
    Fails,
    FailsForAccounts,
    FailsToApply,
    /// Each time, as where it is full.
    FailsToTouch,
    FailsTwice,
    Hangs,
}

impl Blinking {
    pub fn new(clock: Arc<dyn Clock>, blink: Blink) -> Self {
        Self { store: MemoryStore::new(clock), blink, ends: AtomicU32::new(0) }
    }
}

impl Blinking {
    fn is_first(&self) -> bool {
        self.ends.fetch_add(1, Ordering::Relaxed) == 0
    }
}

#[async_trait]
impl Store for Blinking {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        self.store.insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        self.store.load(key).await
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        if matches!(self.blink, Blink::FailsToApply) && self.is_first() {
            return Err(StoreError::unavailable("blinks"));
        }
        self.store.apply(key, change).await
    }

    async fn touch(&self, key: &Key, now: OffsetDateTime) -> Result<bool, StoreError> {
        if matches!(self.blink, Blink::FailsToTouch) {
            return Err(StoreError::unavailable("is full"));
        }
        self.store.touch(key, now).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        match self.blink {
            Blink::Fails if self.is_first() => return Err(StoreError::unavailable("blinks")),
            Blink::FailsTwice if self.ends.fetch_add(1, Ordering::Relaxed) < 2 => {
                return Err(StoreError::unavailable("blinks"));
            }
            Blink::Hangs if self.is_first() => std::future::pending().await,
            _ => {}
        }
        self.store.end(key, reason).await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        self.store.of_account(account).await
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        if matches!(self.blink, Blink::FailsForAccounts) && self.is_first() {
            return Err(StoreError::unavailable("blinks"));
        }
        self.store.end_of_account(account, except, reason).await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        self.store.sweep(limit, pauses).await
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}
