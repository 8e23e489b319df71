//! Sweeps take what is over, in steps, and disturb nobody.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use super::{Bench, Fixture};
use crate::store::{Loaded, REASON_KEPT_FOR};
use crate::{Change, Clock, Pauses, Reason};

/// A sweep is bounded, and the living are none of its business.
///
/// ASVS V14.2.7.
pub async fn a_sweep_takes_only_the_expired_and_no_more_than_asked(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.expires_by_itself() {
        return;
    }
    for _ in 0..5 {
        bench.living(None).await;
    }
    bench.clock.advance(Duration::hours(1));
    let young = bench.living(None).await;
    assert_eq!(bench.store.sweep(3, &Pauses::brisk()).await.expect("sweeps"), 3);
    assert_eq!(bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps"), 2);
    assert_eq!(bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps"), 0);
    assert!(bench.loads(&young).await);
}

/// Nor is a store's attention taken up by very many reasons that are due at once.
pub async fn a_sweep_removes_no_more_reasons_than_asked(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.expires_by_itself() {
        return;
    }
    for _ in 0..5 {
        let key = bench.living(None).await;
        bench.store.end(&key, Reason::SignedOut).await.expect("ends");
    }
    bench.clock.advance(REASON_KEPT_FOR);
    for left in [3, 2, 0] {
        assert_eq!(bench.store.sweep(3, &Pauses::brisk()).await.expect("sweeps"), left);
    }
}

/// The visitor can be told why for a day; then nothing is left.
pub async fn a_reason_is_kept_for_a_day(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side("a reason is kept as long as its cookie could be good") {
        return;
    }
    let key = bench.living(None).await;
    bench.store.end(&key, Reason::SignedOut).await.expect("ends");
    bench.clock.advance(REASON_KEPT_FOR - Duration::SECOND);
    bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps");
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::SignedOut, .. }));
    bench.clock.advance(Duration::SECOND);
    bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps");
    assert_eq!(bench.load(&key).await, Loaded::Absent);
}

/// Sweeps while others write lose nothing that lives.
///
/// ASVS V15.4.3.
pub async fn a_sweep_disturbs_nobody_who_writes(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.expires_by_itself() {
        return;
    }
    for _ in 0..100 {
        bench.living(None).await;
    }
    bench.clock.advance(Duration::hours(1));
    let key = bench.living(None).await;
    let (sweeper, writer) = (Arc::clone(&bench.store), Arc::clone(&bench.store));
    let at = bench.clock.now();
    let sweeping = tokio::spawn(async move {
        let mut swept = 0;
        for _ in 0..30 {
            swept += sweeper.sweep(10, &Pauses::brisk()).await.expect("sweeps");
        }
        swept
    });
    for number in 0..30 {
        let change = Change::set(&format!("k{number}"), json!(number), at);
        assert!(writer.apply(&key, &change).await.expect("applies").is_some());
    }
    assert_eq!(sweeping.await.expect("runs"), 100);
    for number in 0..30 {
        assert_eq!(bench.value(&key, &format!("k{number}")).await, Some(json!(number)));
    }
}
