//! What is inserted is there, whole, and overwrites nothing.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use time::OffsetDateTime;

use super::{Bench, Fixture, IN_A_COOKIE};
use crate::store::{Loaded, StoreError, Summary};
use crate::values::MOST_NESTED;
use crate::{
    AccountKey, Capabilities, Change, Clock, Key, Pauses, Policy, Reason, Record, SessionId, SessionsBuilder,
    Store, Values,
};

/// A key that is taken stays as it is, and the caller is told.
pub async fn an_insert_never_overwrites(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let key = bench.living(None).await;
    bench.set(&key, "a", json!(1)).await;
    assert!(!bench.store.insert(&key, &bench.record()).await.expect("answers"));
    assert_eq!(bench.value(&key, "a").await, Some(json!(1)));
}

/// An id that was ended is never given out again.
pub async fn an_insert_never_overwrites_an_ended_session(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let key = bench.living(None).await;
    bench.store.end(&key, Reason::SignedOut).await.expect("ends");
    assert!(!bench.store.insert(&key, &bench.record()).await.expect("answers"));
    assert!(!bench.loads(&key).await);
}

/// Of several who draw the same key one has it, and the others are told that it is taken.
pub async fn of_parallel_inserts_under_one_key_one_is_done(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let key = SessionId::random().key("");
    let inserts = (0..20).map(|number| {
        let (store, mut record) = (Arc::clone(&bench.store), bench.record());
        record.values.insert("number", number);
        tokio::spawn(async move { store.insert(&key, &record).await.expect("answers").then_some(number) })
    });
    let mut done = Vec::new();
    for insert in inserts.collect::<Vec<_>>() {
        done.extend(insert.await.expect("runs"));
    }
    let [number] = done[..] else { unreachable!("one is done, not {done:?}") };
    assert_eq!(bench.value(&key, "number").await, Some(json!(number)));
}

/// Whoever begins a session under an id that somebody else has drawn draws another, and the first stays as it is.
pub async fn a_taken_id_draws_another(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let taken = Arc::new(FirstIsTaken { store: Arc::clone(&bench.store), by: Mutex::default() });
    let sessions = SessionsBuilder::new(Arc::clone(&taken) as Arc<dyn Store>).build();
    let mine = Record { values: Values::from([("whose", "mine")]), ..bench.record() };
    let (id, _) = sessions.insert(&mine).await.expect("begins");
    let theirs = (*taken.by.lock()).expect("was drawn first");
    assert_eq!(bench.value(&theirs, "whose").await, Some(json!("theirs")));
    assert_eq!(bench.value(&id.key(""), "whose").await, Some(json!("mine")));
}

/// Where somebody else has drawn the first key a moment before.
#[derive(Debug)]
struct FirstIsTaken {
    store: Arc<dyn Store>,
    by: Mutex<Option<Key>>,
}

#[async_trait]
impl Store for FirstIsTaken {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let is_first = self.by.lock().is_none();
        if !is_first {
            return self.store.insert(key, record).await;
        }
        *self.by.lock() = Some(*key);
        let theirs = Record { values: Values::from([("whose", "theirs")]), ..record.clone() };
        assert!(self.store.insert(key, &theirs).await?, "a random key is free");
        self.store.insert(key, record).await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        self.store.load(key).await
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        self.store.apply(key, change).await
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        self.store.touch(key, seen).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
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

/// What was never inserted is absent, which is no error.
pub async fn an_unknown_key_is_absent(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = SessionId::random().key("");
    assert_eq!(bench.load(&key).await, Loaded::Absent);
    assert_eq!(bench.set(&key, "a", json!(1)).await, None);
    assert!(!bench.store.touch(&key, bench.clock.now()).await.expect("answers"));
    bench.store.end(&key, Reason::SignedOut).await.expect("answers");
    assert_eq!(bench.load(&key).await, Loaded::Absent);
}

/// Everything of a record comes back: account, policy, moments, values.
pub async fn a_loaded_record_is_the_inserted_one(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = SessionId::random().key("");
    let record = Record {
        account: Some(AccountKey::random()),
        values: Values::from([("a", json!({"b": [1, null]}))]),
        ..Record::new(Policy::KEPT_IN, bench.clock.now())
    };
    bench.store.insert(&key, &record).await.expect("inserts");
    assert_eq!(bench.load(&key).await, Loaded::Living(record.into()));
}

/// JSON's corners: empty and nested values, text of all kinds, numbers at their limits.
///
/// ASVS V1.2.4.
pub async fn odd_values_survive_unchanged(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    // One is in it, and one around it.
    let nested = (2..MOST_NESTED).fold(json!([null, true, false]), |inner, _| json!([inner]));
    let odd = json!({
        "": [], "{}": {}, "nested": nested,
        "text": "\u{0}\u{1f}\"\\'; DROP TABLE sessions; --\u{2028}🐎é\u{301}",
        "numbers": [0, -0.0, 1.5e-300, u64::MAX, i64::MIN, f64::MAX, 9_007_199_254_740_993_u64],
    });
    bench.set(&key, "ключ\u{0}", odd.clone()).await;
    let inserted = SessionId::random().key("");
    let values = Values::from([("ключ\u{0}", odd.clone())]);
    bench.store.insert(&inserted, &Record { values, ..bench.record() }).await.expect("inserts");
    for key in [key, inserted] {
        let found = bench.value(&key, "ключ\u{0}").await.expect("is there");
        // As text, in which -0.0 is another number than 0.
        assert_eq!(found.to_string(), odd.to_string());
    }
}

/// Large records are kept whole.
pub async fn a_mebibyte_survives_unchanged(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side("a cookie holds 4,096 bytes") {
        return;
    }
    let key = bench.living(None).await;
    let large = json!("ü".repeat(1 << 19));
    bench.set(&key, "a", large.clone()).await;
    assert_eq!(bench.value(&key, "a").await, Some(large));
}
