//! An ended session stays ended, and its reason is told.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use super::{Bench, Fixture};
use crate::store::Loaded;
use crate::{AccountKey, Change, Clock, Reason, SessionId};

/// Removing one key leaves the others.
pub async fn a_removed_key_is_gone_and_others_stay(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    bench.set(&key, "a", json!(1)).await;
    bench.set(&key, "b", json!(2)).await;
    bench.store.apply(&key, &Change::remove("a", bench.clock.now())).await.expect("applies");
    assert_eq!(bench.value(&key, "a").await, None);
    assert_eq!(bench.value(&key, "b").await, Some(json!(2)));
}

/// The reason of an end is the first one given.
pub async fn ending_twice_is_fine_and_the_first_reason_stands(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    let at = bench.clock.now();
    bench.store.end(&key, Reason::Revoked).await.expect("ends");
    bench.clock.advance(Duration::minutes(1));
    bench.store.end(&key, Reason::SignedOut).await.expect("is fine");
    assert_eq!(bench.load(&key).await, Loaded::Ended { reason: Reason::Revoked, at });
}

/// A visitor hears why their session is over, whatever the reason.
pub async fn each_end_is_told_with_its_reason(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    for reason in Reason::ALL {
        let key = bench.living(None).await;
        assert!(bench.store.end(&key, reason).await.expect("ends").is_some());
        assert_eq!(bench.load(&key).await, Loaded::Ended { reason, at: bench.clock.now() });
    }
}

/// Who ends a session to go on under another id must know that nobody else has ended it.
///
/// ASVS V7.4.1, V15.4.2.
pub async fn of_parallel_ends_one_is_told_that_the_session_lived(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(Some(AccountKey::random())).await;
    let ends = (0..20).map(|_| {
        let store = Arc::clone(&bench.store);
        tokio::spawn(async move { store.end(&key, Reason::Cycled).await })
    });
    let mut told = 0;
    for end in ends.collect::<Vec<_>>() {
        told += u32::from(end.await.expect("runs").expect("ends").is_some());
    }
    assert_eq!(told, 1);
    let idle = bench.living(None).await;
    bench.clock.advance(Duration::minutes(31));
    for gone in [key, idle, SessionId::random().key("")] {
        assert_eq!(bench.store.end(&gone, Reason::Cycled).await.expect("is no error"), None);
    }
}

/// So a session that goes on under another id goes on whole, whoever changes it meanwhile.
///
/// ASVS V15.4.1, V15.4.2.
pub async fn an_end_returns_the_record_with_each_change_that_was_acknowledged(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side("of what is done at once the last stands") {
        return;
    }
    let account = AccountKey::random();
    let key = bench.living(Some(account)).await;
    let change = |number| {
        let (store, at) = (Arc::clone(&bench.store), bench.clock.now());
        let name = format!("k{number}");
        let change = Change::set(&name, json!(number), at);
        tokio::spawn(async move { store.apply(&key, &change).await.expect("applies").map(|_| name) })
    };
    let before: Vec<_> = (0..25).map(change).collect();
    let store = Arc::clone(&bench.store);
    let end = tokio::spawn(async move { store.end(&key, Reason::Cycled).await });
    let after: Vec<_> = (25..50).map(change).collect();
    let mut acknowledged = Vec::new();
    for change in before.into_iter().chain(after) {
        acknowledged.extend(change.await.expect("runs"));
    }
    let last = end.await.expect("runs").expect("ends").expect("it lived until then");
    acknowledged.sort();
    let kept: Vec<_> = last.values.names().filter(|name| name.starts_with('k')).collect();
    assert_eq!(kept, acknowledged);
    assert_eq!((last.account, last.version), (Some(account), acknowledged.len() as u64));
}

/// Signing out of a session that a limit has ended does not hide the limit.
pub async fn an_expired_session_ends_with_its_limit_as_reason(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    bench.clock.advance(Duration::hours(1));
    bench.store.end(&key, Reason::SignedOut).await.expect("is fine");
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Idle, .. }));
}
