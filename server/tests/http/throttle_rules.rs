//! The rules of the throttle, wherever it counts.

use std::sync::Arc;
use std::time::Duration as Wait;

use auth::{Admission, ClientAddress, Counter, DeviceToken, Gate, Throttle};
use contract::Username;
use server::config;
use server::throttle::{CountingThrottle, PostgresTally, RedisTally, SqliteTally, Tally};
use sessions::store::{postgres, sqlite};
use sessions::{Clock as _, FixedClock};
use time::Duration;

use crate::databases::{PATIENCE, Place, path};
use crate::servers::redis;

/// Runs a rule wherever attempts are counted.
macro_rules! wherever_attempts_are_counted {
    ($($rule:ident)*) => {
        mod in_sqlite {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Counts::in_sqlite()).await; })*
        }
        mod in_postgres {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Counts::in_postgres().await).await; })*
        }
        mod in_redis {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Counts::in_redis()).await; })*
        }
    };
}

wherever_attempts_are_counted! {
    a_burst_passes_and_then_one_in_six_seconds
    gates_are_apart_and_what_is_off_passes_always
    an_account_closes_for_longer_and_longer_and_a_success_opens_it
    nobody_ever_gets_a_hundred_and_first_guess
    a_device_is_counted_apart
    parallel_guesses_are_no_cheaper_than_guesses_in_turn
    a_parallel_burst_is_no_larger
    servers_count_together
    a_restart_forgets_nothing
    a_guess_without_a_verdict_is_taken_back
    a_clock_that_is_set_back_locks_nobody_out
    a_clock_that_is_set_back_opens_no_closed_account
}

const RATE: config::Rate = config::Rate { burst: 10, refill: 10, per: Wait::from_mins(1) };

/// A place where attempts are counted. What is opened there twice counts together.
struct Counts {
    clock: Arc<FixedClock>,
    place: Counted,
}

enum Counted {
    Database(Place),
    Redis(String),
}

impl Counts {
    fn in_sqlite() -> Self {
        Self { clock: Arc::default(), place: Counted::Database(Place::sqlite()) }
    }

    async fn in_postgres() -> Self {
        Self { clock: Arc::default(), place: Counted::Database(Place::postgres().await) }
    }

    fn in_redis() -> Self {
        Self { clock: Arc::default(), place: Counted::Redis(redis::new_prefix()) }
    }

    async fn tally(&self) -> Arc<dyn Tally> {
        let now = self.clock.now();
        match &self.place {
            Counted::Database(Place::File(folder)) => {
                let tables = [SqliteTally::MIGRATIONS];
                let opened = sqlite::Database::open(&path(folder), PATIENCE, &tables, now);
                Arc::new(SqliteTally::new(opened.expect("opens")))
            }
            Counted::Database(Place::Schema(schema)) => {
                let tables = [PostgresTally::MIGRATIONS];
                let opened = postgres::Database::open(&schema.url, PATIENCE, &tables, now).await;
                Arc::new(PostgresTally::new(opened.expect("opens")))
            }
            Counted::Redis(prefix) => {
                let url = redis::shared().url();
                Arc::new(RedisTally::open(url.as_str().into(), prefix, PATIENCE).await.expect("opens"))
            }
        }
    }

    /// A server's throttle.
    async fn throttle(&self) -> Arc<dyn Throttle> {
        let limits = config::Throttle {
            address_sign_in: Some(RATE),
            address_registration: None,
            address_anonymous: Some(config::Rate { burst: 30, refill: 60, ..RATE }),
            account: true,
        };
        Arc::new(CountingThrottle::new(self.tally().await, limits, Arc::clone(&self.clock) as _))
    }
}

fn address(last: u8) -> ClientAddress {
    ClientAddress::of([192, 0, 2, last].into())
}

fn ada() -> Counter {
    Counter::Account(Username::parse("ada").expect("well-formed"))
}

fn refused(wait: Duration) -> Admission {
    Admission::Refused(wait)
}

async fn sign_in(throttle: &Arc<dyn Throttle>, last: u8) -> Admission {
    throttle.admit_address(Gate::SignIn, address(last)).await.expect("answers")
}

