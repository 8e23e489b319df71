//! What handlers ask for through the ecosystem's `Session`.

use std::sync::Arc;

use http::StatusCode;

use super::blinking::{Blink, Blinking};
use super::site::{Answer, Browser, Site};

pub async fn flush_and_insert_never_reuses_the_id(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut old = ada.clone();
    ada.get("/steps/flush,set").await;
    assert_ne!(ada.cookie, old.cookie);
    assert_eq!(ada.get("/get/user").await, Answer::ok("null"));
    assert_eq!(ada.get("/get/fresh").await, Answer::ok("true"));
    assert_eq!(old.get("/get/user").await, Answer::ok("null"));
}

/// As with a dictionary; whose session it is stays.
pub async fn what_is_cleared_is_gone_though_nothing_was_read_before(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for (steps, fresh) in [("clear", "null"), ("read,clear", "null"), ("clear,set", "true")] {
        ada.get("/set/cart/full").await;
        let cleared = ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(cleared.caching.as_deref(), Some("no-store, private; vary Cookie"), "{steps}");
        assert_eq!(ada.get("/get/cart").await, Answer::ok("null"), "{steps}");
        assert_eq!(ada.get("/get/fresh").await, Answer::ok(fresh), "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
    }
}

/// ASVS V7.4.1.
pub async fn whoever_flushes_is_signed_out_whatever_comes_before_and_after(site: Site) {
    for steps in [
        "flush",
        "read,flush",
        "flush,save",
        "flush,set",
        "flush,set,save",
        "flush,set,cycle",
        "read,flush,set,cycle,save",
        "cycle,flush",
        "cycle,flush,save",
        "cycle,flush,set",
        "cycle,flush,set,save",
        "cycle,save,cycle,flush,set",
        "cycle,save,flush",
        "cycle,save,flush,set",
        "cycle,save,flush,set,cycle",
        "cycle,save,flush,set,cycle,save",
        "set,cycle,save,set,flush,save",
        "delete",
        "set,delete",
        "cycle,save,delete",
    ] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(site.listed("ada").await, 0, "{steps}");
    }
}

/// Of a session that holds nothing, too.
pub async fn a_session_without_values_is_flushed_and_cycled_like_any_other(site: Site) {
    for (steps, stays) in [("cycle", true), ("cycle,save", true), ("cycle,flush", false), ("flush", false)] {
        let mut ada = Browser::of(&site);
        ada.get("/login-bare").await;
        let old = ada.cookie.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_ne!(ada.cookie, old, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok(&stays.to_string()), "{steps}");
    }
    let mut ada = Browser::of(&site);
    ada.get("/login-bare").await;
    ada.get("/set/user/last").await;
    ada.get("/steps/cycle,remove").await;
    assert_eq!(ada.get("/get/user").await, Answer::ok("null"));
    assert_eq!(ada.get("/account").await, Answer::ok("true"), "with the last value goes no session");
}

/// ASVS V7.2.4.
pub async fn whoever_cycles_the_id_stays_signed_in_under_a_new_one(site: Site) {
    for steps in
        ["cycle", "set,cycle", "cycle,set", "cycle,save", "cycle,save,set", "cycle,save,cycle", "cycle,cycle"]
    {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_ne!(ada.cookie, old.cookie, "{steps}");
        assert_eq!(ada.get("/account").await, Answer::ok("true"), "{steps}");
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// A handler that ignores the error of its own save, or tries again.
#[tokio::test]
async fn a_sign_out_that_failed_once_is_done_by_the_next_save() {
    for steps in ["flush,save", "flush,save,save", "flush,set,save", "flush,set,save,save"] {
        let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::Fails)));
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let mut old = ada.clone();
        ada.get(&format!("/steps/{steps}")).await;
        assert_eq!(ada.get("/account").await, Answer::ok("false"), "{steps}");
        assert_eq!(old.get("/account").await, Answer::ok("false"), "{steps}");
    }
}

/// Nobody will come with the new one.
#[tokio::test]
async fn a_change_of_id_that_fails_leaves_one_session_as_it_was() {
    let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::FailsTwice)));
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let cookie = ada.cookie.clone();
    let answer = ada.get("/steps/cycle").await;
    assert_eq!((answer.status, answer.set_cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(ada.cookie, cookie);
    assert_eq!(ada.get("/account").await, Answer::ok("true"));
    // Nobody waits for the end of the new one.
    for _ in 0..1000 {
        if site.listed("ada").await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    unreachable!("nobody will come with the new one");
}

/// The answer says that nobody was signed in, so nobody is.
#[tokio::test]
async fn a_sign_in_that_is_given_up_leaves_the_session_as_it_was() {
    let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::Hangs)));
    let mut guest = Browser::of(&site);
    guest.get("/set/cart/full").await;
    let cookie = guest.cookie.clone();
    let answer = guest.get("/impatient-login/ada").await;
    assert_eq!((answer.status, answer.set_cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(guest.cookie, cookie);
    assert_eq!(guest.get("/account").await, Answer::ok("false"));
    assert_eq!(guest.get("/get/cart").await, Answer::ok("\"full\""));
}

#[tokio::test]
async fn ending_all_that_failed_can_be_tried_again() {
    let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::FailsForAccounts)));
    let (mut ada, mut phone) = (Browser::of(&site), Browser::of(&site));
    ada.get("/login/ada").await;
    phone.get("/login/ada").await;
    let answer = ada.get("/end-all").await;
    assert_eq!((answer.status, answer.set_cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(ada.get("/end-all").await.status, StatusCode::OK);
    for browser in [&mut ada, &mut phone] {
        assert_eq!(browser.get("/account").await, Answer::ok("false"));
    }
}

/// As in a Redis at its `maxmemory`.
#[tokio::test]
async fn all_sessions_end_though_the_store_is_full() {
    let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::FailsToTouch)));
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/end-all").await.status, StatusCode::OK);
    assert_eq!(ada.get("/account").await, Answer::ok("false"));
    assert_eq!(site.listed("ada").await, 0);
}

#[tokio::test]
async fn a_sign_in_that_is_taken_back_is_handed_to_nobody_though_the_store_is_away() {
    let site = Site::over(|clock| Arc::new(Blinking::new(clock, Blink::Fails)));
    let mut stranger = Browser::of(&site);
    let answer = stranger.get("/in-and-out").await;
    assert_eq!((answer.status, answer.set_cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(stranger.get("/account").await, Answer::ok("false"));
}
