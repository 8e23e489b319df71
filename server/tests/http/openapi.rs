//! The document names every route of the API, and nothing else.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::app::TestApp;

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// ASVS V4.1.4.
#[tokio::test]
async fn the_document_and_the_routes_are_the_same() {
    let app = TestApp::start().await;
    let answer = app.program().get("/api/openapi.json").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("application/json")));
    let document = answer.json();
    let paths = document["paths"].as_object().expect("paths");
    let documented: BTreeSet<_> = paths.keys().map(String::as_str).collect();
    let expected = [
        "/api/v1/account",
        "/api/v1/confirm",
        "/api/v1/events",
        "/api/v1/login",
        "/api/v1/logout",
        "/api/v1/password",
        "/api/v1/preferences",
        "/api/v1/protected",
        "/api/v1/register",
        "/api/v1/session",
        "/api/v1/sessions",
        "/api/v1/sessions/{handle}",
        "/api/v1/whoami",
        "/healthz",
        "/readyz",
    ];
    assert_eq!(documented, BTreeSet::from(expected));
    for (path, operations) in paths {
        for method in METHODS {
            let mut program = app.program();
            let verb = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
            let request = program.bare(verb, path).header("content-type", "application/json");
            let request = request.header("sec-fetch-site", "same-origin").body("");
            let status = program.send(request).await.status.as_u16();
            let is_documented =
                operations.get(method).is_some() || (method == "head" && operations.get("get").is_some());
            assert_eq!(status != 405, is_documented, "{method} {path}: {status}");
        }
    }
}

#[tokio::test]
async fn every_failure_in_the_document_is_a_problem() {
    let app = TestApp::start().await;
    let document = app.program().get("/api/openapi.json").await.json();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                if status.starts_with(['4', '5']) {
                    assert!(
                        response["content"]["application/problem+json"].is_object(),
                        "{method} {path} {status}"
                    );
                }
            }
        }
    }
}
