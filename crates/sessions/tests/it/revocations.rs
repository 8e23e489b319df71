//! What is remembered of client-side sessions that have ended, and how soon other servers know.

use std::sync::Arc;

use futures_util::future::join_all;
use sessions::revocations::memory::MemoryRevocations;
use sessions::revocations::postgres::PostgresRevocations;
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::revocations::{EndedBy, EndedEarly, MOST_ENDED, OVER_FOR, Raised, Revocations, Standing};
use sessions::{
    AccountKey, Backing, ClientBacking, ClientSide, Clock as _, FixedClock, Key, KeyRing, Reason, Sealing,
    SessionId,
};
use time::{Duration, OffsetDateTime};

use crate::PATIENCE;
use crate::http::site::{Answer, Browser, Site};
use crate::servers::postgres::Schema;

/// Runs a rule on each place.
macro_rules! on_each_place {
    ($($rule:ident)*) => {
        mod memory { $(#[tokio::test] async fn $rule() { super::$rule(&super::MemoryRevocations::default()).await; })* }
        mod sqlite {
            $(#[tokio::test] async fn $rule() {
                let folder = tempfile::tempdir().expect("a folder");
                super::$rule(&super::open(&folder, "")).await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $rule() {
                let schema = super::Schema::create().await;
                super::$rule(&super::connect(&schema, "").await).await;
            })*
        }
    };
}

on_each_place! {
    a_session_stands_until_it_ends_and_then_never_again
    an_account_s_epoch_ends_what_was_sealed_before_it
    of_epochs_raised_at_once_each_follows_another
    a_restored_epoch_rises_above_those_that_are_forgotten
    too_many_ends_of_one_account_raise_its_epoch_instead
    of_several_ends_at_once_that_are_too_many_one_raises_the_epoch
    a_sweep_forgets_only_what_would_have_ended_anyway_and_no_more_than_asked
    what_a_clock_that_ran_ahead_showed_over_is_not_forgotten_once_it_is_put_back
    what_a_clock_that_ran_ahead_showed_over_is_forgotten_in_its_time_by_a_right_one
    ends_that_are_over_anyway_raise_no_epoch
}

fn open(folder: &tempfile::TempDir, prefix: &str) -> SqliteRevocations {
    SqliteRevocations::open(&folder.path().join("r.db"), prefix, PATIENCE, now()).expect("opens")
}

async fn connect(schema: &Schema, prefix: &str) -> PostgresRevocations {
    PostgresRevocations::open(&schema.url, prefix, PATIENCE, now()).await.expect("connects")
}

fn now() -> OffsetDateTime {
    FixedClock::default().now()
}

fn key() -> Key {
    SessionId::random().key("")
}

fn ended(key: Key, account: Option<AccountKey>, reason: Reason) -> EndedEarly {
    EndedEarly { key, account, reason, at: now(), until: now() + Duration::days(30) }
}

async fn a_session_stands_until_it_ends_and_then_never_again(revocations: &impl Revocations) {
    let (key, other) = (key(), key());
    assert_eq!(revocations.standing(&key, None).await.expect("answers"), Standing::default());
    for reason in [Reason::SignedOut, Reason::Revoked] {
        assert_eq!(
            revocations.end(&ended(key, None, reason)).await.expect("ends"),
            if reason == Reason::SignedOut { EndedBy::This } else { EndedBy::Another }
        );
        let standing = revocations.standing(&key, None).await.expect("answers");
        assert_eq!(standing.end_of(0), Some((Reason::SignedOut, now())), "the first reason stands");
    }
    assert_eq!(revocations.standing(&other, None).await.expect("answers").end_of(0), None);
}

async fn an_account_s_epoch_ends_what_was_sealed_before_it(revocations: &impl Revocations) {
    let [ada, bob] = [(); 2].map(|()| AccountKey::random());
    let first = revocations.raise(ada, Reason::PasswordChanged, now()).await.expect("raises");
    let second = revocations.raise(ada, Reason::Revoked, now()).await.expect("raises");
    assert_eq!([first.from, second.from], [0, first.to]);
    let [first, second] = [first.to, second.to];
    assert!(0 < first && first < second);
    let standing = revocations.standing(&key(), Some(ada)).await.expect("answers");
    for epoch in [0, first] {
        assert_eq!(standing.end_of(epoch), Some((Reason::Revoked, now())));
    }
    assert_eq!((standing.epoch, standing.end_of(second)), (second, None));
    assert_eq!(revocations.standing(&key(), Some(bob)).await.expect("answers"), Standing::default());
}

/// What was written after the backup is gone, but for what visitors have.
async fn a_restored_epoch_rises_above_those_that_are_forgotten(revocations: &impl Revocations) {
    let [ada, bob] = [(); 2].map(|()| AccountKey::random());
    let of_backup = revocations.raise(ada, Reason::Revoked, now()).await.expect("raises");
    let forgotten = Raised::at(of_backup.to, now() + Duration::minutes(5));
    for (account, from) in [(ada, of_backup.to), (bob, 0)] {
        let at = now() + Duration::hours(1);
        let raised = revocations.raise(account, Reason::PasswordChanged, at).await.expect("raises");
        assert_eq!(raised.from, from);
        let standing = revocations.standing(&key(), Some(account)).await.expect("answers");
        assert_eq!(standing.end_of(forgotten.to), Some((Reason::PasswordChanged, at)));
    }
}

async fn too_many_ends_of_one_account_raise_its_epoch_instead(revocations: &impl Revocations) {
    let [ada, bob] = [(); 2].map(|()| AccountKey::random());
    let bobs = key();
    revocations.end(&ended(bobs, Some(bob), Reason::SignedOut)).await.expect("ends");
    for _ in 0..MOST_ENDED {
        let raised = revocations.end(&ended(key(), Some(ada), Reason::SignedOut)).await.expect("ends");
        assert_eq!(raised, EndedBy::This);
    }
    let last = key();
    let raised = revocations.end(&ended(last, Some(ada), Reason::SignedOut)).await.expect("ends");
    let EndedBy::Epoch(raised) = raised else { unreachable!("{raised:?}") };
    let standing = revocations.standing(&last, Some(ada)).await.expect("answers");
    assert_eq!((standing.ended, standing.epoch), (None, raised.to), "the list is short again");
    assert_eq!(standing.end_of(0), Some((Reason::SignedOut, now())));
    assert!(revocations.standing(&bobs, Some(bob)).await.expect("answers").ended.is_some());
}

/// Whoever raised it goes on in the next one.
async fn of_several_ends_at_once_that_are_too_many_one_raises_the_epoch(revocations: &impl Revocations) {
    let ada = AccountKey::random();
    for _ in 0..MOST_ENDED {
        revocations.end(&ended(key(), Some(ada), Reason::SignedOut)).await.expect("ends");
    }
    let ends: Vec<_> = (0..8).map(|_| ended(key(), Some(ada), Reason::SignedOut)).collect();
    let rose = join_all(ends.iter().map(|end| revocations.end(end))).await;
    let rose: Vec<_> = rose.into_iter().filter(|by| !matches!(by, Ok(EndedBy::This))).collect();
    let standing = revocations.standing(&key(), Some(ada)).await.expect("answers");
    let [Ok(EndedBy::Epoch(raised))] = &rose[..] else { unreachable!("{rose:?}") };
    assert_eq!(raised, &Raised { from: 0, to: standing.epoch });
}

async fn of_epochs_raised_at_once_each_follows_another(revocations: &impl Revocations) {
    let ada = AccountKey::random();
    let raising = (0..8).map(|_| revocations.raise(ada, Reason::Revoked, now()));
    let raised = join_all(raising).await.into_iter().map(|raised| raised.expect("raises"));
    let mut raised: Vec<_> = raised.map(|Raised { from, to }| (from, to)).collect();
    raised.sort_unstable();
    let mut before = 0;
    for (from, to) in raised {
        assert!(from == before && from < to, "{from} to {to}, after {before}");
        before = to;
    }
}

async fn a_sweep_forgets_only_what_would_have_ended_anyway_and_no_more_than_asked(
    revocations: &impl Revocations,
) {
    let keys: Vec<_> = (0..5).map(|_| key()).collect();
    for (day, key) in (1..).zip(&keys) {
        let ended = EndedEarly { until: now() + Duration::days(day), ..ended(*key, None, Reason::SignedOut) };
        revocations.end(&ended).await.expect("ends");
    }
    let found = now() + Duration::days(4);
    for (at, counts) in [(found, [3, 1, 0]), (found + OVER_FOR - Duration::SECOND, [0; 3])] {
        for count in counts {
            assert_eq!(revocations.sweep(at, 3).await.expect("sweeps"), count);
        }
        assert_eq!(remembered(revocations, &keys).await, 5);
    }
    let forgotten = found + OVER_FOR;
    // Three of the four, while the fifth is found.
    assert_eq!(revocations.sweep(forgotten, 3).await.expect("sweeps"), 3 + 1);
    assert_eq!(remembered(revocations, &keys).await, 2);
    assert_eq!(revocations.sweep(forgotten, 3).await.expect("sweeps"), 1);
    let last = keys.last().expect("five");
    assert!(revocations.standing(last, None).await.expect("answers").ended.is_some());
}

async fn remembered(revocations: &impl Revocations, keys: &[Key]) -> usize {
    let mut count = 0;
    for key in keys {
        count += usize::from(revocations.standing(key, None).await.expect("answers").ended.is_some());
    }
    count
}

async fn what_a_clock_that_ran_ahead_showed_over_is_not_forgotten_once_it_is_put_back(
    revocations: &impl Revocations,
) {
    let key = key();
    revocations.end(&ended(key, None, Reason::SignedOut)).await.expect("ends");
    let ahead = Duration::days(400);
    // Hours ahead, back, and ahead again: each time a sweep finds it over for the first time.
    for clock in [ahead, ahead + Duration::hours(23), Duration::ZERO, ahead + Duration::days(2)] {
        revocations.sweep(now() + clock, 10).await.expect("sweeps");
        assert_eq!(remembered(revocations, &[key]).await, 1, "{clock}");
    }
    revocations.sweep(now() + ahead + Duration::days(3), 10).await.expect("sweeps");
    assert_eq!(remembered(revocations, &[key]).await, 0, "in the end it is");
}

async fn what_a_clock_that_ran_ahead_showed_over_is_forgotten_in_its_time_by_a_right_one(
    revocations: &impl Revocations,
) {
    let key = key();
    revocations.end(&ended(key, None, Reason::SignedOut)).await.expect("ends");
    // Nobody was there while it would have been taken back: it is over by now.
    for (days, left) in [(400, 1), (31, 1), (32, 0)] {
        revocations.sweep(now() + Duration::days(days), 10).await.expect("sweeps");
        assert_eq!(remembered(revocations, &[key]).await, left, "{days}");
    }
}

async fn ends_that_are_over_anyway_raise_no_epoch(revocations: &impl Revocations) {
    let ada = AccountKey::random();
    for _ in 0..MOST_ENDED {
        revocations.end(&ended(key(), Some(ada), Reason::SignedOut)).await.expect("ends");
    }
    revocations.sweep(now() + Duration::days(31), MOST_ENDED).await.expect("sweeps");
    assert_eq!(
        revocations.end(&ended(key(), Some(ada), Reason::SignedOut)).await.expect("ends"),
        EndedBy::This
    );
}

#[tokio::test]
async fn what_has_ended_is_remembered_after_a_restart_and_by_its_own_application_alone() {
    let (folder, schema) = (tempfile::tempdir().expect("a folder"), Schema::create().await);
    is_remembered(async |prefix| open(&folder, prefix)).await;
    is_remembered(async |prefix| connect(&schema, prefix).await).await;
}

async fn is_remembered<R: Revocations>(open: impl AsyncFn(&'static str) -> R) {
    let (key, account) = (key(), AccountKey::random());
    let shop = open("shop:").await;
    shop.end(&ended(key, Some(account), Reason::SignedOut)).await.expect("ends");
    let raised = shop.raise(account, Reason::Revoked, now()).await.expect("raises");
    drop(shop);
    let standing = open("shop:").await.standing(&key, Some(account)).await.expect("answers");
    assert_eq!((standing.ended, standing.epoch), (Some((Reason::SignedOut, now())), raised.to));
    let wiki = open("wiki:").await.standing(&key, Some(account)).await.expect("answers");
    assert_eq!(wiki, Standing::default());
}

/// A server that remembers here what has ended, and believes it for so long.
fn server(clock: &Arc<FixedClock>, revocations: Arc<dyn Revocations>, believed_for: Duration) -> Site {
    let codec = ClientSide::new(Sealing::Encrypted, KeyRing::new([[1; 32]]).expect("a key"));
    let client = ClientBacking::new(codec, revocations, believed_for);
    Site::with(Arc::clone(clock), Backing::Client(client))
}

/// Two servers with one memory of what has ended, which each believes for so long.
fn two_servers(believed_for: Duration) -> [Site; 2] {
    let (clock, revocations) = (Arc::default(), Arc::new(MemoryRevocations::default()));
    [(); 2].map(|()| server(&clock, Arc::clone(&revocations) as _, believed_for))
}

#[tokio::test]
async fn an_end_on_another_server_is_known_here_after_the_stated_time() {
    let [here, elsewhere] = two_servers(Duration::seconds(5));
    let mut ada = Browser::of(&here);
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&elsewhere) };
    there.get("/logout").await;
    here.clock.advance(Duration::seconds(5));
    assert_eq!(ada.get("/reason").await, Answer::ok("signed_out"));
}

#[tokio::test]
async fn an_end_on_another_server_is_known_at_once_where_nothing_is_believed() {
    let [here, elsewhere] = two_servers(Duration::ZERO);
    let mut ada = Browser::of(&here);
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&elsewhere) };
    there.get("/logout").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("signed_out"));
}

