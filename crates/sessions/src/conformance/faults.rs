//! Damage, absence, and callers who go away.

use std::task::Poll;

use serde_json::json;

use super::{Bench, Fixture, IN_A_COOKIE, not_applicable};
use crate::store::{Loaded, StoreError};
use crate::{AccountKey, Change, Clock, Pauses, Reason, Record, SessionId, Values};

/// A record that cannot be read is not absent, harms nobody else, hides no other of its account, and can be
/// cleared away.
///
/// ASVS V1.5.2.
pub async fn a_damaged_record_is_corrupt_and_can_be_ended(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let account = AccountKey::random();
    let (key, other) = (bench.living(Some(account)).await, bench.living(Some(account)).await);
    if !fixture.damage(&key).await {
        return not_applicable("nobody can damage a record");
    }
    assert!(matches!(bench.store.load(&key).await, Err(StoreError::Corrupt(_))));
    let changed = bench.store.apply(&key, &Change::set("a", json!(1), bench.clock.now())).await;
    assert!(matches!(changed, Err(StoreError::Corrupt(_)) | Ok(None)));
    assert!(bench.loads(&other).await);
    assert!(bench.lists(account, &[other]).await);
    bench.store.end(&key, Reason::Corrupt).await.expect("ends");
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Corrupt, .. }));
    assert!(bench.lists(account, &[other]).await);
}

/// A store that cannot be reached says so: nobody is signed out because of it.
///
/// ASVS V16.5.3.
pub async fn a_store_out_of_reach_is_an_error_and_no_absence(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    let key = bench.living(Some(account)).await;
    if !fixture.take_away().await {
        return not_applicable("nobody can take it away");
    }
    let (store, now) = (&bench.store, bench.clock.now());
    let other = SessionId::random().key("");
    assert!(matches!(store.load(&key).await, Err(StoreError::Unavailable(_))));
    if !store.capabilities().is_client_side {
        assert!(matches!(store.load(&other).await, Err(StoreError::Unavailable(_))));
    }
    assert!(matches!(store.insert(&other, &bench.record()).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.touch(&key, now).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.end(&key, Reason::SignedOut).await, Err(StoreError::Unavailable(_))));
    let changed = store.apply(&key, &Change::set("a", json!(1), now)).await;
    assert!(matches!(changed, Err(StoreError::Unavailable(_))));
    if store.capabilities().listable {
        assert!(matches!(store.of_account(account).await, Err(StoreError::Unavailable(_))));
    }
    let ended = store.end_of_account(account, None, Reason::Revoked).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))));
    if !store.capabilities().expires_by_itself {
        assert!(matches!(store.sweep(1, &Pauses::brisk()).await, Err(StoreError::Unavailable(_))));
    }
}

/// However early a caller goes away, a record is whole, and its account can find what lives.
///
/// ASVS V2.3.3.
pub async fn a_cancelled_call_leaves_all_or_nothing_done(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    let mut keys = Vec::new();
    for polls in 0..40 {
        let key = SessionId::random().key("");
        keys.push(key);
        let record = Record { account: Some(account), ..bench.record() };
        let change = Change {
            set: Values::from([("a", polls), ("b", polls)]),
            ..Change::remove("c", bench.clock.now())
        };
        cancelled_after(polls, bench.store.insert(&key, &record)).await;
        cancelled_after(polls, bench.store.apply(&key, &change)).await;
        bench.settle(&key).await;
        let Loaded::Living(found) = bench.load(&key).await else { continue };
        assert_eq!(found.values.get("a"), found.values.get("b"), "both or neither");
        let listed = bench.store.of_account(account).await.expect("lists");
        assert!(!bench.is_listable() || listed.iter().any(|one| one.key == key), "its account can end it");
    }
    // A cancelled insert may still be on its way; it cannot be on its way for ever.
    for _ in 0..100 {
        bench.store.end_of_account(account, None, Reason::Revoked).await.expect("ends");
        let mut living = bench.listed(account).await.len();
        for key in &keys {
            living += usize::from(bench.loads(key).await);
        }
        if living == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    unreachable!("an account's sessions can be ended, whatever was cancelled before");
}

/// However early a caller goes away, a session has ended or lives, and its account's list knows which.
///
/// ASVS V2.3.3.
pub async fn a_cancelled_end_leaves_all_or_nothing_done(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    for polls in 0..40 {
        let (one, other) = (bench.living(Some(account)).await, bench.living(Some(account)).await);
        cancelled_after(polls, bench.store.end(&one, Reason::SignedOut)).await;
        cancelled_after(polls, bench.store.touch(&other, bench.clock.now())).await;
        cancelled_after(polls, bench.store.end_of_account(account, Some(&one), Reason::Revoked)).await;
        cancelled_after(polls, bench.store.sweep(10, &Pauses::brisk())).await;
        for key in [one, other] {
            bench.settle(&key).await;
        }
        let listed = bench.listed(account).await;
        for key in [one, other] {
            match bench.load(&key).await {
                Loaded::Living(record) => {
                    assert_eq!(record.account, Some(account));
                    let is_listed = !bench.is_listable() || listed.contains(&key);
                    assert!(is_listed || !bench.loads(&key).await, "its account can end it");
                }
                Loaded::Ended { .. } => assert!(!bench.listed(account).await.contains(&key)),
                Loaded::Absent => unreachable!("a reason is left"),
            }
        }
        bench.store.end_of_account(account, None, Reason::Revoked).await.expect("ends");
        for key in [one, other] {
            assert!(!bench.loads(&key).await);
        }
    }
}

/// Polls a call so many times, then drops it.
async fn cancelled_after<T>(polls: usize, call: impl Future<Output = T>) {
    let mut call = std::pin::pin!(call);
    for _ in 0..polls {
        let done = std::future::poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_ready())).await;
        if done {
            return;
        }
        tokio::task::yield_now().await;
    }
}
