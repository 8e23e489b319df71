//! What a stranger sees of the site from outside: no more than is meant for them.

use std::collections::BTreeSet;

use app::routes::PAGES;
use reqwest::Method;
use reqwest::header::COOKIE;
use serde_json::Value;

use crate::app::{Answer, PASSWORD, TestApp};

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// ASVS V3.6.1, V3.7.1, V14.2.3, V1.3.2.
#[tokio::test]
async fn no_page_loads_anything_from_elsewhere_or_by_what_browsers_have_given_up() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for page in PAGES {
        for answer in [app.plain_browser().get(page.path).await, ada.get(page.path).await] {
            for part in ["<object", "<embed", "<applet", "src=\"http", "src=\"//", "href=\"http", "href=\"//"]
            {
                assert!(!answer.body.contains(part), "{part} on {}", page.path);
            }
            let policy = answer.header("content-security-policy").expect("a policy").to_owned();
            assert!(!policy.contains("'unsafe-eval'") && !policy.contains("http"), "{policy}");
        }
    }
}

/// ASVS V14.2.6, V15.3.1, V8.2.3.
#[tokio::test]
async fn an_answer_has_exactly_the_fields_that_are_needed() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let whoami = ada.whoami().await;
    assert_eq!(
        fields(&whoami),
        BTreeSet::from(["authenticated", "language", "session", "theme", "username"])
    );
    let session = BTreeSet::from(["created_at", "expires_at", "idle_expires_at", "kind", "store"]);
    assert_eq!(fields(&whoami["session"]), session);
    let listed = ada.get("/api/v1/sessions").await.json();
    assert_eq!(fields(&listed), BTreeSet::from(["complete", "sessions"]));
    let one = BTreeSet::from(["address", "created_at", "current", "device", "handle", "last_seen"]);
    assert_eq!(fields(&listed["sessions"][0]), one);
    let events = ada.get("/api/v1/events").await.json();
    assert_eq!(fields(&events["events"][0]), BTreeSet::from(["address", "at", "count", "device", "event"]));
}

/// ASVS V6.4.2, V6.3.6.
#[tokio::test]
async fn nothing_but_a_name_and_a_password_is_asked_for() {
    let app = TestApp::start().await;
    let document = app.program().get("/api/openapi.json").await.json();
    let asked = |schema: &str| {
        let properties = &document["components"]["schemas"][schema]["properties"];
        fields(properties).into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(asked("RegisterRequest"), ["password", "username"].map(str::to_owned).into());
    let login = ["keep_signed_in", "next", "password", "username"].map(str::to_owned);
    assert_eq!(asked("LoginRequest"), login.into());
}

/// ASVS V13.4.5, V13.4.6, V15.2.3.
#[tokio::test]
async fn neither_a_version_nor_anything_for_developers_is_shown() {
    let app = TestApp::start().await;
    for path in [
        "/metrics",
        "/health",
        "/debug",
        "/test",
        "/mailbox",
        "/server-status",
        "/api",
        "/api/v1",
        "/api/docs",
    ] {
        assert_eq!(app.program().get(path).await.status, 404, "{path}");
    }
    for path in ["/", "/nothing", "/api/v1/whoami", "/api/v1/protected", "/healthz", "/api/fn/nothing"] {
        let answer = app.program().get(path).await;
        for header in ["server", "x-powered-by", "via", "x-aspnet-version"] {
            assert_eq!(answer.header(header), None, "{header} of {path}");
        }
        for part in ["axum", "hyper", "rustc", "/src/", "panicked", env!("CARGO_PKG_VERSION")] {
            assert!(!answer.body.contains(part), "{part} in {path}");
        }
    }
}

/// ASVS V3.5.6.
#[tokio::test]
async fn a_callback_that_is_asked_for_is_not_called() {
    let app = TestApp::start().await;
    for name in ["callback", "jsonp", "cb"] {
        let answer = app.program().get(&format!("/api/v1/whoami?{name}=steal")).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert!(!answer.body.contains("steal") && answer.json().is_object(), "{}", answer.body);
    }
}

/// Whatever is wrong with a cookie, the answer is the same: a guest's. A key that was retired is told, since its name
/// is no secret and its visitors are owed a reason.
///
/// ASVS V11.2.5, V9.1.1.
#[tokio::test]
async fn what_is_wrong_with_a_cookie_is_told_to_nobody() {
    let keys = "sessions.keys=8f0c3b7be4a1925dd6720e4c19f8a3b566c0d71e2f4b9a8340e5c7f2181d6a9b";
    for store in ["encrypted", "signed"] {
        let app = TestApp::with(&[&format!("sessions.store={store}"), keys]).await;
        let genuine = app.member("ada").await.cookie("id").expect("a cookie").to_owned();
        let last = if genuine.ends_with('A') { "B" } else { "A" };
        let forged = format!("{}{last}", &genuine[..genuine.len() - 1]);
        let short = genuine[..20].to_owned();
        let mut answers = Vec::new();
        for value in [forged, short, String::new(), "x".repeat(60), format!("{genuine}A")] {
            let mut guest = app.program();
            let request = guest.bare(Method::GET, "/api/v1/protected").header(COOKIE, format!("id={value}"));
            answers.push(seen(guest.send(request).await));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{store}: {answers:?}");
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
    }
}

/// What somebody can tell answers apart by.
fn seen(answer: Answer) -> (u16, String, Vec<String>) {
    let names = answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}"));
    let names = names.filter(|header| !header.starts_with("date")).collect();
    (answer.status.as_u16(), answer.body, names)
}
