//! Paths that a proxy, or somebody else on the way, may take for another.

use reqwest::Method;

use crate::app::{Caller, PASSWORD, TestApp};

/// Spellings of a page that only members see.
const SPELLINGS: &[&str] = &[
    "//about",
    "///about",
    "/%61bout",
    "/%41bout",
    "/ABOUT",
    "/About",
    "/about;x",
    "/about;.css",
    "/about%00",
    "/about%20",
    "/about%2f",
    "/about%3f",
    "/.%2fabout",
    "/%2e/about",
    "/x/..%2fabout",
    "/about/x",
    "/about//",
    "/about.html",
    "/about.css",
    "/about%0a",
    "/./about",
    "/x/../about",
    "/%2e%2e/about",
    "/.\\about",
    "/x\\..\\about",
    "/%2E%2e/about",
    "/x/%2e%2e/about",
    "/%252e/about",
    "/abou%74",
];

/// Names under which a cache would keep an answer for everybody.
const DECEPTIONS: &[&str] = &[
    "/account/x.css",
    "/account;.js",
    "/account%2f.png",
    "/account.css",
    "/account/..%2fx.css",
    "/account%3fx.css",
    "/account%23x.css",
    "/account%00.css",
    "/api/v1/whoami/x.css",
    "/api/v1/whoami;.css",
];

/// The path as it stands, which a client's library would tidy up.
async fn ask(app: &TestApp, caller: &Caller<'_>, path: &str) -> crate::raw::Transcript {
    let cookies: Vec<_> = caller.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nCookie: {}", cookies.join("; "));
    crate::raw::exchange(app, format!("{head}\r\nConnection: close\r\n\r\n")).await
}

/// ASVS V8.2.1, V8.3.1.
#[tokio::test]
async fn no_other_spelling_shows_a_members_page() {
    let app = TestApp::start().await;
    let (guest, ada) = (app.plain_browser(), app.member("ada").await);
    for path in SPELLINGS {
        for caller in [&guest, &ada] {
            let transcript = ask(&app, caller, path).await;
            assert_eq!(transcript.statuses(), [404], "{path}");
            assert!(!transcript.0.contains("You are at the About page!!"), "{path}");
        }
    }
    assert_eq!(
        ask(&app, &guest, "/about/").await.header("location"),
        Some("/about"),
        "which asks to sign in"
    );
}

/// ASVS V8.2.1.
#[tokio::test]
async fn what_needs_a_member_shows_nothing_to_those_who_are_none() {
    let app = TestApp::start().await;
    let mut signed_out = app.member("ada").await;
    let copy = signed_out.cookies.clone();
    signed_out.logout().await;
    signed_out.cookies = copy;
    let mut stranger = app.plain_browser();
    stranger.cookies = vec![("id".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned())];
    for mut caller in [app.plain_browser(), signed_out, stranger] {
        for (path, statuses) in [
            ("/about", [303, 303]),
            ("/contact", [303, 303]),
            ("/account", [303, 303]),
            ("/api/v1/protected", [401, 401]),
            ("/api/v1/sessions", [401, 401]),
        ] {
            let answer = caller.get(path).await;
            assert!(statuses.contains(&answer.status.as_u16()), "{path}: {}", answer.status);
            assert!(!answer.body.contains("ada") && !answer.body.contains("You are at"), "{path}");
        }
    }
}

/// ASVS V14.2.5.
#[tokio::test]
async fn no_private_answer_hides_behind_the_name_of_a_file() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    for path in DECEPTIONS {
        let transcript = ask(&app, &ada, path).await;
        assert_eq!(transcript.statuses(), [404], "{path}");
        assert_eq!(transcript.header("cache-control"), Some("no-store, private"), "{path}");
        assert!(
            !transcript.0.contains("Signed-in devices") && !transcript.0.contains("\"username\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_throttled_endpoint_has_no_second_address() {
    let app = TestApp::with(&["throttle.address_sign_in=1/1m"]).await;
    app.program().login("ada", PASSWORD).await;
    for path in [
        "/api/v1//login",
        "/api/v1/login/",
        "/api/v1/%6cogin",
        "/API/v1/login",
        "/api/v1/LOGIN",
        "/api/v1/login;x",
        "/api/v1/login%2f",
        "/api/v1/login%20",
        "//api/v1/login",
        "/api/fn/login/",
        "/api/fn//login",
    ] {
        let mut program = app.program();
        let body = serde_json::json!({"username": "ada", "password": PASSWORD});
        let answer = program.json(Method::POST, path, body).await;
        assert!(matches!(answer.status.as_u16(), 403 | 404), "{path}: {}", answer.status);
    }
}

/// ASVS V13.4.1, V13.4.3, V13.4.5, V13.4.7.
#[tokio::test]
async fn nothing_is_served_that_no_page_needs() {
    let app = TestApp::start().await;
    for path in [
        "/.git/HEAD",
        "/.gitignore",
        "/.env",
        "/Cargo.toml",
        "/src/main.rs",
        "/anteroom.toml",
        "/data/anteroom.db",
        "/data/test.db",
        "/pkg/",
        "/pkg",
        "/pkg/anteroom.js.map",
        "/pkg/anteroom.d.ts",
        "/metrics",
        "/debug/pprof",
        "/server-status",
        "/actuator",
        "/swagger-ui",
        "/api/",
        "/api",
        "/backup.zip",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
        "/../../etc/passwd",
        "/pkg/....//....//etc/passwd",
    ] {
        let transcript = ask(&app, &app.plain_browser(), path).await;
        assert_eq!(transcript.statuses(), [404], "{path}");
    }
}

/// ASVS V4.1.4, V13.4.4.
#[tokio::test]
async fn methods_that_no_route_has_are_405_and_say_which_it_has() {
    let app = TestApp::start().await;
    let mut program = app.program();
    for path in
        ["/", "/about", "/api/v1/whoami", "/api/v1/login", "/api/fn/login", "/healthz", "/api/openapi.json"]
    {
        for method in ["TRACE", "TRACK", "DELETE", "PUT", "DEBUG", "PROPFIND", "BREW"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let mut request = program.bare(method.clone(), path);
            if method != Method::TRACE {
                request = request.header("sec-fetch-site", "same-origin");
            }
            let answer = program.send(request).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(answer.header("allow").is_some_and(|allow| !allow.is_empty()), "{method} {path}");
        }
    }
}
