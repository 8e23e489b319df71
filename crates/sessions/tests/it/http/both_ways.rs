//! What handlers ask for through the ecosystem's `Session` and through `CurrentSession` in one request.

use std::sync::Arc;

use http::StatusCode;

use super::blinking::{Blink, Blinking};
use super::site::{Answer, Browser, Site};

/// The usual order before a sign-in.
pub async fn whoever_signs_in_after_a_flush_is_signed_in(site: Site) {
    for steps in
        ["flush,in-bob", "read,flush,in-bob", "flush,set,in-bob", "flush,in-bob,set", "delete,in-bob"]
    {
        let mut browser = Browser::of(&site);
        browser.get("/login/ada").await;
        let mut old = browser.clone();
        browser.get(&format!("/steps/{steps}")).await;
        assert_eq!(browser.get("/get/user").await, Answer::ok("\"bob\""), "{steps}");
        assert_eq!(browser.get("/account").await, Answer::ok("true"), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// What a middleware adds to a list that it has read, say, on the way in or out.
pub async fn what_was_meant_for_one_session_is_not_in_the_next(site: Site) {
    for (steps, cart) in [
        ("append,out", "null"),
        ("append,in-bob", "null"),
        ("read,out,append", "\"+\""),
        ("read,in-bob,append", "\"+\""),
        ("append,flush,out,append", "\"+\""),
        ("append,end-all,append", "\"+\""),
    ] {
        let mut browser = Browser::of(&site);
        browser.get("/login/ada").await;
        browser.get("/set/cart/hers").await;
        browser.get(&format!("/steps/{steps}")).await;
        assert_eq!(browser.get("/get/cart").await, Answer::ok(cart), "{steps}");
    }
}

pub async fn what_a_sign_in_brings_is_not_cleared_by_what_came_before(site: Site) {
    for steps in ["clear,in-ada", "read,clear,in-ada", "cycle,clear,in-ada", "remove,in-ada"] {
        let mut ada = Browser::of(&site);
        ada.get("/set/cart/full").await;
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""), "{steps}");
        let cleared = if steps.contains("clear") { "null" } else { "\"full\"" };
        assert_eq!(ada.get("/get/cart").await, Answer::ok(cleared), "{steps}");
    }
}

/// Each id of a session that has ended for this would lead nowhere.
#[tokio::test]
async fn whose_change_cannot_be_stored_after_the_id_has_changed_gets_the_new_id() {
    for (begin, steps) in [("/set/theme/dark", "in-ada,set"), ("/login/ada", "current-cycle,set")] {
        let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::FailsToApply)));
        let mut ada = Browser::of(&site);
        ada.get(begin).await;
        let before = ada.cookie.clone();
        let answer = ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{steps}");
        assert_eq!(answer.caching.as_deref(), Some("no-store, private; vary Cookie"), "{steps}");
        assert_ne!(ada.cookie, before, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
    }
}

#[tokio::test]
async fn what_does_not_fit_into_the_cookie_after_a_sign_in_leaves_the_sign_in() {
    for site in [Site::encrypted(), Site::signed()] {
        let mut ada = Browser::of(&site);
        ada.get("/set/theme/dark").await;
        let answer = ada.get("/steps/in-ada,large").await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
        assert_eq!(ada.get("/get/theme").await, Answer::ok("\"dark\""));
    }
}