async fn guess(throttle: &Arc<dyn Throttle>, counter: &Counter) -> Admission {
    throttle.admit_guess(counter).await.expect("answers")
}

/// ASVS V2.4.1.
async fn a_burst_passes_and_then_one_in_six_seconds(counts: Counts) {
    let throttle = counts.throttle().await;
    for _ in 0..10 {
        assert_eq!(sign_in(&throttle, 1).await, Admission::Admitted);
    }
    assert_eq!(sign_in(&throttle, 1).await, refused(Duration::seconds(6)));
    assert_eq!(sign_in(&throttle, 2).await, Admission::Admitted);
    counts.clock.advance(Duration::seconds(6));
    assert_eq!(sign_in(&throttle, 1).await, Admission::Admitted);
    assert_eq!(sign_in(&throttle, 1).await, refused(Duration::seconds(6)));
}

async fn gates_are_apart_and_what_is_off_passes_always(counts: Counts) {
    let throttle = counts.throttle().await;
    for gate in [Gate::Registration, Gate::AnonymousSession] {
        for _ in 0..30 {
            assert_eq!(throttle.admit_address(gate, address(1)).await.expect("answers"), Admission::Admitted);
        }
    }
    assert_eq!(
        throttle.admit_address(Gate::AnonymousSession, address(1)).await.expect("answers"),
        refused(Duration::SECOND)
    );
    assert_eq!(sign_in(&throttle, 1).await, Admission::Admitted);
}

async fn an_account_closes_for_longer_and_longer_and_a_success_opens_it(counts: Counts) {
    let throttle = counts.throttle().await;
    for _ in 0..5 {
        assert_eq!(guess(&throttle, &ada()).await, Admission::Admitted);
    }
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::SECOND));
    counts.clock.advance(Duration::SECOND);
    assert_eq!(guess(&throttle, &ada()).await, Admission::Admitted);
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::seconds(2)));
    throttle.forgive(&ada()).await.expect("forgives");
    assert_eq!(guess(&throttle, &ada()).await, Admission::Admitted);
}

/// ASVS V6.3.1.
async fn nobody_ever_gets_a_hundred_and_first_guess(counts: Counts) {
    let throttle = counts.throttle().await;
    let mut admitted = 0;
    for _ in 0..150 {
        counts.clock.advance(Duration::minutes(16));
        admitted += u32::from(guess(&throttle, &ada()).await == Admission::Admitted);
    }
    assert_eq!(admitted, 100);
    counts.clock.advance(Duration::days(4000));
    throttle.sweep(1000).await.expect("sweeps");
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::minutes(15)), "no time opens it");
}

async fn a_device_is_counted_apart(counts: Counts) {
    let throttle = counts.throttle().await;
    let [phone, laptop] = [(); 2].map(|()| Counter::Device(DeviceToken::random().key()));
    for counter in [&ada(), &phone] {
        for _ in 0..5 {
            assert_eq!(guess(&throttle, counter).await, Admission::Admitted);
        }
        assert_eq!(guess(&throttle, counter).await, refused(Duration::SECOND));
    }
    assert_eq!(guess(&throttle, &laptop).await, Admission::Admitted);
    throttle.forgive(&phone).await.expect("forgives");
    assert_eq!(
        guess(&throttle, &ada()).await,
        refused(Duration::SECOND),
        "strangers are not forgiven with it"
    );
}

/// ASVS V6.3.1, V15.4.2.
async fn parallel_guesses_are_no_cheaper_than_guesses_in_turn(counts: Counts) {
    let servers = [counts.throttle().await, counts.throttle().await];
    let guesses = servers.iter().cycle().take(40).map(|server| {
        let server = Arc::clone(server);
        tokio::spawn(async move { guess(&server, &ada()).await })
    });
    let guesses: Vec<_> = guesses.collect();
    let mut admitted = 0;
    for one in guesses {
        admitted += u32::from(one.await.expect("runs") == Admission::Admitted);
    }
    assert_eq!(admitted, 5);
}

async fn a_parallel_burst_is_no_larger(counts: Counts) {
    let servers = [counts.throttle().await, counts.throttle().await];
    let attempts = servers.iter().cycle().take(40).map(|server| {
        let server = Arc::clone(server);
        tokio::spawn(async move { sign_in(&server, 1).await })
    });
    let attempts: Vec<_> = attempts.collect();
    let mut admitted = 0;
    for one in attempts {
        admitted += u32::from(one.await.expect("runs") == Admission::Admitted);
    }
    assert_eq!(admitted, 10);
}

