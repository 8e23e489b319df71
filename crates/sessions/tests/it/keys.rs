//! Keys that come and go, forged ids, and cookies that would be too large.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sessions::revocations::memory::MemoryRevocations;
use sessions::store::memory::MemoryStore;
use sessions::{
    AccountKey, Backing, Capabilities, Change, ClientBacking, ClientSide, Clock, FixedClock, Key, KeyRing,
    Loaded, Pauses, Reason, Record, Sealing, Store, StoreError, Summary,
};
use time::{Duration, OffsetDateTime};

use crate::http::site::{Answer, Browser, Site};

const OLD: [u8; 32] = [1; 32];
const NEW: [u8; 32] = [2; 32];

/// One application after another with other keys, over what does not change.
fn with_rings(make: impl Fn(KeyRing, Arc<dyn Clock>) -> Backing) -> [Site; 3] {
    let clock = Arc::new(FixedClock::default());
    [&[OLD][..], &[NEW, OLD], &[NEW]].map(|keys| {
        let ring = KeyRing::new(keys.iter().copied()).expect("keys");
        let backing = make(ring, Arc::clone(&clock) as Arc<dyn Clock>);
        Site::with(Arc::clone(&clock), backing)
    })
}

fn signed_ids() -> [Site; 3] {
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let store = Arc::new(MemoryStore::new(clock));
    with_rings(|ring, _| Backing::Server { store: Arc::clone(&store) as Arc<dyn Store>, signer: Some(ring) })
}

fn client_side(sealing: Sealing) -> [Site; 3] {
    let revocations = Arc::new(MemoryRevocations::default());
    with_rings(|ring, _| {
        let codec = ClientSide::new(sealing, ring);
        Backing::Client(ClientBacking::new(codec, Arc::clone(&revocations) as _, Duration::seconds(5)))
    })
}

/// OWASP ASVS 13.3.4 and Flask's CVE-2025-47278: the new key signs, the old one is still believed.
async fn a_key_is_replaced_without_anybody_noticing([old, both, new]: [Site; 3]) {
    let mut ada = Browser::of(&old);
    ada.get("/login/ada").await;
    let mut left_alone = ada.clone();
    ada = Browser { cookie: ada.cookie, ..Browser::of(&both) };
    let answer = ada.get("/get/user").await;
    assert_eq!(answer, Answer::ok("\"ada\""));
    assert!(answer.set_cookie.is_some(), "it is made anew with the new key");
    assert_eq!(ada.get("/get/user").await.set_cookie, None, "once");
    let mut ada = Browser { cookie: ada.cookie, ..Browser::of(&new) };
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    left_alone = Browser { cookie: left_alone.cookie, ..Browser::of(&new) };
    assert_eq!(left_alone.get("/reason").await, Answer::ok("key_retired"));
    assert_eq!(left_alone.get("/get/user").await, Answer::ok("null"));
}

/// Applications with the same keys, and one place where they keep sessions, or what has ended: each has a prefix.
#[tokio::test]
async fn the_cookie_of_one_application_is_nothing_to_another_with_the_same_keys() {
    let clock = Arc::new(FixedClock::default());
    let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
    let revocations = Arc::new(MemoryRevocations::default());
    let ring = || KeyRing::new([OLD]).expect("a key");
    let client_side = |sealing| {
        let codec = ClientSide::new(sealing, ring());
        Backing::Client(ClientBacking::new(codec, Arc::clone(&revocations) as _, Duration::seconds(5)))
    };
    for backing in [
        Backing::Server { store, signer: Some(ring()) },
        client_side(Sealing::Encrypted),
        client_side(Sealing::Signed),
    ] {
        let [shop, wiki] = ["shop:", "wiki:"]
            .map(|prefix| Site::of_application(prefix, Arc::clone(&clock), backing.clone()));
        let mut ada = Browser::of(&shop);
        ada.get("/login/ada").await;
        let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&wiki) };
        assert_eq!(there.get("/reason").await, Answer::ok("nobody"), "{:?}", backing.capabilities());
        assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    }
}

/// ASVS V11.2.2.
#[tokio::test]
async fn a_key_that_signs_ids_is_replaced_without_anybody_noticing() {
    a_key_is_replaced_without_anybody_noticing(signed_ids()).await;
}

/// ASVS V11.2.2, V13.3.4.
#[tokio::test]
async fn a_key_that_encrypts_records_is_replaced_without_anybody_noticing() {
    a_key_is_replaced_without_anybody_noticing(client_side(Sealing::Encrypted)).await;
}

#[tokio::test]
async fn a_key_that_signs_records_is_replaced_without_anybody_noticing() {
    a_key_is_replaced_without_anybody_noticing(client_side(Sealing::Signed)).await;
}

