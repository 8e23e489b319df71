//! Browsers that have signed in before are counted apart: strangers lock nobody out.

use serde_json::json;

use crate::app::{Caller, PASSWORD, TestApp};
use crate::databases::Place;

const WRONG: &str = "another good password";
const THROTTLED: [&str; 1] = ["throttle.account=on"];

/// Somebody who has never signed in fails until they are told to wait.
async fn strangers_fail(app: &TestApp, username: &str) {
    for _ in 0..5 {
        assert_eq!(app.program().login(username, WRONG).await.status, 401);
    }
    assert_eq!(app.program().login(username, PASSWORD).await.status, 429);
}

/// ASVS V6.1.1, V6.3.1.
#[tokio::test]
async fn strangers_lock_nobody_out_of_a_browser_that_has_signed_in_before() {
    for place in Place::each().await {
        let app = TestApp::with(&[&place.setting(), "throttle.account=on"]).await;
        let mut ada = app.member("ada").await;
        ada.logout().await;
        strangers_fail(&app, "ada").await;
        assert_eq!(ada.login("ada", WRONG).await.status, 401);
        assert_eq!(ada.login("ADA", PASSWORD).await.status, 200);
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 429, "strangers wait all the same");
    }
}

#[tokio::test]
async fn a_browser_that_has_signed_in_before_is_throttled_by_its_own_failures() {
    let app = TestApp::with(&THROTTLED).await;
    let mut ada = app.member("ada").await;
    for _ in 0..5 {
        assert_eq!(ada.login("ada", WRONG).await.status, 401);
    }
    let answer = ada.login("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("1")));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200, "others are not");
}

#[tokio::test]
async fn a_device_of_one_account_is_a_stranger_to_another() {
    let app = TestApp::with(&THROTTLED).await;
    app.member("ada").await;
    let mut eve = app.member("eve").await;
    strangers_fail(&app, "ada").await;
    assert_eq!(eve.login("ada", WRONG).await.status, 429);
}

#[tokio::test]
async fn a_made_up_device_is_a_stranger() {
    let app = TestApp::with(&THROTTLED).await;
    let ada = app.member("ada").await;
    let known = ada.cookie("device").expect("a device").to_owned();
    strangers_fail(&app, "ada").await;
    for value in ["", "ada", &"A".repeat(43), &known.to_lowercase(), &format!("{known}=")] {
        let mut stranger = app.program();
        stranger.cookies.push(("device".to_owned(), value.to_owned()));
        assert_eq!(stranger.login("ada", PASSWORD).await.status, 429, "{value}");
    }
    let mut twice = app.program();
    for _ in 0..2 {
        twice.cookies.push(("device".to_owned(), known.clone()));
    }
    assert_eq!(twice.login("ada", PASSWORD).await.status, 429, "which of the two is ours?");
}

/// ASVS V6.3.8.
#[tokio::test]
async fn a_name_without_account_is_answered_alike_with_a_device_too() {
    let app = TestApp::with(&THROTTLED).await;
    app.member("ada").await;
    let eve = app.member("eve").await;
    let mut answers: [Vec<_>; 2] = [Vec::new(), Vec::new()];
    for (name, answers) in ["ada", "bob"].into_iter().zip(&mut answers) {
        for _ in 0..7 {
            let answer = eve.clone().login(name, WRONG).await;
            answers.push((answer.status, answer.body.clone(), answer.set_cookies().len()));
        }
    }
    let [known, unknown] = answers;
    assert_eq!(known, unknown);
    assert_eq!(known.last().map(|(status, ..)| status.as_u16()), Some(429));
}

#[tokio::test]
async fn the_token_is_another_after_each_sign_in_and_the_one_before_is_unknown() {
    let app = TestApp::with(&THROTTLED).await;
    let mut ada = app.member("ada").await;
    let before = ada.clone();
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
    assert_ne!(ada.cookie("device"), before.cookie("device"));
    strangers_fail(&app, "ada").await;
    assert_eq!(before.clone().login("ada", PASSWORD).await.status, 429);
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_password_change_makes_strangers_of_all_browsers_but_the_one_that_changed_it() {
    let app = TestApp::with(&THROTTLED).await;
    let (mut phone, mut ada) = (app.member("ada").await, app.program());
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
    let new = "a staple of quite another kind";
    assert_eq!(ada.change_password(PASSWORD, new).await.status, 204);
    for _ in 0..5 {
        assert_eq!(app.program().login("ada", WRONG).await.status, 401);
    }
    assert_eq!(phone.login("ada", new).await.status, 429);
    assert_eq!(ada.login("ada", new).await.status, 200);
}

#[tokio::test]
async fn a_failure_hands_out_no_device_and_takes_none_away() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let device = ada.cookie("device").map(str::to_owned);
    for (name, password) in [("ada", WRONG), ("bob", PASSWORD), ("a b", PASSWORD)] {
        assert_eq!(ada.login(name, password).await.set_cookies().len(), 0, "{name}");
        assert_eq!(app.program().login(name, password).await.set_cookies().len(), 0, "{name}");
    }
    ada.logout().await;
    assert_eq!(ada.cookie("device").map(str::to_owned), device);
}

#[tokio::test]
async fn the_cookie_is_for_this_site_alone_and_tells_nothing() {
    let app = TestApp::start().await;
    let answer = app.program().register("ada", PASSWORD).await;
    let cookie = answer.set_cookie("device").expect("a device");
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(pair.len(), "device=".len() + 43, "256 random bits");
    let tls = ["server.public_origin=https://anteroom.example", "server.trusted_proxies=127.0.0.1"];
    let app = TestApp::with(&tls).await;
    let answer = app.program().register("ada", PASSWORD).await;
    let cookie = answer.set_cookie("__Host-device").expect("a device");
    assert!(cookie.ends_with("; Max-Age=34560000; Path=/; HttpOnly; Secure; SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn a_dump_of_the_database_holds_no_token() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let token = ada.cookie("device").expect("a device").to_owned();
    for file in ["test.db", "test.db-wal"] {
        let bytes = std::fs::read(app.database().with_file_name(file)).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains(&token), "{file}");
    }
}

#[tokio::test]
async fn the_cookie_alone_signs_nobody_in() {
    let app = TestApp::start().await;
    let mut ada: Caller<'_> = app.member("ada").await;
    ada.cookies.retain(|(name, _)| name == "device");
    assert_eq!(ada.whoami().await["authenticated"], json!(false));
    assert_eq!(ada.get("/api/v1/protected").await.code(), "sign_in_required");
}
