//! What a store holds, seen from outside, and what reading does to it: nothing.

use serde_json::json;
use time::Duration;

use super::{Bench, Fixture, IN_A_COOKIE, NOBODY_LOOKS_INSIDE, not_applicable};
use crate::{AccountKey, Pauses, Reason, Record, SessionId};

/// Loading, listing and sweeping where nothing is due leave every byte and date as it was.
pub async fn a_read_never_writes(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    let (key, ended) = (bench.living(Some(account)).await, bench.living(None).await);
    bench.store.end(&ended, Reason::SignedOut).await.expect("ends");
    let Some(before) = fixture.dump().await else { return not_applicable(NOBODY_LOOKS_INSIDE) };
    bench.clock.advance(Duration::minutes(10));
    for _ in 0..3 {
        assert!(bench.loads(&key).await);
        bench.load(&ended).await;
        bench.load(&SessionId::random().key("")).await;
        assert!(bench.lists(account, &[key]).await);
        assert_eq!(bench.store.sweep(100, &Pauses::brisk()).await.expect("sweeps"), 0);
    }
    assert!(fixture.dump().await.is_some_and(|after| after == before));
}

/// Who steals the whole store can use none of its sessions: neither ids nor what they spell is there.
///
/// ASVS V11.4.3.
pub async fn a_look_inside_finds_no_id_that_opens_a_session(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    if bench.is_client_side(IN_A_COOKIE) {
        return;
    }
    let id = SessionId::random();
    let record = Record { account: Some(AccountKey::random()), ..bench.record() };
    bench.store.insert(&id.key(""), &record).await.expect("inserts");
    bench.set(&id.key(""), "canary", json!("stored")).await;
    let Some(inside) = fixture.dump().await else { return not_applicable(NOBODY_LOOKS_INSIDE) };
    let holds = |part: &[u8]| inside.windows(part.len()).any(|window| window == part);
    assert!(holds(b"canary"), "the dump shows what is stored");
    assert!(!holds(id.encode().as_bytes()) && !holds(id.as_bytes()));
}
