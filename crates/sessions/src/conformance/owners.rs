//! What belongs to an account or to an application belongs to no other.

use std::sync::Arc;

use serde_json::json;
use time::Duration;

use super::{Bench, Fixture, not_applicable};
use crate::store::Loaded;
use crate::{AccountKey, Change, Clock, FixedClock, Pauses, Policy, Reason, Record, SessionId};

/// An account's list has its living sessions, and ending them touches nobody else.
pub async fn an_account_lists_and_ends_exactly_its_own(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let (ada, bob) = (AccountKey::random(), AccountKey::random());
    let (kept, other) = (bench.living(Some(ada)).await, bench.living(Some(ada)).await);
    let (bobs, guest) = (bench.living(Some(bob)).await, bench.living(None).await);
    let gone = bench.living(Some(ada)).await;
    bench.store.end(&gone, Reason::SignedOut).await.expect("ends");
    assert!(bench.lists(ada, &[kept, other]).await);
    let ended = bench.store.end_of_account(ada, Some(&kept), Reason::PasswordChanged).await.expect("ends");
    assert_eq!(ended, 1);
    assert!(matches!(bench.load(&other).await, Loaded::Ended { reason: Reason::PasswordChanged, .. }));
    for key in [kept, bobs, guest] {
        assert!(bench.loads(&key).await);
    }
}

/// What is over is nobody's any more, and stays over if the clock that found it so is put back.
///
/// ASVS V7.4.1.
pub async fn an_account_s_end_ends_what_has_expired_too_and_neither_lists_nor_counts_it(
    fixture: &impl Fixture,
) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    let key = bench.living(Some(account)).await;
    let long = Policy { idle: Duration::days(500), absolute: Duration::days(1000), persistent: false };
    // What begins while the clock is ahead tidies up, if anything does.
    for (ahead, then) in [(Duration::minutes(31), Policy::SIGNED_IN), (Duration::days(400), long)] {
        let early = bench.living(Some(account)).await;
        bench.clock.advance(ahead);
        let key_then = SessionId::random().key("");
        let record = Record { account: Some(account), ..Record::new(then, bench.clock.now()) };
        assert!(bench.store.insert(&key_then, &record).await.expect("inserts"));
        assert!(bench.lists(account, &[key_then]).await);
        let ended =
            bench.store.end_of_account(account, Some(&key_then), Reason::Revoked).await.expect("ends");
        assert_eq!(ended, 0, "they were over");
        for over in [key, early] {
            assert!(!bench.loads(&over).await, "{ahead}: over");
        }
        bench.clock.advance(-ahead);
        for over in [key, early] {
            assert!(!bench.loads(&over).await, "{ahead}: ended, though the clock was wrong");
        }
        bench.store.end(&key_then, Reason::SignedOut).await.expect("ends");
    }
}

/// Whatever comes first: one that lives on no list is found by no later end.
pub async fn a_session_that_begins_while_its_account_s_are_ended_is_ended_or_listed(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    for round in 0..50 {
        let key = SessionId::random().key("");
        let record = Record { account: Some(account), ..bench.record() };
        let (began, ended) = tokio::join!(
            bench.store.insert(&key, &record),
            bench.store.end_of_account(account, None, Reason::Revoked),
        );
        assert!(began.expect("inserts"));
        ended.expect("ends");
        let living = if bench.loads(&key).await { vec![key] } else { Vec::new() };
        assert!(bench.lists(account, &living).await, "round {round}");
        bench.store.end_of_account(account, None, Reason::Revoked).await.expect("ends");
        assert!(!bench.loads(&key).await, "round {round}");
    }
}

/// Nothing is lost with the process: what was changed last is there, and what has ended has ended.
pub async fn what_is_stored_is_there_when_it_is_opened_again(fixture: &impl Fixture) {
    let before = Bench::open(fixture).await;
    if !before.store.capabilities().survives_restart {
        return not_applicable("nothing survives a restart");
    }
    let account = AccountKey::random();
    let (key, ended) = (before.living(Some(account)).await, before.living(Some(account)).await);
    before.set(&key, "a", json!(1)).await;
    before.store.end(&ended, Reason::SignedOut).await.expect("ends");
    drop(before);
    let after = Bench::open(fixture).await;
    assert_eq!(after.value(&key, "a").await, Some(json!(1)));
    assert!(matches!(after.load(&ended).await, Loaded::Ended { reason: Reason::SignedOut, .. }));
    assert!(after.lists(account, &[key]).await);
    after.store.end_of_account(account, None, Reason::Revoked).await.expect("ends");
    assert!(!after.loads(&key).await);
}

/// Two applications may share a store and even an account's key.
pub async fn applications_on_one_store_do_not_see_each_other(fixture: &impl Fixture) {
    let clock = Arc::new(FixedClock::default());
    let open = |prefix| fixture.open(prefix, Arc::clone(&clock) as Arc<dyn Clock>);
    let (shop, wiki) = (open("shop:").await, open("wiki:").await);
    if !shop.capabilities().shared {
        return not_applicable("nobody else can open it");
    }
    let (id, account) = (SessionId::random(), AccountKey::random());
    let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
    shop.insert(&id.key("shop:"), &record).await.expect("inserts");
    assert_eq!(wiki.load(&id.key("wiki:")).await.expect("loads"), Loaded::Absent);
    assert_eq!(wiki.of_account(account).await.expect("lists"), []);
    assert_eq!(wiki.end_of_account(account, None, Reason::Revoked).await.expect("ends"), 0);
    let change = Change::set("a", json!(1), clock.now());
    assert_eq!(wiki.apply(&id.key("wiki:"), &change).await.expect("answers"), None);
    assert!(!wiki.touch(&id.key("wiki:"), clock.now()).await.expect("answers"));
    assert_eq!(wiki.end(&id.key("wiki:"), Reason::Revoked).await.expect("answers"), None);
    wiki.sweep(100, &Pauses::brisk()).await.expect("sweeps");
    let elsewhere = open("shop:").await;
    assert!(
        matches!(elsewhere.load(&id.key("shop:")).await.expect("loads"), Loaded::Living(_)),
        "it is shared"
    );
    assert!(matches!(shop.load(&id.key("shop:")).await.expect("loads"), Loaded::Living(_)));
}
