use reqwest::header::{CONTENT_TYPE, ORIGIN};
use reqwest::{Method, StatusCode};

use crate::app::{PASSWORD, TestApp};

const CHANGING: [(Method, &str); 8] = [
    (Method::POST, "/api/v1/login"),
    (Method::POST, "/api/v1/register"),
    (Method::POST, "/api/v1/logout"),
    (Method::PATCH, "/api/v1/preferences"),
    (Method::POST, "/api/fn/login"),
    (Method::POST, "/api/fn/register"),
    (Method::POST, "/api/fn/logout"),
    (Method::POST, "/api/fn/set_preferences"),
];

/// ASVS V3.5.1.
#[tokio::test]
async fn requests_from_other_sites_are_refused_and_change_nothing() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let host = app.origin();
    let suffixed = format!("{host}.evil.example");
    for (method, path) in CHANGING {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            (ORIGIN.as_str(), "https://evil.example"),
            (ORIGIN.as_str(), "null"),
            (ORIGIN.as_str(), &suffixed),
        ] {
            for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                let mut browser = app.browser();
                let body = format!("username=ada&password={PASSWORD}&theme=dark");
                let request =
                    browser.bare(method.clone(), path).header(name, value).header(CONTENT_TYPE, content_type);
                let answer = browser.send(request.body(body)).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} {name}: {value} {content_type}");
                assert_eq!(answer.set_cookies().len(), 0);
            }
        }
    }
}

/// ASVS V3.7.5.
#[tokio::test]
async fn a_form_that_does_not_say_where_it_comes_from_is_refused() {
    let app = TestApp::start().await;
    for path in ["/api/fn/login", "/api/v1/login", "/api/fn/logout"] {
        let mut browser = app.browser();
        let request = browser.bare(Method::POST, path).form(&[("username", "ada"), ("password", PASSWORD)]);
        assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

/// ASVS V3.5.2.
#[tokio::test]
async fn only_json_reaches_the_api() {
    let app = TestApp::start().await;
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]
    {
        let mut browser = app.browser();
        let request = browser.bare(Method::POST, "/api/v1/login").header("sec-fetch-site", "same-origin");
        let request = request.header(CONTENT_TYPE, content_type).body(r#"{"username":"ada","password":"x"}"#);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        assert_eq!(answer.code(), "unsupported_media_type");
    }
}

/// ASVS V3.5.3.
#[tokio::test]
async fn safe_methods_change_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for (_, path) in CHANGING {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let answer = ada.send(ada.bare(method.clone(), path)).await;
            assert!(answer.status.is_client_error() && answer.set_cookies().is_empty(), "{method} {path}");
        }
    }
    assert_eq!(ada.whoami().await["authenticated"], serde_json::json!(true));
}

/// ASVS V3.4.2.
#[tokio::test]
async fn no_other_site_may_read_an_answer() {
    let app = TestApp::start().await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
        let mut browser = app.browser();
        let request = browser.bare(Method::GET, "/api/v1/whoami").header(ORIGIN, origin);
        let answer = browser.send(request).await;
        let granted = answer.headers.keys().any(|name| name.as_str().starts_with("access-control"));
        assert!(!granted, "{origin}");
    }
}

#[tokio::test]
async fn a_person_who_is_refused_gets_a_page() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    let request = browser.bare(Method::POST, "/api/fn/logout").header(ORIGIN, "https://evil.example");
    let answer = browser.send(request.header("accept", "text/html").body("")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.starts_with("<!DOCTYPE html>"), "{}", answer.body);
}
