//! Requests that another site makes a visitor's browser send.

use reqwest::header::{ACCEPT, CONTENT_TYPE, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

/// Every route that may change something: what the OpenAPI document and the list of server functions name.
async fn changing(app: &TestApp) -> Vec<(Method, String)> {
    let document = app.program().get("/api/openapi.json").await.json();
    let paths = document.get("paths").and_then(Value::as_object).expect("paths");
    let documented = paths.iter().flat_map(|(path, operations)| {
        let methods = operations.as_object().into_iter().flat_map(|operations| operations.keys());
        methods.map(move |method| (method.to_uppercase(), path.replace("{handle}", "AAAAAAAAAAAAAAAAAAAAAA")))
    });
    let functions = leptos::server_fn::axum::server_fn_paths();
    let functions = functions.map(|(path, method)| (method.to_string(), path.to_owned()));
    let all = documented.chain(functions).filter(|(method, _)| method != "GET");
    all.map(|(method, path)| (Method::from_bytes(method.as_bytes()).expect("a method"), path)).collect()
}

#[tokio::test]
async fn the_list_of_routes_that_change_something_is_whole() {
    let app = TestApp::start().await;
    let paths: Vec<_> =
        changing(&app).await.into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    for known in [
        "POST /api/v1/login",
        "DELETE /api/v1/sessions",
        "PATCH /api/v1/preferences",
        "POST /api/fn/login",
        "POST /api/fn/logout",
    ] {
        assert!(paths.iter().any(|path| path == known), "{known} in {paths:?}");
    }
    assert!(
        !paths.iter().any(|path| path.starts_with("GET ")),
        "a server function that reads changes nothing"
    );
}

/// Go 1.25's rule, and ours for requests that say nothing.
fn may_pass(
    site: Option<&str>,
    origin: Option<&str>,
    ours: &str,
    path: &str,
    content_type: Option<&str>,
) -> bool {
    match (site, origin) {
        (Some("same-origin" | "none"), _) => true,
        (Some(site), _) if !site.is_empty() => false,
        (_, Some(origin)) if !origin.is_empty() => origin == ours,
        _ => {
            path.starts_with("/api/v1/")
                && content_type.is_none_or(|kind| kind.starts_with("application/json"))
        }
    }
}

type Claim<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// Every `Sec-Fetch-Site` with every `Origin` and every content type.
fn claims(origins: &[Option<String>]) -> Vec<Claim<'_>> {
    let sites =
        [None, Some("same-origin"), Some("none"), Some("same-site"), Some("cross-site"), Some("SAME-ORIGIN")];
    let kinds = [
        None,
        Some("application/json"),
        Some("application/x-www-form-urlencoded"),
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
    ];
    let mut all = Vec::new();
    for site in sites {
        for origin in origins {
            all.extend(kinds.map(|kind| (site, origin.as_deref(), kind)));
        }
    }
    all
}

/// ASVS V3.5.1, V8.3.1.
#[tokio::test]
async fn only_our_own_pages_and_programs_reach_what_changes_something() {
    let app = TestApp::start().await;
    let ours = app.origin();
    let others = [
        "https://evil.example",
        "null",
        &format!("{ours}.evil.example"),
        &format!("http://evil.example@{}", app.address()),
        &ours.replace("127.0.0.1", "localhost"),
        &format!("{ours}0"),
        "file://",
        "http://127.0.0.1",
    ]
    .map(|other| Some(other.to_owned()));
    let origins: Vec<_> = others.into_iter().chain([None, Some(ours.clone())]).collect();
    let mut browser = app.browser();
    for (method, path) in changing(&app).await {
        for (site, origin, kind) in claims(&origins) {
            let mut request = browser.bare(method.clone(), &path).header(ACCEPT, "application/json");
            for (name, value) in [("sec-fetch-site", site), ("origin", origin), ("content-type", kind)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            // A request without a type has no body either: of such a one nothing tells a form from a program.
            let answer = browser.send(if kind.is_some() { request.body("{}") } else { request }).await;
            let expected = may_pass(site, origin, &ours, &path, kind);
            let shown = format!("{method} {path} {site:?} {origin:?} {kind:?}: {}", answer.status);
            assert_eq!(answer.status != StatusCode::FORBIDDEN, expected, "{shown}");
            assert_eq!(answer.set_cookies().len(), 0, "{shown}");
        }
    }
}

/// ASVS V3.5.1.
#[tokio::test]
async fn a_sign_in_or_a_choice_made_by_another_site_sets_no_cookie() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let form = format!("username=ada&password={}&theme=dark", PASSWORD.replace(' ', "+"));
    let json = json!({"username": "ada", "password": PASSWORD}).to_string();
    for (path, kind, body) in [
        ("/api/fn/login", "application/x-www-form-urlencoded", &form),
        ("/api/fn/set_preferences", "application/x-www-form-urlencoded", &form),
        ("/api/v1/login", "application/json", &json),
        ("/api/v1/login", "text/plain", &json),
    ] {
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            let mut browser = app.plain_browser();
            let request = browser.bare(Method::POST, path).header(name, value).header(CONTENT_TYPE, kind);
            let answer = browser.send(request.header(ACCEPT, "text/html").body(body.clone())).await;
            assert_eq!(
                (answer.status, answer.set_cookies().len()),
                (StatusCode::FORBIDDEN, 0),
                "{path} {value}"
            );
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
    let documented = app.program().get("/api/openapi.json").await.json();
    for (_, path) in changing(&app).await {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let is_read = documented["paths"][&path]["get"].is_object() && method != Method::OPTIONS;
            let query = format!("{path}?username=bob&password=x&theme=dark");
            let answer = ada.send(ada.bare(method.clone(), &query)).await;
            assert!(answer.set_cookies().is_empty(), "{method} {path}");
            assert_eq!(answer.status.is_client_error(), !is_read, "{method} {path}: {}", answer.status);
        }
    }
    let whoami = ada.whoami().await;
    assert_eq!([&whoami["username"], &whoami["theme"]], [&json!("ada"), &json!("system")]);
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
