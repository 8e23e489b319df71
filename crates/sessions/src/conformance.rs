//! The rules that every store obeys, one function each.
//!
//! The author of a store elsewhere runs them all with two lines in a test (of tokio, with `macros` and
//! `rt-multi-thread`):
//!
//! ```
//! use sessions::{conformance::fixture, store::memory::MemoryStore as MyStore};
//! sessions::conformance_tests!(fixture(|_prefix, clock| async { MyStore::new(clock) }));
//! # tokio::runtime::Runtime::new().unwrap().block_on(sessions::conformance::an_insert_never_overwrites(
//! #     &fixture(|_prefix, clock| async { MyStore::new(clock) }),
//! # ));
//! ```
//!
//! Rules that look inside the store, damage a record or take the store away are for a [`Fixture`] of one's own, which
//! can do that.

#![expect(clippy::missing_panics_doc, reason = "a rule that is broken panics: it is a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::task::Poll;

use async_trait::async_trait;
use serde_json::{Value, json};
use time::Duration;

use crate::store::{Loaded, REASON_KEPT_FOR, StoreError};
use crate::{
    AccountKey, Change, Clock, FixedClock, Key, Pauses, Policy, Reason, Record, SessionId, Store, Values,
};

mod in_cookies;

pub use in_cookies::InCookies;

/// One place where sessions can be stored; the tests open it.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Opens the place for the application with this prefix. Opened twice, it is the same place,
    /// unless the store shares nothing (`Capabilities::shared`).
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store>;

    /// Everything that is stored there, names and dates included; `None` if nobody can look inside.
    async fn dump(&self) -> Option<Vec<u8>> {
        None
    }

    /// Makes the record under a key unreadable; `false` if nobody can.
    async fn damage(&self, _: &Key) -> bool {
        false
    }

    /// Takes the place away, so that an open store cannot reach it; `false` if nobody can.
    async fn take_away(&self) -> bool {
        false
    }
}

/// A fixture that opens the store by `open`, which is given the prefix and the clock, and can do no more. Each rule
/// makes one, and may open it twice: then it must be the same place, unless the store shares nothing.
pub fn fixture<F, Opening, S>(open: F) -> impl Fixture
where
    F: Fn(String, Arc<dyn Clock>) -> Opening + Send + Sync,
    Opening: Future<Output = S> + Send,
    S: Store,
{
    OpenedBy(open)
}

struct OpenedBy<F>(F);

#[async_trait]
impl<F, Opening, S> Fixture for OpenedBy<F>
where
    F: Fn(String, Arc<dyn Clock>) -> Opening + Send + Sync,
    Opening: Future<Output = S> + Send,
    S: Store,
{
    async fn open(&self, prefix: &str, clock: Arc<dyn Clock>) -> Arc<dyn Store> {
        Arc::new(self.0(prefix.to_owned(), clock).await)
    }
}

/// Makes a test of each rule, for the fixture that the expression gives.
#[macro_export]
macro_rules! conformance_tests {
    ($fixture:expr) => {
        $crate::conformance_tests! { $fixture;
            an_insert_never_overwrites
            an_insert_never_overwrites_an_ended_session
            of_parallel_inserts_under_one_key_one_is_done
            an_unknown_key_is_absent
            a_load_after_a_change_sees_it
            a_loaded_record_is_the_inserted_one
            an_expired_record_does_not_load
            the_idle_limit_ends_and_a_touch_moves_it
            a_touch_never_passes_the_absolute_limit
            a_touch_never_goes_back
            a_touch_moves_the_idle_deadline_and_nothing_else
            a_touch_never_revives
            limits_longer_than_any_calendar_are_no_error
            fifty_parallel_changes_to_different_keys_all_survive
            parallel_changes_to_one_key_leave_one_of_them_whole
            a_change_to_an_ended_session_does_nothing_and_says_so
            a_change_never_revives_what_a_limit_has_ended
            a_removed_key_is_gone_and_others_stay
            ending_twice_is_fine_and_the_first_reason_stands
            each_end_is_told_with_its_reason
            of_parallel_ends_one_is_told_that_the_session_lived
            an_end_returns_the_record_with_each_change_that_was_acknowledged
            an_expired_session_ends_with_its_limit_as_reason
            a_sweep_takes_only_the_expired_and_no_more_than_asked
            a_sweep_removes_no_more_reasons_than_asked
            a_reason_is_kept_for_a_day
            an_account_lists_and_ends_exactly_its_own
            an_account_neither_lists_nor_ends_what_has_expired
            applications_on_one_store_do_not_see_each_other
            odd_values_survive_unchanged
            a_mebibyte_survives_unchanged
            a_read_never_writes
            a_look_inside_finds_no_id_that_opens_a_session
            a_damaged_record_is_corrupt_and_can_be_ended
            a_store_out_of_reach_is_an_error_and_no_absence
            a_cancelled_call_leaves_all_or_nothing_done
            a_cancelled_end_leaves_all_or_nothing_done
            a_sweep_disturbs_nobody_who_writes
        }
    };
    ($fixture:expr; $($rule:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                $crate::conformance::$rule(&$fixture).await;
            }
        )*
    };
}