/// While keys are replaced, an answer carries the cookie made anew; of a session that has ended it would take the place
/// of a newer one.
///
/// ASVS V7.4.1.
#[tokio::test]
async fn an_answer_in_flight_at_a_sign_out_carries_no_cookie_with_a_new_key() {
    for [old, both, _] in [signed_ids(), client_side(Sealing::Encrypted), client_side(Sealing::Signed)] {
        for end in ["/logout", "/login/ada"] {
            let mut ada = Browser::of(&old);
            ada.get("/login/ada").await;
            let mut ada = Browser { cookie: ada.cookie, ..Browser::of(&both) };
            let mut slow = ada.clone();
            let reading = tokio::spawn(async move { slow.get("/slow-read/user").await });
            both.wait_until_slow_has_read().await;
            ada.get(end).await;
            both.let_slow_go_on();
            let late = reading.await.expect("runs");
            assert_eq!((late.body.as_str(), late.set_cookie), ("\"ada\"", None), "{end}");
        }
    }
}

/// A store that counts how often it is asked for anything.
#[derive(Debug)]
struct Counting {
    store: MemoryStore,
    calls: AtomicUsize,
}

impl Counting {
    fn count(&self) -> &MemoryStore {
        self.calls.fetch_add(1, Ordering::Relaxed);
        &self.store
    }
}

#[async_trait]
impl Store for Counting {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        self.count().insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        self.count().load(key).await
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        self.count().apply(key, change).await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        self.count().touch(key, seen).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        self.count().end(key, reason).await
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        self.count().of_account(account).await
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        self.count().end_of_account(account, except, reason).await
    }

    async fn sweep(&self, limit: usize, pauses: &Pauses) -> Result<u64, StoreError> {
        self.count().sweep(limit, pauses).await
    }

    fn capabilities(&self) -> Capabilities {
        self.store.capabilities()
    }
}

/// ASVS V7.2.1.
#[tokio::test]
async fn a_forged_id_never_reaches_the_store_where_ids_are_signed() {
    let clock = Arc::new(FixedClock::default());
    let memory = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let store = Arc::new(Counting { store: memory, calls: AtomicUsize::new(0) });
    let backing =
        Backing::Server { store: Arc::clone(&store) as Arc<dyn Store>, signer: KeyRing::new([NEW]) };
    let site = Site::with(clock, backing);
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let genuine = ada.cookie.clone().expect("a cookie");
    let (id, signature) = genuine.split_once('.').expect("an id and its signature");
    let before = store.calls.load(Ordering::Relaxed);
    let other = "A".repeat(22);
    for forged in [id.to_owned(), format!("{other}.{signature}"), other, format!("{genuine}A"), String::new()]
    {
        let mut thief = Browser { cookie: Some(forged.clone()), ..Browser::of(&site) };
        assert_eq!(thief.get("/get/user").await, Answer::ok("null"), "{forged}");
    }
    assert_eq!(store.calls.load(Ordering::Relaxed), before);
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    assert_eq!(store.calls.load(Ordering::Relaxed), before + 1);
}

#[tokio::test]
async fn what_does_not_fit_into_a_cookie_is_an_error_that_names_the_size_and_changes_nothing() {
    for site in [Site::encrypted(), Site::signed()] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        assert_eq!(ada.get("/fill/2000").await, Answer::ok("fits"));
        let refused = ada.get("/fill/4000").await;
        assert!(refused.body.contains("bytes and browsers keep 4096"), "{}", refused.body);
        assert_eq!(refused.set_cookie, None);
        assert!(ada.cookie.as_ref().is_some_and(|cookie| cookie.len() <= 4096));
        let kept = ada.get("/get/large").await.body;
        assert_eq!(kept.len(), 2002, "what fitted is still there");
    }
}

/// A copied cookie cannot be called back, but what it says has ended is remembered.
///
/// ASVS V7.4.1.
#[tokio::test]
async fn a_copied_cookie_is_refused_after_its_own_sign_out_and_for_good() {
    for site in [Site::encrypted(), Site::signed()] {
        let mut ada = Browser::of(&site);
        ada.get("/login-kept/ada").await;
        let mut copy = ada.clone();
        ada.get("/set/cart/full").await;
        let mut later_copy = ada.clone();
        ada.get("/logout").await;
        for _ in 0..3 {
            for copy in [&mut copy, &mut later_copy] {
                assert_eq!(copy.get("/reason").await, Answer::ok("signed_out"));
            }
            site.clock.advance(Duration::days(3));
        }
    }
}

/// ASVS V9.2.2.
#[tokio::test]
async fn a_record_moved_to_another_cookie_s_name_is_nobody() {
    for site in [Site::encrypted(), Site::signed(), Site::signed_ids()] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let cookie = ada.cookie.clone().expect("a cookie");
        let answer = ada.get_with("/reason", &format!("id={cookie}")).await;
        assert_eq!(answer, Answer::ok("nobody"));
    }
}
