//! Both limits of a session, and the touch that moves one of them.

use serde_json::json;
use time::Duration;

use super::{Bench, Fixture};
use crate::store::Loaded;
use crate::{AccountKey, Clock, Pauses, Policy, Reason, Record, SessionId};

/// Past the absolute limit nothing loads, however busy the session was.
///
/// ASVS V7.3.1.
pub async fn an_expired_record_does_not_load(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    for _ in 0..72 {
        bench.clock.advance(Duration::minutes(20) - Duration::SECOND);
        assert!(bench.store.touch(&key, bench.clock.now()).await.expect("touches"));
    }
    bench.clock.advance(Duration::seconds(72));
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Absolute, .. }));
}

/// Unused for its idle limit a session has ended; used, it has not.
///
/// ASVS V7.3.1.
pub async fn the_idle_limit_ends_and_a_touch_moves_it(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    bench.clock.advance(Duration::minutes(29));
    assert!(bench.store.touch(&key, bench.clock.now()).await.expect("touches"));
    bench.clock.advance(Duration::minutes(29));
    assert!(bench.loads(&key).await);
    bench.clock.advance(Duration::minutes(1));
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Idle, .. }));
}

/// The idle deadline stops at the absolute one.
///
/// ASVS V7.3.2.
pub async fn a_touch_never_passes_the_absolute_limit(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = SessionId::random().key("");
    let policy = Policy { idle: Duration::minutes(30), absolute: Duration::minutes(40), persistent: false };
    bench.store.insert(&key, &Record::new(policy, bench.clock.now())).await.expect("inserts");
    bench.clock.advance(Duration::minutes(25));
    bench.store.touch(&key, bench.clock.now()).await.expect("touches");
    bench.clock.advance(Duration::minutes(15));
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Absolute, .. }));
}

/// A late touch with an earlier moment moves nothing.
pub async fn a_touch_never_goes_back(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side("a cookie is touched by the engine's own clock") {
        return;
    }
    let key = bench.living(None).await;
    let begun = bench.clock.now();
    bench.clock.advance(Duration::minutes(20));
    bench.store.touch(&key, bench.clock.now()).await.expect("touches");
    bench.store.touch(&key, begun).await.expect("touches");
    bench.clock.advance(Duration::minutes(20));
    assert!(bench.loads(&key).await);
}

/// A use is no change: values, account, limits and version stay.
pub async fn a_touch_moves_the_idle_deadline_and_nothing_else(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = SessionId::random().key("");
    let account = Some(AccountKey::random());
    let begun = Record { account, ..Record::new(Policy::KEPT_IN, bench.clock.now()) };
    bench.store.insert(&key, &begun).await.expect("inserts");
    let changed = bench.set(&key, "a", json!([1, "x"])).await.expect("lives");
    bench.clock.advance(Duration::minutes(5));
    assert!(bench.store.touch(&key, bench.clock.now()).await.expect("touches"));
    let touched = Record { last_seen: bench.clock.now(), ..changed };
    assert_eq!(bench.load(&key).await, Loaded::Living(touched.into()));
}

/// What has ended, by itself or by request, is not brought back by a touch.
///
/// ASVS V7.4.1.
pub async fn a_touch_never_revives(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let (ended, idle) = (bench.living(None).await, bench.living(None).await);
    bench.store.end(&ended, Reason::SignedOut).await.expect("ends");
    bench.clock.advance(Duration::minutes(31));
    for key in [ended, idle] {
        assert!(!bench.store.touch(&key, bench.clock.now()).await.expect("answers"));
        assert!(!bench.loads(&key).await);
    }
}

/// A limit may be longer than there are dates: then it never passes.
///
/// ASVS V1.4.2.
pub async fn limits_longer_than_any_calendar_are_no_error(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let (key, account) = (SessionId::random().key(""), AccountKey::random());
    let policy = Policy { idle: Duration::MAX, absolute: Duration::MAX, persistent: true };
    let record = Record { account: Some(account), ..Record::new(policy, bench.clock.now()) };
    assert!(bench.store.insert(&key, &record).await.expect("inserts"));
    for _ in 0..3 {
        bench.clock.advance(Duration::days(365_000));
        assert!(bench.store.touch(&key, bench.clock.now()).await.expect("touches"));
        assert!(bench.set(&key, "a", json!(1)).await.is_some());
        assert_eq!(bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps"), 0);
        assert!(bench.lists(account, &[key]).await);
        assert!(bench.loads(&key).await);
    }
    bench.store.end(&key, Reason::SignedOut).await.expect("ends");
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::SignedOut, .. }));
}
