use serde_json::json;

use crate::app::TestApp;

/// ASVS V7.4.1, V14.3.1.
#[tokio::test]
async fn signing_out_ends_the_session_and_removes_the_cookie() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut copy = ada.clone();
    let answer = ada.logout().await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.set_cookies(),
        ["id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax"]
    );
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
    let refused = copy.get("/api/v1/protected").await;
    assert_eq!((refused.code().as_str(), &refused.json()["reason"]), ("session_ended", &json!("signed_out")));
}

#[tokio::test]
async fn a_chosen_theme_survives_in_a_new_anonymous_session() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    let signed_in = ada.cookies.clone();
    ada.logout().await;
    let whoami = ada.whoami().await;
    assert_eq!((&whoami["authenticated"], &whoami["theme"]), (&json!(false), &json!("dark")));
    assert_ne!(ada.cookies, signed_in);
}

#[tokio::test]
async fn a_guest_may_sign_out_too() {
    let app = TestApp::start().await;
    let answer = app.program().logout().await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (204, 0));
}

/// ASVS V3.5.3.
#[tokio::test]
async fn a_link_signs_nobody_out() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    assert_eq!(ada.get("/logout").await.status, 200);
    assert_eq!(ada.whoami().await["authenticated"], json!(true));
}
