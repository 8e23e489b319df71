//! When a guest gets a session.

use std::sync::Arc;

use http::StatusCode;
use sessions::Anonymous;

use super::site::{Answer, Broken, Browser, Site};

pub async fn a_visit_begins_a_session_where_that_is_chosen(site: Site) {
    let site = site.beginning(Anonymous::OnVisit);
    let mut guest = Browser::of(&site);
    assert_eq!(guest.get("/public").await, Answer::ok("hello"));
    let cookie = guest.cookie.clone();
    assert!(cookie.is_some());
    assert_eq!(guest.get("/public").await.set_cookie, None, "it has begun");
    assert_eq!(guest.get("/reason").await, Answer::ok("living"));
    guest.get("/login/ada").await;
    assert_ne!(guest.cookie, cookie);
    guest.get("/logout").await;
    assert_eq!(guest.get("/get/user").await, Answer::ok("null"));
}

/// Not by what survives a sign-out elsewhere, either.
pub async fn no_guest_ever_gets_a_session_where_that_is_forbidden(site: Site) {
    let site = site.beginning(Anonymous::Never);
    let mut browser = Browser::of(&site);
    for path in ["/public", "/set/theme/dark", "/get/theme"] {
        browser.get(path).await;
        assert_eq!(browser.cookie, None, "{path}");
    }
    browser.get("/login/ada").await;
    browser.get("/set/theme/dark").await;
    assert_eq!(
        browser.get("/get/theme").await,
        Answer::ok("\"dark\""),
        "a member's session is none of a guest"
    );
    let left = browser.get("/logout").await;
    assert!(left.set_cookie.is_some_and(|set| set.contains("Max-Age=0;")), "the cookie is removed");
    assert_eq!(browser.cookie, None);
    assert_eq!(browser.get("/get/theme").await, Answer::ok("null"));
}

/// ASVS V16.5.2.
#[tokio::test]
async fn a_visit_for_which_no_session_can_begin_is_answered_all_the_same() {
    let site = Site::over(|_| Arc::new(Broken)).beginning(Anonymous::OnVisit);
    let mut guest = Browser::of(&site);
    let answer = guest.get("/public").await;
    assert_eq!((&answer, &answer.set_cookie), (&Answer::ok("hello"), &None));
    let mut ada = Browser { cookie: Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned()), ..guest };
    assert_eq!(ada.get("/public").await, Answer::ok("hello"));
    assert!(ada.cookie.is_some(), "which nobody could look at");
    assert_eq!(ada.get("/get/theme").await.status, StatusCode::SERVICE_UNAVAILABLE, "what needs it says so");
}
