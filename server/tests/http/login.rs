use reqwest::Method;
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

/// ASVS V7.2.2, V7.2.4.
#[tokio::test]
async fn name_and_password_open_a_session_with_a_new_id() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut ada = app.program();
    ada.choose("theme", "dark").await;
    let before = ada.cookies.clone();
    let answer = ada.login("ADA", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.json()["next"].clone()), (200, json!("/")));
    assert_eq!(answer.json()["theme"], json!("dark"), "a guest's choice goes on");
    assert_ne!(ada.cookies, before);
}

#[tokio::test]
async fn kept_in_means_a_cookie_with_max_age_and_otherwise_it_ends_with_the_browser() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let body = json!({"username": "ada", "password": PASSWORD, "keep_signed_in": true});
    let kept = ada.json(Method::POST, "/api/v1/login", body).await;
    let kept = kept.set_cookie("id").expect("a session");
    assert!(kept.contains("; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax"), "{kept}");
    let plain = ada.login("ada", PASSWORD).await;
    assert!(!plain.set_cookie("id").expect("a session").contains("Max-Age"));
}

/// ASVS V3.7.2.
#[tokio::test]
async fn the_next_path_is_checked_and_given_back() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for (asked, given) in [("/contact?a=b#c", "/contact?a=b#c"), ("//evil.example", "/"), ("https:evil", "/")]
    {
        let body = json!({"username": "ada", "password": PASSWORD, "next": asked});
        let answer = ada.json(Method::POST, "/api/v1/login", body).await;
        assert_eq!(answer.json()["next"], json!(given));
    }
}

#[tokio::test]
async fn a_password_longer_than_any_is_refused_before_it_is_hashed() {
    let app = TestApp::start().await;
    let answer = app.program().login("ada", &"x".repeat(2000)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["errors"]["password"][0]["code"], json!("password_too_long"));
}

/// The first of them renews the hash while the others make a new one of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_at_once_that_find_an_outdated_hash_are_signed_in_all() {
    let weak = TestApp::hashing_weakly(&[]).await;
    weak.member("ada").await;
    let app = weak.beside(&[]).await;
    let hash = || {
        let connection = rusqlite::Connection::open(app.database()).expect("opens");
        let found = connection.query_row("SELECT password FROM accounts", [], |row| row.get::<_, String>(0));
        found.expect("is there")
    };
    let outdated = hash();
    let mut callers: Vec<_> = (0..4).map(|_| app.program()).collect();
    let answers = futures_util::future::join_all(callers.iter_mut().map(|one| one.login("ada", PASSWORD)));
    for answer in answers.await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let renewed = hash();
    assert_ne!(renewed, outdated);
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
    assert_eq!(hash(), renewed, "it is as strong as one made today");
}