async fn servers_count_together(counts: Counts) {
    let [here, there] = [counts.throttle().await, counts.throttle().await];
    for _ in 0..5 {
        guess(&here, &ada()).await;
    }
    assert_eq!(guess(&there, &ada()).await, refused(Duration::SECOND));
    there.forgive(&ada()).await.expect("forgives");
    assert_eq!(guess(&here, &ada()).await, Admission::Admitted);
}

/// ASVS V6.3.1.
async fn a_restart_forgets_nothing(counts: Counts) {
    let throttle = counts.throttle().await;
    for _ in 0..10 {
        sign_in(&throttle, 1).await;
        guess(&throttle, &ada()).await;
    }
    drop(throttle);
    let throttle = counts.throttle().await;
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::SECOND));
    assert_eq!(sign_in(&throttle, 1).await, refused(Duration::seconds(6)));
}

async fn a_guess_without_a_verdict_is_taken_back(counts: Counts) {
    let throttle = counts.throttle().await;
    throttle.take_back(&ada()).await.expect("nothing is there to take back");
    for _ in 0..5 {
        guess(&throttle, &ada()).await;
    }
    throttle.take_back(&ada()).await.expect("takes back");
    assert_eq!(guess(&throttle, &ada()).await, Admission::Admitted);
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::SECOND));
}

async fn a_clock_that_is_set_back_locks_nobody_out(counts: Counts) {
    let throttle = counts.throttle().await;
    for _ in 0..10 {
        sign_in(&throttle, 1).await;
        guess(&throttle, &ada()).await;
    }
    counts.clock.advance(-Duration::hours(1));
    assert_eq!(guess(&throttle, &ada()).await, Admission::Admitted);
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::seconds(2)));
    for _ in 0..10 {
        assert_eq!(sign_in(&throttle, 1).await, Admission::Admitted);
    }
    assert_eq!(sign_in(&throttle, 1).await, refused(Duration::seconds(6)));
}

async fn a_clock_that_is_set_back_opens_no_closed_account(counts: Counts) {
    let throttle = counts.throttle().await;
    for _ in 0..120 {
        counts.clock.advance(Duration::minutes(16));
        guess(&throttle, &ada()).await;
    }
    counts.clock.advance(-Duration::hours(24));
    assert_eq!(guess(&throttle, &ada()).await, refused(Duration::minutes(15)));
}

/// Redis forgets by itself.
#[tokio::test]
async fn what_is_of_no_consequence_is_swept_and_the_rest_bounded() {
    for counts in [Counts::in_sqlite(), Counts::in_postgres().await] {
        let (throttle, tally) = (counts.throttle().await, counts.tally().await);
        let names =
            ["ada", "bob", "eve"].map(|name| Counter::Account(Username::parse(name).expect("a name")));
        for (number, name) in (1..).zip(&names) {
            sign_in(&throttle, number).await;
            for _ in 0..number {
                guess(&throttle, name).await;
            }
        }
        let micros = |after: Duration| {
            i64::try_from((counts.clock.now() + after).unix_timestamp_nanos() / 1000).expect("fits")
        };
        assert_eq!(tally.sweep(micros(Duration::ZERO), 100, 100).await.expect("sweeps"), 0);
        assert_eq!(
            tally.sweep(micros(Duration::seconds(6)), 100, 2).await.expect("sweeps"),
            2,
            "of addresses"
        );
        assert_eq!(tally.sweep(micros(Duration::seconds(6)), 1, 100).await.expect("sweeps"), 3);
        for _ in 0..2 {
            guess(&throttle, &names[2]).await;
        }
        assert_eq!(
            guess(&throttle, &names[2]).await,
            refused(Duration::SECOND),
            "most failures stay longest"
        );
        assert_eq!(tally.sweep(micros(Duration::days(399)), 100, 100).await.expect("sweeps"), 0);
        assert_eq!(tally.sweep(micros(Duration::days(401)), 100, 100).await.expect("sweeps"), 1);
    }
}
