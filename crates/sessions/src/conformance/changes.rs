//! Changes reach what lives, and none is lost to another.

use std::sync::Arc;

use serde_json::{Value, json};
use time::Duration;

use super::{Bench, Fixture};
use crate::store::Loaded;
use crate::{Change, Clock, Reason};

/// A change that was acknowledged is seen by the next load, and counted.
pub async fn a_load_after_a_change_sees_it(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    let changed = bench.set(&key, "a", json!(1)).await.expect("lives");
    assert_eq!(changed.version, 1);
    assert_eq!(bench.load(&key).await, Loaded::Living(changed.into()));
}

/// A save is a change: parallel requests that set different keys keep all of them.
///
/// ASVS V15.4.1.
pub async fn fifty_parallel_changes_to_different_keys_all_survive(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side("of what is done at once the last stands") {
        return;
    }
    let key = bench.living(None).await;
    let changes = (0..50).map(|number| {
        let (store, at) = (Arc::clone(&bench.store), bench.clock.now());
        tokio::spawn(async move {
            store.apply(&key, &Change::set(&format!("k{number}"), json!(number), at)).await
        })
    });
    for change in changes.collect::<Vec<_>>() {
        assert!(change.await.expect("runs").expect("applies").is_some());
    }
    for number in 0..50 {
        assert_eq!(bench.value(&key, &format!("k{number}")).await, Some(json!(number)));
    }
}

/// Of parallel changes to one key one wins, and is not mixed with another.
///
/// ASVS V15.4.1.
pub async fn parallel_changes_to_one_key_leave_one_of_them_whole(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    let changes = (0..20).map(|number| {
        let (store, at) = (Arc::clone(&bench.store), bench.clock.now());
        let value = json!([number, "x".repeat(1000 + number)]);
        tokio::spawn(async move { store.apply(&key, &Change::set("a", value, at)).await })
    });
    for change in changes.collect::<Vec<_>>() {
        change.await.expect("runs").expect("applies");
    }
    let value = bench.value(&key, "a").await.expect("is there");
    let number = usize::try_from(value.get(0).and_then(Value::as_u64).expect("a number")).expect("small");
    assert_eq!(value, json!([number, "x".repeat(1000 + number)]));
}

/// A late write cannot bring a signed-out session back.
///
/// ASVS V7.4.1, V15.4.2.
pub async fn a_change_to_an_ended_session_does_nothing_and_says_so(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    bench.store.end(&key, Reason::SignedOut).await.expect("ends");
    assert_eq!(bench.set(&key, "a", json!(1)).await, None);
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::SignedOut, .. }));
}

/// A late write is no use of a session that went idle before it.
pub async fn a_change_never_revives_what_a_limit_has_ended(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    bench.clock.advance(Duration::minutes(31));
    assert_eq!(bench.set(&key, "a", json!(1)).await, None);
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Idle, .. }));
}
