//! Security events: what an account's owner is told of.

use serde_json::{Value, json};

use crate::app::{Caller, PASSWORD, TestApp};

async fn events(caller: &mut Caller<'_>) -> Vec<Value> {
    let answer = caller.get("/api/v1/events").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().get("events").and_then(Value::as_array).expect("a list").clone()
}

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

/// ASVS V16.3.1.
#[tokio::test]
async fn an_owner_sees_what_happened_to_the_account_the_latest_first() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    assert_eq!(app.program().login("ada", "not the password").await.status, 401);
    assert_eq!(app.program().login("ADA", "nor is this one").await.status, 401);
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    phone.logout().await;
    let seen = events(&mut ada).await;
    assert_eq!(names(&seen), ["signed_out", "signed_in", "sign_in_failed", "registered"]);
    assert_eq!(seen.iter().map(|event| event["count"].clone()).collect::<Vec<_>>(), [1, 1, 2, 1]);
    assert!(seen.iter().all(|event| event["address"] == "127.0.0.1" && event["at"].is_string()));
}

/// ASVS V8.2.2.
#[tokio::test]
async fn nobody_sees_the_events_of_another_account() {
    let app = TestApp::start().await;
    app.member("ada").await;
    assert_eq!(names(&events(&mut app.member("eve").await).await), ["registered"]);
    assert_eq!(app.program().get("/api/v1/events").await.code(), "sign_in_required");
}

#[tokio::test]
async fn the_account_page_tells_its_owner_without_a_script_what_happened() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for _ in 0..2 {
        app.program().login("ada", "not the password").await;
    }
    let page = ada.get("/account").await.body;
    let (_, events) = page.split_once("id=\"events\"").expect("a list");
    let (_, registered) =
        events.split_once("<li><div><b>Failed sign-in × 2</b>").expect("the failures first");
    assert!(registered.contains("<li><div><b>Account created</b>"), "{events}");
}

#[tokio::test]
async fn who_guesses_pushes_nothing_out() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for guess in 0..30 {
        app.program().login("ada", &format!("guess number {guess}")).await;
    }
    let seen = events(&mut ada).await;
    assert_eq!(names(&seen), ["sign_in_failed", "registered"]);
    assert_eq!(seen.first().map(|event| event["count"].clone()), Some(json!(30)));
}
