use contract::{ApiError, EndReason};
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

/// ASVS V8.2.1, V8.3.1, V2.3.1.
#[tokio::test]
async fn a_guest_who_asks_for_a_members_page_is_sent_to_sign_in_before_any_html() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    for (asked, location) in [
        ("/about", "/login?next=/about"),
        ("/contact?topic=a&x=1", "/login?next=/contact%3Ftopic%3Da%26x%3D1"),
        ("/account", "/login?next=/account"),
    ] {
        let answer = guest.get(asked).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(location)));
        assert_eq!(answer.body, "");
    }
}

#[tokio::test]
async fn the_first_byte_has_the_right_navbar_language_and_theme() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    ada.choose("language", "de").await;
    let answer = ada.get("/contact").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.starts_with("<!DOCTYPE html><html lang=\"de\" data-theme=\"dark\">"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("ada"));
}

#[tokio::test]
async fn a_signed_in_visitor_who_opens_the_sign_in_page_is_sent_on() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for (asked, location) in [
        ("/login", "/"),
        ("/login?next=/about%3Fa%3Db", "/about?a=b"),
        ("/login?next=//evil.example", "/"),
        ("/login?next=/about&next=/contact", "/"),
        ("/register", "/"),
    ] {
        let answer = ada.get(asked).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(location)), "{asked}");
    }
}

/// ASVS V7.4.1.
#[tokio::test]
async fn an_ended_session_is_told_why_on_the_sign_in_page() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.clock.advance(time::Duration::minutes(31));
    let answer = ada.get("/about").await;
    assert_eq!(answer.location(), Some("/login?next=/about&error=session_ended.idle"));
    for reason in EndReason::ALL {
        let page = ada.get(&format!("/login?next=/about&error=session_ended.{}", reason.as_str())).await;
        let told = page.body.split("role=\"alert\"").nth(1).expect("an alert");
        let sentence = ApiError::SessionEnded { reason }.sentence();
        assert!(told.contains(sentence), "{reason:?}: {sentence}");
    }
}

#[tokio::test]
async fn a_path_without_a_page_is_404_with_a_page() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    for path in ["/nowhere", "//about", "/%61bout", "/about;x", "/ABOUT", "/about/x", "/pkg/", "/.git/HEAD"] {
        let answer = guest.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("You are at the About page!!"), "{path}");
    }
}

/// ASVS V8.2.1, V14.2.5.
#[tokio::test]
async fn a_closing_slash_is_redirected_away() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let slashed = ada.get("/about/?a=b").await;
    assert_eq!((slashed.status.as_u16(), slashed.location()), (308, Some("/about?a=b")));
}

#[tokio::test]
async fn a_form_that_fails_comes_back_with_what_was_typed() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let fields = [("username", "ada & co"), ("password", PASSWORD), ("next", "/about")];
    let answer = guest.form("/api/fn/login", &fields).await;
    let location = "/login?next=/about&username=ada%20%26%20co&error=invalid_credentials";
    assert_eq!((answer.status.as_u16(), answer.location()), (303, Some(location)));
    let page = guest.get(location).await;
    assert!(page.body.contains("value=\"ada &amp; co\""), "{}", page.body);
    assert!(page.body.contains("That name and password do not match."), "{}", page.body);
    assert!(!page.body.contains(PASSWORD));
}

#[tokio::test]
async fn the_username_is_remembered_in_a_cookie_of_its_own() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut browser = app.plain_browser();
    let fields = [("username", "ada"), ("password", PASSWORD), ("remember_username", "true")];
    let answer = browser.form("/api/fn/login", &fields).await;
    assert_eq!(answer.status, 303);
    assert_eq!(browser.cookie("username"), Some("ada"));
    browser.logout().await;
    assert!(browser.get("/login").await.body.contains("value=\"ada\""));
    browser.form("/api/fn/login", &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(browser.cookie("username"), None, "deleted on request");
}

/// ASVS V1.2.1, V1.1.2.
#[tokio::test]
async fn hostile_names_and_messages_stay_text() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let hostile =
        "/login?username=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&error=%3Cb%3Eowned&next=/%22%3E%3Cscript%3E";
    let page = guest.get(hostile).await;
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<b>owned"), "{}", page.body);
    assert!(!page.body.contains("/\"><script>"), "{}", page.body);
}

#[tokio::test]
async fn a_name_that_looks_like_markup_cannot_exist() {
    let app = TestApp::start().await;
    let answer = app.program().register("<img src=x>", PASSWORD).await;
    assert_eq!(answer.json()["errors"]["username"][0]["code"], json!("username_characters"));
}
