//! The rules of accounts, on each database; and the main journeys of the site over each.

use std::sync::Arc;

use auth::{
    Account, AccountEvent, AccountKey, DeviceKey, DeviceToken, MOST_DEVICES, MOST_EVENTS, PasswordHash,
    PendingEnd,
};
use contract::{SecurityEvent, Username};
use serde_json::json;
use sessions::{Clock as _, FixedClock, Reason, SystemClock};
use time::Duration;

use crate::app::{Caller, PASSWORD, TestApp};
use crate::databases::Place;

/// Runs a rule on each database.
macro_rules! on_each_database {
    ($($rule:ident)*) => {
        mod sqlite {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Place::sqlite()).await; })*
        }
        mod postgres {
            $(#[tokio::test] async fn $rule() { super::$rule(super::Place::postgres().await).await; })*
        }
    };
}

on_each_database! {
    a_name_is_taken_in_any_case
    accounts_survive_a_restart_and_are_gone_when_removed
    an_account_is_found_by_its_key_too
    of_two_who_replace_one_hash_the_second_is_refused
    what_ends_sessions_is_noted_until_they_have_ended
    names_are_listed_in_order
    a_device_is_known_for_its_account_alone
    a_device_is_known_by_its_latest_token_alone
    only_the_latest_devices_of_an_account_are_known
    devices_are_forgotten_with_the_password_and_with_the_account
    a_device_of_the_old_password_is_not_known_after_the_change_even_if_both_race
    events_are_kept_in_order_and_repeated_ones_counted
    only_the_latest_events_of_an_account_are_kept
    events_are_gone_with_their_account
    no_event_outlives_its_account_even_if_both_race
    the_site_does_not_notice
    an_account_s_sessions_end_with_it
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::default())
}

fn account(username: &str) -> Account {
    Account {
        key: AccountKey::random(),
        username: Username::parse(username).expect("well-formed"),
        password: PasswordHash::from_phc("$argon2id$".into()),
    }
}

async fn a_name_is_taken_in_any_case(place: Place) {
    let (accounts, _) = place.accounts(&clock()).await;
    assert!(accounts.insert(&account("Ada")).await.expect("inserts"));
    assert!(!accounts.insert(&account("aDA")).await.expect("answers"));
    let found = accounts.find(&Username::parse("ADA").expect("well-formed")).await.expect("finds");
    assert_eq!(found.expect("is there").username.as_str(), "Ada");
}

async fn accounts_survive_a_restart_and_are_gone_when_removed(place: Place) {
    let ada = account("ada");
    place.accounts(&clock()).await.0.insert(&ada).await.expect("inserts");
    let (accounts, _) = place.accounts(&clock()).await;
    assert_eq!(accounts.names().await.expect("lists"), std::slice::from_ref(&ada.username));
    assert!(accounts.remove(ada.key, &ada.password).await.expect("removes").is_some());
    assert!(accounts.remove(ada.key, &ada.password).await.expect("answers").is_none());
    assert!(accounts.find(&ada.username).await.expect("looks").is_none());
}

