//! What asks for a recent sign-in.

use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::app::{Caller, OTHER_PASSWORD, PASSWORD, TestApp};

/// The handle of a session that is not the caller's.
async fn other_handle(caller: &mut Caller<'_>) -> String {
    let list = caller.get("/api/v1/sessions").await.json();
    let mut sessions = list.get("sessions").and_then(Value::as_array).into_iter().flatten();
    let other = sessions.find(|one| one.get("current") == Some(&json!(false))).expect("another");
    other.get("handle").and_then(Value::as_str).expect("text").to_owned()
}

/// ASVS V7.5.1, V7.5.2, V2.3.1.
#[tokio::test]
async fn ten_minutes_after_the_sign_in_it_is_recent_no_more() {
    let app = TestApp::start().await;
    let mut phone = app.member("ada").await;
    let mut ada = app.program();
    ada.login("ada", PASSWORD).await;
    let handle = other_handle(&mut ada).await;
    app.clock.advance(Duration::minutes(10) + Duration::SECOND);
    for answer in [
        ada.change_password(PASSWORD, OTHER_PASSWORD).await,
        ada.end_other_sessions().await,
        ada.end_session(&handle).await,
    ] {
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "recent_sign_in_required"));
    }
    assert_eq!((ada.standing().await, phone.standing().await), ("ada".into(), "ada".into()));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn until_then_nobody_is_asked_again() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.clock.advance(Duration::minutes(10));
    assert_eq!(ada.end_other_sessions().await.status, 204);
    let app = TestApp::with(&["accounts.recent_sign_in=1m"]).await;
    let mut ada = app.member("ada").await;
    app.clock.advance(Duration::seconds(61));
    assert_eq!(ada.end_other_sessions().await.status, 403, "as it is set");
}

/// ASVS V7.5.1, V7.5.2.
#[tokio::test]
async fn the_password_once_more_is_a_recent_sign_in() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.clock.advance(Duration::minutes(11));
    let whoami = ada.confirm(PASSWORD).await;
    assert_eq!((whoami.status.as_u16(), &whoami.json()["username"]), (200, &json!("ada")));
    assert_eq!(ada.end_other_sessions().await.status, 204);
    assert_eq!(ada.change_password(PASSWORD, OTHER_PASSWORD).await.status, 204);
}

/// ASVS V7.2.4.
#[tokio::test]
async fn saying_the_password_once_more_changes_the_id_and_keeps_the_rest() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let kept = json!({"username": "ada", "password": PASSWORD, "keep_signed_in": true});
    ada.json(Method::POST, "/api/v1/login", kept).await;
    ada.choose("theme", "dark").await;
    let mut copy = ada.clone();
    let answer = ada.confirm(PASSWORD).await;
    let kept =
        answer.set_cookies().iter().any(|set| set.starts_with("id=") && set.contains("Max-Age=2592000"));
    assert!(kept, "{:?}", answer.set_cookies());
    assert_eq!(answer.json()["theme"], json!("dark"));
    assert_eq!(copy.whoami().await["authenticated"], json!(false), "the old id is dead");
    assert_eq!(ada.standing().await, "ada");
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_counts_like_a_sign_in() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    app.clock.advance(Duration::minutes(11));
    let cookies = ada.cookies.clone();
    for _ in 0..5 {
        assert_eq!(ada.confirm("another good password").await.code(), "wrong_password");
    }
    assert_eq!(ada.confirm(PASSWORD).await.code(), "throttled");
    assert_eq!(ada.login("ada", PASSWORD).await.code(), "throttled", "from the same browser");
    assert_eq!((ada.standing().await, &ada.cookies), ("ada".into(), &cookies));
    assert_eq!(ada.end_other_sessions().await.code(), "recent_sign_in_required");
    assert_eq!(app.program().confirm(PASSWORD).await.code(), "sign_in_required");
}

#[tokio::test]
async fn signing_out_is_asked_of_nobody_twice() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let listed = ada.get("/api/v1/sessions").await.json();
    let handle = listed["sessions"][0]["handle"].as_str().expect("text").to_owned();
    app.clock.advance(Duration::minutes(11));
    assert_eq!(ada.end_session(&handle).await.status, 204, "this one");
    assert_eq!(ada.whoami().await["authenticated"], Value::Bool(false));
}

/// ASVS V7.5.2.
#[tokio::test]
async fn without_javascript_the_interrupted_form_goes_on_after_the_password() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    browser.register("ada", PASSWORD).await;
    let mut phones = [app.program(), app.program()];
    for phone in &mut phones {
        phone.login("ada", PASSWORD).await;
    }
    let handle = other_handle(&mut browser).await;
    for end in [handle.as_str(), "others"] {
        app.clock.advance(Duration::minutes(11));
        let answer =
            if end == "others" { browser.end_other_sessions().await } else { browser.end_session(end).await };
        let asked = format!("/account?form=confirm&end={end}&error=recent_sign_in_required#confirm");
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(asked.as_str())));
        let page = browser.get(&asked).await.body;
        assert!(page.contains(&format!(r#"name="end" value="{end}""#)), "{page}");
        assert!(page.contains("aria-labelledby=\"asks\" open"), "{page}");
        let wrong = browser.form("/api/fn/confirm", &[("password", "wrong"), ("end", end)]).await;
        assert_eq!(
            wrong.location(),
            Some(&*format!("/account?form=confirm&end={end}&error=wrong_password#confirm"))
        );
        let answer = browser.form("/api/fn/confirm", &[("password", PASSWORD), ("end", end)]).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some("/account")));
    }
    for phone in &mut phones {
        assert_eq!(phone.standing().await, "revoked");
    }
    assert_eq!(browser.standing().await, "ada");
}

/// ASVS V7.5.1.
#[tokio::test]
async fn without_javascript_the_password_form_opens_again_after_the_password() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    browser.register("ada", PASSWORD).await;
    app.clock.advance(Duration::minutes(11));
    let answer = browser.change_password(PASSWORD, OTHER_PASSWORD).await;
    let asked = "/account?form=confirm&error=recent_sign_in_required#confirm";
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(asked)));
    assert_eq!(browser.confirm(PASSWORD).await.location(), Some("/account?form=again#password"));
    assert!(browser.get("/account?form=again").await.body.contains("Now type the new password once more."));
    let changed = browser.change_password(PASSWORD, OTHER_PASSWORD).await;
    assert_eq!(changed.location(), Some("/account?done=password"));
}
