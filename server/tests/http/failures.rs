use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;

/// ASVS V4.1.4, V13.4.4.
#[tokio::test]
async fn a_wrong_method_is_405_and_says_which_are_right() {
    let app = TestApp::start().await;
    let mut program = app.program();
    let answer = program.send(program.bare(Method::DELETE, "/api/v1/whoami")).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("GET,HEAD")));
    assert_eq!(answer.code(), "method_not_allowed");
    let answer = program.send(program.bare(Method::GET, "/api/v1/login")).await;
    assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")));
}

/// ASVS V4.1.1.
#[tokio::test]
async fn what_is_not_there_is_404_as_a_problem() {
    let app = TestApp::start().await;
    let answer = app.program().get("/api/v1/nothing").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

/// ASVS V2.2.1, V15.3.3, V15.3.5.
#[tokio::test]
async fn bodies_are_refused_for_what_is_wrong_with_them() {
    let app = TestApp::start().await;
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let large = format!(r#"{{"username":"{}","password":"x"}}"#, "a".repeat(20_000));
    for (body, status, code) in [
        ("", 400, "malformed_body"),
        ("{", 400, "malformed_body"),
        (&deep, 422, "invalid"),
        (r#"["ada", "x"]"#, 422, "invalid"),
        ("null", 422, "invalid"),
        ("[]", 422, "invalid"),
        (r#"{"username":"ada"}"#, 422, "invalid"),
        (r#"{"username":1,"password":"x"}"#, 422, "invalid"),
        (r#"{"username":"ada","password":"x","role":"admin"}"#, 422, "invalid"),
        (r#"{"username":"ada","password":"x","username":"eve"}"#, 422, "invalid"),
        (&large, 413, "body_too_large"),
    ] {
        let mut program = app.program();
        let request = program.bare(Method::POST, "/api/v1/login").header("content-type", "application/json");
        let answer = program.send(request.body(body.to_owned())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (status, code),
            "{}",
            &body[..body.len().min(60)]
        );
    }
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let app = TestApp::start().await;
    let answer = app.program().json(Method::POST, "/api/v1/login", json!({"username": "ada"})).await;
    assert_eq!(answer.json()["errors"]["password"][0]["code"], json!("missing"));
}

#[tokio::test]
async fn an_address_longer_than_8_kib_is_414() {
    let app = TestApp::start().await;
    let answer = app.plain_browser().get(&format!("/?{}", "a".repeat(9000))).await;
    assert_eq!(answer.status, 414);
    assert!(answer.body.contains("<!DOCTYPE html>"));
}

#[tokio::test]
async fn health_is_told() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = app.program().get(path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"status": "ok"})));
    }
}

#[tokio::test]
async fn a_server_function_that_cannot_read_its_arguments_says_400_and_one_that_is_not_there_404() {
    let app = TestApp::start().await;
    for mut browser in [app.browser(), app.plain_browser()] {
        assert_eq!(browser.form("/api/fn/login", &[("username", "ada")]).await.status, 400);
        assert_eq!(browser.form("/api/fn/nothing", &[]).await.status, 404);
    }
}