async fn an_account_is_found_by_its_key_too(place: Place) {
    let ((accounts, _), ada) = (place.accounts(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    accounts.insert(&account("bob")).await.expect("inserts");
    let found = accounts.by_key(ada.key).await.expect("finds").expect("is there");
    assert_eq!((found.key, found.username), (ada.key, ada.username));
    assert!(accounts.by_key(AccountKey::random()).await.expect("looks").is_none());
}

async fn of_two_who_replace_one_hash_the_second_is_refused(place: Place) {
    let ((accounts, _), ada) = (place.accounts(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    let [changed, renewed] = ["changed", "renewed"].map(|phc| PasswordHash::from_phc(phc.into()));
    assert!(accounts.change_password(ada.key, &ada.password, &changed).await.expect("changes").is_some());
    assert!(!accounts.renew_hash(ada.key, &ada.password, &renewed).await.expect("answers"));
    assert!(accounts.change_password(ada.key, &ada.password, &renewed).await.expect("answers").is_none());
    assert!(accounts.remove(ada.key, &ada.password).await.expect("answers").is_none());
    let found = accounts.by_key(ada.key).await.expect("finds").expect("is there");
    assert_eq!(found.password, changed);
}

async fn what_ends_sessions_is_noted_until_they_have_ended(place: Place) {
    let (clock, ada, bob) = (clock(), account("ada"), account("bob"));
    let (accounts, _) = place.accounts(&clock).await;
    for account in [&ada, &bob] {
        accounts.insert(account).await.expect("inserts");
    }
    let change = || accounts.change_password(ada.key, &ada.password, &ada.password);
    let first = change().await.expect("changes").expect("is noted");
    let PendingEnd { account, reason, noted } = first;
    assert_eq!((account, reason, noted), (ada.key, Reason::PasswordChanged, clock.now()));
    let second = change().await.expect("changes").expect("is noted");
    assert!(second.noted > first.noted, "each is another, even within a millisecond");
    accounts.renew_hash(bob.key, &bob.password, &bob.password).await.expect("renews");
    let (accounts, _) = place.accounts(&clock).await;
    let later = clock.now() + Duration::minutes(1);
    assert_eq!(accounts.pending_ends(clock.now()).await.expect("lists"), []);
    for (settled, pending) in [(first, vec![second]), (second, vec![])] {
        accounts.settle_end(settled).await.expect("settles its own alone");
        assert_eq!(accounts.pending_ends(later).await.expect("lists"), pending);
    }
    let removed = accounts.remove(ada.key, &ada.password).await.expect("removes").expect("is noted");
    assert_eq!(removed.reason, Reason::AccountRemoved);
    assert_eq!(accounts.pending_ends(later).await.expect("lists"), [removed]);
}

fn event(event: SecurityEvent, second: i64) -> AccountEvent {
    let at = FixedClock::default().now() + Duration::seconds(second);
    AccountEvent {
        event,
        at,
        address: "192.0.2.7".to_owned(),
        device: Some("Firefox, Linux".to_owned()),
        count: 1,
    }
}

async fn events_are_kept_in_order_and_repeated_ones_counted(place: Place) {
    let ((accounts, history), ada) = (place.history(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    let failed = SecurityEvent::SignInFailed;
    let elsewhere = AccountEvent { device: None, ..event(failed, 5) };
    for noted in [event(SecurityEvent::Registered, 1), event(failed, 2), event(failed, 3), elsewhere.clone()]
    {
        history.note(ada.key, &noted).await.expect("notes");
    }
    let (_, history) = place.history(&clock()).await;
    let twice = AccountEvent { count: 2, ..event(failed, 3) };
    let latest = history.latest(ada.key).await.expect("answers");
    assert_eq!(latest, [elsewhere, twice, event(SecurityEvent::Registered, 1)]);
}

async fn only_the_latest_events_of_an_account_are_kept(place: Place) {
    let ((accounts, history), [ada, bob]) = (place.history(&clock()).await, ["ada", "bob"].map(account));
    for one in [&ada, &bob] {
        accounts.insert(one).await.expect("inserts");
    }
    history.note(bob.key, &event(SecurityEvent::Registered, 0)).await.expect("notes");
    for round in 0..15 {
        for (second, kind) in [SecurityEvent::SignedIn, SecurityEvent::SignedOut].into_iter().enumerate() {
            let second = 2 * round + i64::try_from(second).expect("small");
            history.note(ada.key, &event(kind, second)).await.expect("notes");
        }
    }
    let latest = history.latest(ada.key).await.expect("answers");
    assert_eq!(latest.len(), MOST_EVENTS as usize);
    assert_eq!(latest.first(), Some(&event(SecurityEvent::SignedOut, 29)));
    assert_eq!(history.latest(bob.key).await.expect("answers").len(), 1);
}

/// Nothing is noted of an account that is gone, even if its removal came between.
async fn events_are_gone_with_their_account(place: Place) {
    let ((accounts, history), ada) = (place.history(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    history.note(ada.key, &event(SecurityEvent::Registered, 0)).await.expect("notes");
    accounts.remove(ada.key, &ada.password).await.expect("removes");
    history.note(ada.key, &event(SecurityEvent::SignInFailed, 1)).await.expect("notes nothing");
    assert_eq!(history.latest(ada.key).await.expect("answers"), []);
    history.note(AccountKey::NOBODY, &event(SecurityEvent::SignInFailed, 1)).await.expect("notes");
    assert_eq!(history.latest(AccountKey::NOBODY).await.expect("answers").len(), 1);
}

async fn names_are_listed_in_order(place: Place) {
    let (accounts, _) = place.accounts(&clock()).await;
    for name in ["b-a", "B_a", "a.b", "ba0", "Zoe"] {
        accounts.insert(&account(name)).await.expect("inserts");
    }
    let names = accounts.names().await.expect("lists");
    assert_eq!(names.iter().map(Username::as_str).collect::<Vec<_>>(), ["a.b", "b-a", "B_a", "ba0", "Zoe"]);
}

fn device() -> DeviceKey {
    DeviceToken::random().key()
}

async fn a_device_is_known_for_its_account_alone(place: Place) {
    let ((accounts, devices), [ada, bob]) = (place.accounts(&clock()).await, ["ada", "bob"].map(account));
    for account in [&ada, &bob] {
        accounts.insert(account).await.expect("inserts");
    }
    let phone = device();
    devices.remember(&ada, phone, None).await.expect("remembers");
    devices.remember(&account("eve"), device(), None).await.expect("an account that is gone is no error");
    let (_, devices) = place.accounts(&clock()).await;
    let nobody = Username::parse("eve").expect("well-formed");
    for (name, key, is_known) in [
        (&ada.username, phone, true),
        (&ada.username, device(), false),
        (&bob.username, phone, false),
        (&nobody, phone, false),
    ] {
        assert_eq!(devices.knows(name, key).await.expect("answers"), is_known, "{name}");
    }
}

async fn a_device_is_known_by_its_latest_token_alone(place: Place) {
    let ((accounts, devices), ada) = (place.accounts(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    let [first, second, other] = [(); 3].map(|()| device());
    devices.remember(&ada, first, None).await.expect("remembers");
    devices.remember(&ada, other, None).await.expect("remembers");
    devices.remember(&ada, second, Some(first)).await.expect("remembers");
    for (key, is_known) in [(first, false), (second, true), (other, true)] {
        assert_eq!(devices.knows(&ada.username, key).await.expect("answers"), is_known);
    }
}

async fn only_the_latest_devices_of_an_account_are_known(place: Place) {
    let (clock, ada) = (clock(), account("ada"));
    let (accounts, devices) = place.accounts(&clock).await;
    accounts.insert(&ada).await.expect("inserts");
    let mut keys = Vec::new();
    for _ in 0..=MOST_DEVICES {
        clock.advance(Duration::minutes(1));
        keys.push(device());
        devices.remember(&ada, *keys.last().expect("one"), None).await.expect("remembers");
    }
    let listed = devices.devices_of(ada.key).await.expect("lists");
    keys.remove(0);
    keys.reverse();
    assert_eq!(listed, keys, "the one that signed in longest ago is a stranger");
}

async fn devices_are_forgotten_with_the_password_and_with_the_account(place: Place) {
    let ((accounts, devices), mut ada) = (place.accounts(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    let changed = PasswordHash::from_phc("changed".into());
    devices.remember(&ada, device(), None).await.expect("remembers");
    accounts.renew_hash(ada.key, &ada.password, &ada.password).await.expect("renews");
    assert_eq!(devices.devices_of(ada.key).await.expect("lists").len(), 1, "it is the same password");
    accounts.change_password(ada.key, &ada.password, &changed).await.expect("changes");
    assert_eq!(devices.devices_of(ada.key).await.expect("lists"), []);
    devices.remember(&ada, device(), None).await.expect("is no error");
    assert_eq!(devices.devices_of(ada.key).await.expect("lists"), [], "that was the old password");
    ada.password = changed;
    for way in 0..2 {
        devices.remember(&ada, device(), None).await.expect("remembers");
        match way {
            0 => devices.forget_devices(ada.key).await.expect("forgets"),
            _ => assert!(accounts.remove(ada.key, &ada.password).await.expect("removes").is_some()),
        }
        assert_eq!(devices.devices_of(ada.key).await.expect("lists"), []);
    }
}

/// Nothing is kept of who has left.
async fn no_event_outlives_its_account_even_if_both_race(place: Place) {
    let ((accounts, history), mut ada) = (place.history(&clock()).await, account("ada"));
    for round in 0..50 {
        ada.key = AccountKey::random();
        accounts.insert(&ada).await.expect("inserts");
        let failures = (0..4).map(|second| event(SecurityEvent::SignInFailed, second));
        let failures: Vec<_> = failures.map(|event| AccountEvent { device: None, ..event }).collect();
        let noting = failures.iter().map(|event| history.note(ada.key, event));
        let (noted, removed) =
            tokio::join!(futures_util::future::join_all(noting), accounts.remove(ada.key, &ada.password));
        assert!(noted.iter().all(Result::is_ok), "{noted:?}");
        assert!(removed.expect("removes").is_some());
        assert_eq!(history.latest(ada.key).await.expect("answers"), [], "round {round}");
    }
}

/// ASVS V15.4.2.
async fn a_device_of_the_old_password_is_not_known_after_the_change_even_if_both_race(place: Place) {
    let ((accounts, devices), mut ada) = (place.accounts(&clock()).await, account("ada"));
    accounts.insert(&ada).await.expect("inserts");
    for round in 0..50 {
        let changed = PasswordHash::from_phc(format!("changed {round}"));
        let phones: Vec<_> = (0..4).map(|_| devices.remember(&ada, device(), None)).collect();
        let (phones, change) = tokio::join!(
            futures_util::future::join_all(phones),
            accounts.change_password(ada.key, &ada.password, &changed),
        );
        assert!(phones.iter().all(Result::is_ok), "{phones:?}");
        assert!(change.expect("changes").is_some());
        assert_eq!(devices.devices_of(ada.key).await.expect("lists"), [], "round {round}");
        ada.password = changed;
    }
}

/// Everything that a visitor does with an account, told by the answers that they get.
async fn the_site_does_not_notice(place: Place) {
    let app = TestApp::with(&[&place.setting(), "throttle.account=on"]).await;
    let mut ada = app.member("Ada").await;
    assert_eq!(ada.whoami().await.get("username"), Some(&json!("Ada")));
    assert_eq!(app.program().register("aDA", PASSWORD).await.code(), "username_taken");
    assert_eq!(ada.get("/readyz").await.status, 200);
    assert_eq!(ada.logout().await.status, 204);
    assert_eq!(app.program().login("ada", "another good password").await.code(), "invalid_credentials");
    assert_eq!(app.program().login("eve", PASSWORD).await.code(), "invalid_credentials");
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
    let mut phone = app.program();
    assert_eq!(phone.login("ada", PASSWORD).await.status, 200);
    assert_eq!(ada.end_other_sessions().await.status, 204);
    assert_eq!(phone.get("/api/v1/protected").await.code(), "session_ended");
    assert_eq!(ada.get("/api/v1/protected").await.status, 200);
    assert_eq!(phone.login("ada", PASSWORD).await.status, 200);
    let new = "a staple of quite another kind";
    assert_eq!(ada.change_password(PASSWORD, new).await.status, 204);
    assert_eq!(phone.get("/api/v1/protected").await.code(), "session_ended");
    assert_eq!(ada.remove_account(new).await.status, 204);
    assert_eq!(ada.get("/api/v1/protected").await.status, 401);
    assert_eq!(app.program().login("ada", new).await.status, 401);
    assert_eq!(app.program().register("ada", PASSWORD).await.status, 201, "the name is free again");
}

async fn an_account_s_sessions_end_with_it(place: Place) {
    let app = TestApp::with(&[&place.setting()]).await;
    // The other process goes by the machine's clock.
    app.clock.advance(SystemClock.now() - app.clock.now());
    let mut ada = app.member("ada").await;
    let removed = crate::commands::server(&[&place.setting()], &["account", "remove", "ADA"], "").await;
    assert_eq!(removed.code, Some(0), "{}", removed.errors);
    // What another process ends is known here a second later.
    let ends = async {
        while ada.get("/api/v1/protected").await.status == 200 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(crate::databases::PATIENCE, ends).await.expect("the session ends");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
    assert_eq!(app.program().register("ada", PASSWORD).await.status, 201, "the name is free again");
}

/// ASVS V2.3.4, V15.4.2.
#[tokio::test]
async fn of_fifty_parallel_registrations_of_one_name_one_succeeds() {
    for place in Place::each().await {
        let app = TestApp::with(&[&place.setting()]).await;
        let mut callers: Vec<Caller<'_>> = (0..50).map(|_| app.program()).collect();
        let attempts = callers.iter_mut().map(|caller| caller.register("ada", PASSWORD));
        let answers = futures_util::future::join_all(attempts).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 49]].concat());
    }
}

/// ASVS V1.2.4.
#[tokio::test]
async fn what_looks_like_sql_is_a_password_or_no_name() {
    for place in Place::each().await {
        let app = TestApp::with(&[&place.setting()]).await;
        let password = "'; DROP TABLE accounts; -- \" \\ \u{0} %s $1 ?1 é";
        let mut ada = app.program();
        assert_eq!(ada.register("ada", password).await.status, 201);
        assert_eq!(ada.login("ada", password).await.status, 200);
        assert_eq!(ada.login("ada", &password.replace('\u{0}', "")).await.status, 401);
        for name in ["ada' OR '1'='1", "ada\"; --", "ada\u{0}", "ada;", "%", "a$1"] {
            assert_eq!(app.program().register(name, PASSWORD).await.status, 422, "{name:?}");
            assert_eq!(app.program().login(name, password).await.status, 401, "{name:?}");
        }
        assert_eq!(app.program().login("ada", password).await.status, 200);
    }
}

/// ASVS V6.3.2.
#[tokio::test]
async fn a_fresh_database_has_no_account() {
    for place in Place::each().await {
        let app = TestApp::with(&[&place.setting()]).await;
        for name in ["admin", "root", "user", "test", "postgres"] {
            assert_eq!(app.program().login(name, name).await.status, 401, "{name}");
        }
        assert_eq!(place.accounts(&app.clock).await.0.names().await.expect("lists"), []);
    }
}
