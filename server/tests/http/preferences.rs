use reqwest::Method;
use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn a_guests_choice_begins_an_anonymous_session() {
    let app = TestApp::start().await;
    let mut guest = app.program();
    let answer = guest.choose("language", "de").await;
    assert_eq!((answer.status.as_u16(), answer.json()["language"].clone()), (200, json!("de")));
    assert!(!answer.set_cookies()[0].contains("Max-Age"));
    let whoami = guest.whoami().await;
    assert_eq!((&whoami["language"], &whoami["theme"]), (&json!("de"), &json!("system")));
    assert!(whoami["session"].is_object());
}

#[tokio::test]
async fn an_explicit_default_is_stored_too() {
    let app = TestApp::start().await;
    let mut guest = app.program();
    guest.choose("theme", "system").await;
    assert!(guest.whoami().await["session"].is_object());
}

#[tokio::test]
async fn what_is_absent_stays_as_it_is() {
    let app = TestApp::start().await;
    let mut guest = app.program();
    guest.choose("theme", "dark").await;
    guest.choose("language", "fr").await;
    let answer = guest.json(Method::PATCH, "/api/v1/preferences", json!({})).await;
    assert_eq!((&answer.json()["theme"], &answer.json()["language"]), (&json!("dark"), &json!("fr")));
}

#[tokio::test]
async fn anything_else_is_422_and_begins_nothing() {
    let app = TestApp::start().await;
    for (body, field, code) in [
        (json!({"theme": "pink"}), "theme", "unknown_value"),
        (json!({"language": "xx"}), "language", "unknown_value"),
        (json!({"colour": "red"}), "body", "unknown_field"),
    ] {
        let answer = app.program().json(Method::PATCH, "/api/v1/preferences", body).await;
        assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (422, 0));
        assert_eq!(answer.json()["errors"][field][0]["code"], json!(code), "{}", answer.body);
    }
}

#[tokio::test]
async fn never_means_that_guests_have_no_session() {
    let app = TestApp::with(&["sessions.anonymous=never"]).await;
    let mut guest = app.program();
    let answer = guest.choose("theme", "dark").await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (200, 0));
}

#[tokio::test]
async fn visit_begins_a_session_on_the_first_page() {
    let app = TestApp::with(&["sessions.anonymous=visit"]).await;
    let mut guest = app.browser();
    assert_eq!(guest.get("/").await.set_cookies().len(), 1);
    assert_eq!(guest.get("/").await.set_cookies().len(), 0);
}