/// ASVS V7.4.3.
#[tokio::test]
async fn a_session_that_has_ended_on_another_server_ends_no_other_and_does_not_go_on() {
    let [here, elsewhere] = two_servers(Duration::seconds(5));
    let (mut thief, mut ada) = (Browser::of(&here), Browser::of(&elsewhere));
    thief.get("/login/ada").await;
    assert_eq!(thief.get("/reason").await, Answer::ok("living"), "which is believed for five seconds");
    ada.get("/login/ada").await;
    ada.get("/end-others").await;
    thief.get("/end-others").await;
    here.clock.advance(Duration::seconds(5));
    assert_eq!(thief.get("/reason").await, Answer::ok("password_changed"));
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
}

#[tokio::test]
async fn an_answer_in_flight_at_a_sign_out_on_another_server_carries_no_cookie() {
    let [here, elsewhere] = two_servers(Duration::seconds(5));
    let mut ada = Browser::of(&here);
    ada.get("/login/ada").await;
    let mut slow = ada.clone();
    let answering = tokio::spawn(async move { slow.get("/slow-answer/theme/dark").await });
    here.wait_until_slow_has_read().await;
    let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&elsewhere) };
    there.get("/logout").await;
    // Longer than an answer at once.
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    here.let_slow_go_on();
    assert_eq!(answering.await.expect("runs").set_cookie, None);
}

