use serde_json::json;

use crate::app::{PASSWORD, TestApp};

#[tokio::test]
async fn a_new_account_is_signed_in_at_once() {
    let app = TestApp::start().await;
    let mut ada = app.program();
    let answer = ada.register("Ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.json()["username"].clone()), (201, json!("Ada")));
    assert_eq!(ada.whoami().await["username"], json!("Ada"));
}

#[tokio::test]
async fn a_name_is_taken_in_any_case() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let answer = app.program().register("ADA", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (409, "username_taken"));
    assert_eq!(answer.set_cookies(), Vec::<&str>::new());
}

/// ASVS V2.2.2.
#[tokio::test]
async fn every_fault_of_every_field_is_said_at_once() {
    let app = TestApp::start().await;
    let answer = app.program().register("a b", "short").await;
    assert_eq!(answer.status, 422);
    let errors = &answer.json()["errors"];
    assert_eq!(errors["username"][0]["code"], json!("username_characters"));
    assert_eq!(errors["password"][0]["detail"], json!("This password is 10 characters too short."));
}

/// ASVS V6.3.2.
#[tokio::test]
async fn a_fresh_database_has_no_account() {
    let app = TestApp::start().await;
    for name in ["admin", "root", "user", "test"] {
        assert_eq!(app.program().login(name, name).await.status, 401);
    }
}

/// ASVS V2.3.4.
#[tokio::test]
async fn of_parallel_registrations_of_one_name_one_succeeds() {
    let app = TestApp::start().await;
    let attempts = (0..8).map(|_| async { app.program().register("ada", PASSWORD).await.status.as_u16() });
    let mut statuses = futures(attempts).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 7]].concat());
}

async fn futures<T>(all: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut pending: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pending.retain_mut(|one| match one.as_mut().poll(context) {
            std::task::Poll::Ready(value) => {
                done.push(value);
                false
            }
            std::task::Poll::Pending => true,
        });
        if pending.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}
