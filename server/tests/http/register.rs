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