/// By `end_all`, neither at once nor after an id that was to change.
#[tokio::test]
async fn a_session_that_has_ended_on_another_server_does_not_end_all() {
    for steps in ["end-all", "cycle,end-all", "current-cycle,end-all", "flush,end-all", "set,delete,end-all"]
    {
        let [here, elsewhere] = two_servers(Duration::seconds(5));
        let (mut thief, mut ada) = (Browser::of(&here), Browser::of(&elsewhere));
        thief.get("/login/ada").await;
        let mut copy = thief.clone();
        assert_eq!(thief.get("/reason").await, Answer::ok("living"));
        ada.get("/login/ada").await;
        ada.get("/end-others").await;
        thief.get(&format!("/steps/{steps}")).await;
        here.clock.advance(Duration::seconds(5));
        assert_eq!(ada.get("/reason").await, Answer::ok("living"), "{steps}");
        // A copy of her own, whose id has changed before its account's sessions ended.
        copy.cookie.clone_from(&ada.cookie);
        assert_eq!(copy.get("/reason").await, Answer::ok("living"));
        ada.get("/end-others").await;
        copy.get(&format!("/steps/{steps}")).await;
        here.clock.advance(Duration::seconds(5));
        assert_eq!(ada.get("/reason").await, Answer::ok("living"), "{steps}");
    }
}

