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
        ("set,delete,current-cycle", "null"),
        ("read,delete,out,set", "null"),
    ] {
        let mut browser = Browser::of(&site);
        browser.get("/login/ada").await;
        browser.get("/set/cart/hers").await;
        browser.get(&format!("/steps/{steps}")).await;
        assert_eq!(browser.get("/get/cart").await, Answer::ok(cart), "{steps}");
    }
}

/// Each sees what the other has done, and neither undoes it.
pub async fn a_change_and_what_is_asked_for_through_session_are_done_in_their_order(site: Site) {
    for (steps, cart, is_in) in [
        ("flush,current-set", "current", "false"),
        ("append,current-set", "current", "true"),
        ("current-set,append", "current+", "true"),
        ("read,current-set,append", "current+", "true"),
        ("append,current-set,back", "hers", "true"),
        ("cycle,current-set,append", "current+", "true"),
    ] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        ada.get("/set/cart/hers").await;
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/get/cart").await, Answer::ok(&format!("\"{cart}\"")), "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok(is_in), "{steps}");
    }
}

/// In whatever way it was ended, but for another id.
pub async fn whoever_has_been_ended_ends_nobody(site: Site) {
    for steps in ["end-all", "flush,end-all", "current-cycle,end-all", "set,end-all"] {
        let (mut ada, mut thief) = (Browser::of(&site), Browser::of(&site));
        ada.get("/login/ada").await;
        thief.get("/login/ada").await;
        let path = format!("/steps/read,wait,{steps}");
        let ending = tokio::spawn(async move { thief.get(&path).await });
        site.wait_until_slow_has_read().await;
        ada.get("/end-others").await;
        site.let_slow_go_on();
        assert_eq!(ending.await.expect("runs").set_cookie, None, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
    }
}

/// No store could read it back.
pub async fn what_is_nested_too_deeply_is_refused_and_loses_nothing(site: Site) {
    for (steps, cart) in [("deep", "full"), ("deep,current-set", "current"), ("current-set,deep", "current")]
    {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        ada.get("/set/cart/full").await;
        let answer = ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
        assert_eq!(ada.get("/get/cart").await, Answer::ok(&format!("\"{cart}\"")), "{steps}");
    }
}

/// Here and elsewhere, however the request has begun to leave.
pub async fn all_sessions_end_whatever_was_asked_for_before(site: Site) {
    for steps in [
        "end-all",
        "flush,end-all",
        "read,delete,end-all",
        "cycle,end-all",
        "set,end-all",
        "cycle,flush,end-all",
    ] {
        let (mut ada, mut phone) = (Browser::of(&site), Browser::of(&site));
        ada.get("/login/ada").await;
        phone.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        for browser in [&mut ada, &mut phone, &mut old] {
            assert_eq!(browser.get("/account").await, Answer::ok("false"), "{steps}");
        }
        assert_eq!(site.listed("ada").await, 0, "{steps}");
    }
}

/// Under whichever id it goes on.
pub async fn all_sessions_end_though_another_tab_has_changed_the_id(site: Site) {
    for steps in ["end-all", "set,end-all", "cycle,end-all", "flush,end-all"] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut slow = ada.clone();
        let path = format!("/steps/read,wait,{steps}");
        let ending = tokio::spawn(async move { slow.get(&path).await });
        site.wait_until_slow_has_read().await;
        ada.get("/steps/current-cycle").await;
        site.let_slow_go_on();
        assert_eq!(ending.await.expect("runs").status, StatusCode::OK, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(site.listed("ada").await, 0, "{steps}");
    }
}

/// Nothing that comes after a `delete` takes it back.
pub async fn whoever_is_signed_in_and_out_in_one_request_is_out(site: Site) {
    for steps in [
        "flush,in-bob,delete,cycle",
        "in-bob,delete,cycle",
        "read,in-bob,delete,cycle,save",
        "in-bob,flush,set",
    ] {
        let mut browser = Browser::of(&site);
        browser.get("/login/ada").await;
        browser.get(&format!("/steps/{steps}")).await;
        assert_eq!(browser.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// With records in cookies the change has a cookie of its own, which has ended by then.
pub async fn a_change_of_id_that_comes_second_hands_out_no_cookie(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut slow = ada.clone();
    let changing = tokio::spawn(async move { slow.get("/steps/set,save,wait,current-cycle").await });
    site.wait_until_slow_has_read().await;
    ada.get("/steps/current-cycle").await;
    site.let_slow_go_on();
    let late = changing.await.expect("runs");
    assert_eq!((late.status, late.set_cookie), (StatusCode::OK, None));
    assert_eq!(ada.get("/account").await, Answer::ok("true"));
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
