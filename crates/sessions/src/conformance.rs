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

use async_trait::async_trait;
use serde_json::Value;

use crate::store::Loaded;
use crate::{AccountKey, Change, Clock, FixedClock, Key, Policy, Record, SessionId, Store};

mod changes;
mod ends;
mod faults;
mod in_cookies;
mod inserts;
mod insides;
mod limits;
mod owners;
mod sweeps;

pub use changes::*;
pub use ends::*;
pub use faults::*;
pub use in_cookies::{Browsers, InCookies};
pub use inserts::*;
pub use insides::*;
pub use limits::*;
pub use owners::*;
pub use sweeps::*;

/// One place where sessions can be stored; the tests open it.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// Opens the place for the application with this prefix. Opened twice at once it is the same place, if the store can
    /// be (`Capabilities::shared`), and opened again as well (`Capabilities::survives_restart`).
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
/// makes one, and may open it twice: [`Fixture::open`] says when it must be the same place.
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
            a_taken_id_draws_another
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
            an_account_s_end_ends_what_has_expired_too_and_neither_lists_nor_counts_it
            a_session_that_begins_while_its_account_s_are_ended_is_ended_or_listed
            applications_on_one_store_do_not_see_each_other
            what_is_stored_is_there_when_it_is_opened_again
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