#[tokio::test]
async fn a_cookie_that_went_on_on_another_server_does_not_go_on_here_too() {
    let [here, elsewhere] = two_servers(Duration::seconds(5));
    let mut ada = Browser::of(&here);
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    let mut copy = ada.clone();
    let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&elsewhere) };
    there.get("/login/bob").await;
    copy.get("/steps/current-cycle").await;
    assert_eq!(copy.get("/account").await, Answer::ok("false"));
}

/// The clock of sessions stands still, as one that is put back again and again.
#[tokio::test]
async fn what_is_believed_is_believed_for_its_time_by_any_clock() {
    let [here, elsewhere] = two_servers(Duration::milliseconds(20));
    let mut ada = Browser::of(&here);
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    let mut there = Browser { cookie: ada.cookie.clone(), ..Browser::of(&elsewhere) };
    there.get("/logout").await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(ada.get("/reason").await, Answer::ok("signed_out"));
}

/// The largest cookie of an account whose epoch has never risen.
#[tokio::test]
async fn the_largest_cookie_still_fits_when_all_others_are_ended() {
    for site in [Site::encrypted(), Site::signed()] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut largest = 0;
        for step in [2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1] {
            if ada.get(&format!("/fill/{}", largest + step)).await.body == "fits" {
                largest += step;
            }
        }
        assert_eq!(ada.get(&format!("/fill/{largest}")).await, Answer::ok("fits"));
        ada.get("/end-others").await;
        assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    }
}

