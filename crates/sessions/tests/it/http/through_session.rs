//! What handlers ask for through the ecosystem's `Session`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use sessions::store::memory::MemoryStore;
use sessions::{
    AccountKey, Capabilities, Change, Key, Loaded, Pauses, Reason, Record, Store, StoreError, Summary,
};
use time::OffsetDateTime;

use super::site::{Answer, Browser, Site};

pub async fn flush_and_insert_never_reuses_the_id(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut old = ada.clone();
    ada.get("/steps/flush,set").await;
    assert_ne!(ada.cookie, old.cookie);
    assert_eq!(ada.get("/get/user").await, Answer::ok("null"));
    assert_eq!(ada.get("/get/fresh").await, Answer::ok("true"));
    assert_eq!(old.get("/get/user").await, Answer::ok("null"));
}

/// As with a dictionary; whose session it is stays.
pub async fn what_is_cleared_is_gone_though_nothing_was_read_before(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for (steps, fresh) in [("clear", "null"), ("read,clear", "null"), ("clear,set", "true")] {
        ada.get("/set/cart/full").await;
        let cleared = ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(cleared.caching.as_deref(), Some("no-store, private; vary Cookie"), "{steps}");
        assert_eq!(ada.get("/get/cart").await, Answer::ok("null"), "{steps}");
        assert_eq!(ada.get("/get/fresh").await, Answer::ok(fresh), "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
    }
}

/// ASVS V7.4.1.
pub async fn whoever_flushes_is_signed_out_whatever_comes_before_and_after(site: Site) {
    for steps in [
        "flush",
        "read,flush",
        "flush,save",
        "flush,set",
        "flush,set,save",
        "flush,set,cycle",
        "read,flush,set,cycle,save",
        "cycle,flush",
        "cycle,flush,save",
        "cycle,save,flush",
        "cycle,save,flush,set",
        "cycle,save,flush,set,cycle",
        "cycle,save,flush,set,cycle,save",
        "set,cycle,save,set,flush,save",
        "delete",
        "set,delete",
        "cycle,save,delete",
    ] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(site.listed("ada").await, 0, "{steps}");
    }
}

/// ASVS V7.2.4.
pub async fn whoever_cycles_the_id_stays_signed_in_under_a_new_one(site: Site) {
    for steps in
        ["cycle", "set,cycle", "cycle,set", "cycle,save", "cycle,save,set", "cycle,save,cycle", "cycle,cycle"]
    {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_ne!(ada.cookie, old.cookie, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// A handler that ignores the error of its own save, or tries again.
#[tokio::test]
async fn a_sign_out_that_failed_once_is_done_by_the_next_save() {
    for steps in ["flush,save", "flush,save,save", "flush,set,save", "flush,set,save,save"] {
        let site = Site::over(|clock| {
            Arc::new(Blinking { store: MemoryStore::new(clock), ends: AtomicU32::new(0) })
        });
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// A store that cannot end the first session that it is to end, and then can.
#[derive(Debug)]
struct Blinking {
    store: MemoryStore,
    ends: AtomicU32,
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
        self.store.apply(key, change).await
    }

    async fn touch(&self, key: &Key, now: OffsetDateTime) -> Result<bool, StoreError> {
        self.store.touch(key, now).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        if self.ends.fetch_add(1, Ordering::Relaxed) == 0 {
            return Err(StoreError::unavailable("blinks"));
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
        self.store.end_of_account(account, except, reason).await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        self.store.sweep(limit, pauses).await
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}
