use serde_json::{Value, json};

use crate::app::TestApp;

#[tokio::test]
async fn a_guest_is_told_so_without_a_session() {
    let app = TestApp::start().await;
    let mut guest = app.program();
    let answer = guest.get("/api/v1/whoami").await;
    assert_eq!(answer.status, 200);
    let expected = json!({"authenticated": false, "username": null, "language": "en", "theme": "system", "session": null});
    assert_eq!(answer.json(), expected);
    assert_eq!(answer.set_cookies(), Vec::<&str>::new());
}

/// ASVS V8.2.3.
#[tokio::test]
async fn a_member_sees_both_limits_and_no_id() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let answer = ada.get("/api/v1/whoami").await;
    let session = &answer.json()["session"];
    assert_eq!((&session["kind"], &session["store"]), (&json!("server_side"), &json!("sqlite")));
    assert_eq!(session["created_at"], json!("2026-11-18T11:06:40Z"));
    assert_eq!(session["idle_expires_at"], json!("2026-11-18T11:36:40Z"));
    assert_eq!(session["expires_at"], json!("2026-11-19T11:06:40Z"));
    assert!(!answer.body.contains(ada.cookie("id").expect("a session")));
}

/// ASVS V7.3.1.
#[tokio::test]
async fn polling_keeps_nobody_signed_in() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for _ in 0..3 {
        app.clock.advance(time::Duration::minutes(11));
        ada.whoami().await;
    }
    assert_eq!(ada.whoami().await["authenticated"], Value::Bool(false));
}

/// ASVS V7.3.2.
#[tokio::test]
async fn visiting_pages_keeps_somebody_signed_in_until_the_absolute_limit() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for _ in 0..71 {
        app.clock.advance(time::Duration::minutes(20));
        assert_eq!(ada.get("/api/v1/protected").await.status, 200);
    }
    app.clock.advance(time::Duration::minutes(20));
    let answer = ada.get("/api/v1/protected").await;
    assert_eq!((answer.status.as_u16(), answer.json()["reason"].clone()), (401, json!("absolute")));
}