/// Its database was put back to a time before the epoch in which the phone goes on.
#[tokio::test]
async fn a_restored_database_ends_what_was_sealed_after_its_backup() {
    let clock = Arc::new(FixedClock::default());
    let [before, restored] =
        [(); 2].map(|()| server(&clock, Arc::new(MemoryRevocations::default()), Duration::seconds(5)));
    let mut phone = Browser::of(&before);
    phone.get("/login/ada").await;
    for _ in 0..3 {
        phone.get("/end-others").await;
    }
    clock.advance(Duration::minutes(10));
    let mut phone = Browser { cookie: phone.cookie.clone(), ..Browser::of(&restored) };
    assert_eq!(phone.get("/reason").await, Answer::ok("living"));
    let mut desk = Browser::of(&restored);
    desk.get("/login/ada").await;
    desk.get("/end-others").await;
    assert_eq!(phone.get("/reason").await, Answer::ok("password_changed"));
    assert_eq!(desk.get("/reason").await, Answer::ok("living"));
}

/// Two servers that share a file or a database, and nothing else.
///
/// ASVS V7.4.3.
#[tokio::test]
async fn the_end_of_all_sessions_on_another_server_is_known_here_after_the_stated_time() {
    let (folder, schema) = (tempfile::tempdir().expect("a folder"), Schema::create().await);
    let files: [Arc<dyn Revocations>; 2] = [(); 2].map(|()| Arc::new(open(&folder, "")) as _);
    let tables: [Arc<dyn Revocations>; 2] =
        [Arc::new(connect(&schema, "").await), Arc::new(connect(&schema, "").await)];
    for both in [files, tables] {
        let clock = Arc::new(FixedClock::default());
        let [here, elsewhere] = both.map(|revocations| server(&clock, revocations, Duration::seconds(5)));
        let mut ada = Browser::of(&here);
        ada.get("/login/ada").await;
        assert_eq!(ada.get("/reason").await, Answer::ok("living"));
        let mut phone = Browser::of(&elsewhere);
        phone.get("/login/ada").await;
        phone.get("/end-others").await;
        clock.advance(Duration::seconds(5));
        assert_eq!(ada.get("/reason").await, Answer::ok("password_changed"));
        assert_eq!(phone.get("/reason").await, Answer::ok("living"));
    }
}