const NOBODY_LOOKS_INSIDE: &str = "nobody can look inside";
const IN_A_COOKIE: &str = "each record is in a cookie of its own";

/// Says that a rule has nothing to hold in this store, and why.
#[expect(clippy::print_stdout, reason = "the test's own output, from which the table of rules is made")]
fn not_applicable(why: &str) {
    println!("not applicable: {why}");
}

/// A store with a clock that the rule moves.
struct Bench {
    store: Arc<dyn Store>,
    clock: Arc<FixedClock>,
}

impl Bench {
    async fn open(fixture: &impl Fixture) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = fixture.open("", Arc::clone(&clock) as Arc<dyn Clock>).await;
        Self { store, clock }
    }

    fn record(&self) -> Record {
        Record::new(Policy::SIGNED_IN, self.clock.now())
    }

    /// Inserts a fresh record that belongs to `account`.
    async fn living(&self, account: Option<AccountKey>) -> Key {
        let key = SessionId::random().key("");
        let record = Record { account, ..self.record() };
        assert!(self.store.insert(&key, &record).await.expect("inserts"), "a random key is free");
        key
    }

    fn expires_by_itself(&self) -> bool {
        let expires = self.store.capabilities().expires_by_itself;
        if expires {
            not_applicable("what has expired goes by itself");
        }
        expires
    }

    fn is_client_side(&self, so: &str) -> bool {
        let is_client_side = self.store.capabilities().is_client_side;
        if is_client_side {
            not_applicable(so);
        }
        is_client_side
    }

    fn is_listable(&self) -> bool {
        self.store.capabilities().listable
    }

    async fn load(&self, key: &Key) -> Loaded {
        let at_hand = self.store.at_hand(key).map(Loaded::Living);
        let loaded = self.store.load(key).await.expect("loads");
        assert_eq!(at_hand.as_ref().unwrap_or(&loaded), &loaded, "what is at hand is what is there");
        loaded
    }

    async fn loads(&self, key: &Key) -> bool {
        matches!(self.load(key).await, Loaded::Living(_))
    }

    /// The keys of an account's sessions.
    async fn listed(&self, account: AccountKey) -> Vec<Key> {
        self.store.of_account(account).await.expect("lists").into_iter().map(|one| one.key).collect()
    }

    /// Whether an account's list has just these, in any order; or whether there are no lists.
    async fn lists(&self, account: AccountKey, keys: &[Key]) -> bool {
        let expected: BTreeSet<_> =
            if self.is_listable() { keys.iter().copied().collect() } else { [].into() };
        let listed = self.listed(account).await;
        listed.len() == expected.len() && listed.into_iter().collect::<BTreeSet<_>>() == expected
    }

    async fn value(&self, key: &Key, name: &str) -> Option<Value> {
        match self.load(key).await {
            Loaded::Living(record) => record.values.get(name).cloned(),
            other => unreachable!("the record lives: {other:?}"),
        }
    }

    /// Waits for what a cancelled call may still be doing to a key: the next writer has its turn after it.
    async fn settle(&self, key: &Key) {
        for _ in 0..3 {
            self.store.touch(key, self.clock.now()).await.expect("touches");
        }
    }

    async fn set(&self, key: &Key, name: &str, value: Value) -> Option<Record> {
        self.store.apply(key, &Change::set(name, value, self.clock.now())).await.expect("applies")
    }
}

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

/// A change that was acknowledged is seen by the next load, and counted.
pub async fn a_load_after_a_change_sees_it(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    let changed = bench.set(&key, "a", json!(1)).await.expect("lives");
    assert_eq!(changed.version, 1);
    assert_eq!(bench.load(&key).await, Loaded::Living(changed.into()));
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
    if bench.is_client_side("of what is done at once the last stands") {
        return;
    }
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

/// What a limit has ended is nobody's any more.
pub async fn an_account_neither_lists_nor_ends_what_has_expired(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let account = AccountKey::random();
    let key = bench.living(Some(account)).await;
    bench.clock.advance(Duration::minutes(31));
    assert_eq!(bench.store.of_account(account).await.expect("lists"), []);
    assert_eq!(bench.store.end_of_account(account, None, Reason::Revoked).await.expect("ends"), 0);
    assert!(matches!(bench.load(&key).await, Loaded::Ended { reason: Reason::Idle, .. }));
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
    assert!(matches!(shop.load(&id.key("shop:")).await.expect("loads"), Loaded::Living(_)));
}

/// JSON's corners: empty and nested values, text of all kinds, numbers at their limits.
///
/// ASVS V1.2.4.
pub async fn odd_values_survive_unchanged(fixture: &impl Fixture) {
    let bench = Bench::open(fixture).await;
    let key = bench.living(None).await;
    let odd = json!({
        "": [], "{}": {}, "nested": [[[[[{"a": [null, true, false]}]]]]],
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
