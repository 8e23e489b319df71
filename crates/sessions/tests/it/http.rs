//! The layer, over HTTP: a small application on each store.

mod anonymous;
mod blinking;
mod both_ways;
pub mod site;
mod through_session;

use std::sync::Arc;

use http::StatusCode;
use sessions::revocations::MOST_ENDED;
use sessions::{Clock as _, SessionId};
use time::Duration;

use anonymous::*;
use both_ways::*;
use site::{Answer, Browser, Site};
use through_session::*;

/// Runs a rule on each store.
macro_rules! on_each_store {
    ($($rule:ident)*) => {
        mod signed_ids { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::signed_ids()).await; })* }
        mod filesystem { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::filesystem()).await; })* }
        mod filesystem_cached { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::filesystem_cached()).await; })* }
        mod sqlite_cached { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::sqlite_cached()).await; })* }
        mod postgres_cached { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::postgres_cached().await).await; })* }
        mod redis_cluster { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::redis_cluster().await).await; })* }
        mod redis { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::redis().await).await; })* }
        mod redis_cached { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::redis_cached().await).await; })* }
        mod memory { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::memory()).await; })* }
        mod postgres { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::postgres().await).await; })* }
        mod sqlite { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::sqlite()).await; })* }
        on_each_client_side_mode! { $($rule)* }
    };
}

/// Runs a rule on each way to keep the record in the cookie.
macro_rules! on_each_client_side_mode {
    ($($rule:ident)*) => {
        mod encrypted { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::encrypted()).await; })* }
        mod signed { $(#[tokio::test] async fn $rule() { super::$rule(super::Site::signed_and_postgres().await).await; })* }
    };
}

on_each_store! {
    every_end_has_its_reason
    an_unknown_id_is_ended_and_a_malformed_one_is_nobody
    a_name_that_is_given_twice_or_in_another_spelling_is_nobody
    ending_the_others_ends_exactly_them
    whoever_ends_the_others_gets_a_new_id_and_a_late_answer_no_cookie
    a_change_and_what_is_asked_for_through_session_are_done_in_their_order
    whoever_has_been_ended_ends_nobody
    what_is_nested_too_deeply_is_refused_and_loses_nothing

    merely_visiting_begins_nothing
    a_guest_who_writes_gets_a_session
    the_id_changes_at_sign_in_and_the_old_one_is_dead
    a_presented_unknown_id_is_never_adopted
    a_request_in_flight_at_sign_out_cannot_revive_the_session
    a_change_before_a_sign_out_and_answered_after_it_sets_no_cookie
    a_change_of_id_in_flight_at_an_end_revives_nothing
    a_change_of_id_keeps_what_was_written_meanwhile
    an_old_id_is_a_guest_without_cookie_for_a_minute
    a_stale_cookie_is_in_nobody_s_way
    a_write_to_a_living_session_sets_no_cookie
    a_theme_survives_sign_out_in_a_new_session_and_nothing_else_does
    what_a_guest_collected_is_merged_at_sign_in_and_no_other_account_s_is
    sign_out_removes_the_cookie_with_its_attributes
    signing_out_with_a_stale_cookie_in_flight_leaves_the_new_one_alone
    parallel_requests_that_set_different_keys_keep_both
    a_server_error_after_a_change_of_id_keeps_the_session
    a_read_sets_no_cookie
    every_answer_that_asked_a_session_is_marked_private
    an_answer_that_asked_nothing_is_left_alone
    the_policy_of_a_sign_in_survives_later_writes
    a_sign_out_after_the_limit_holds_if_the_clock_is_put_back
    a_sign_in_after_the_limit_ends_the_old_id_for_good
    signing_out_with_several_cookies_removes_one
    a_use_is_noted_once_a_minute
    ending_all_keeps_what_was_chosen_meanwhile_and_takes_no_newer_cookie_away
    use_moves_the_idle_limit_and_passive_reads_do_not
    whoever_signs_in_after_a_flush_is_signed_in
    what_was_meant_for_one_session_is_not_in_the_next
    what_a_sign_in_brings_is_not_cleared_by_what_came_before
    a_change_of_id_that_comes_second_hands_out_no_cookie
    all_sessions_end_whatever_was_asked_for_before
    all_sessions_end_though_another_tab_has_changed_the_id
    whoever_is_signed_in_and_out_in_one_request_is_out
    flush_and_insert_never_reuses_the_id
    what_is_cleared_is_gone_though_nothing_was_read_before
    whoever_flushes_is_signed_out_whatever_comes_before_and_after
    a_session_without_values_is_flushed_and_cycled_like_any_other
    whoever_cycles_the_id_stays_signed_in_under_a_new_one
    signing_in_a_thousand_times_over_stays_signed_in
    a_visit_begins_a_session_where_that_is_chosen
    no_guest_ever_gets_a_session_where_that_is_forbidden
    another_account_over_the_first_takes_nothing_over
}

#[expect(clippy::print_stdout, reason = "the test's own output, from which the table of rules is made")]
fn not_applicable(why: &str) {
    println!("not applicable: {why}");
}

/// ASVS V7.6.2.
async fn merely_visiting_begins_nothing(site: Site) {
    let mut guest = Browser::of(&site);
    assert_eq!(guest.get("/get/theme").await, Answer::ok("null"));
    assert_eq!(guest.cookie, None);
}

async fn a_guest_who_writes_gets_a_session(site: Site) {
    let mut guest = Browser::of(&site);
    guest.get("/set/theme/dark").await;
    assert!(guest.cookie.is_some());
    assert_eq!(guest.get("/get/theme").await, Answer::ok("\"dark\""));
}

/// ASVS V7.2.4, V7.2.2.
async fn the_id_changes_at_sign_in_and_the_old_one_is_dead(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/set/cart/full").await;
    let mut thief = ada.clone();
    ada.get("/login/ada").await;
    assert_ne!(ada.cookie, thief.cookie);
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    assert_eq!(ada.get("/get/cart").await, Answer::ok("\"full\""), "a guest's values go on");
    assert_eq!(thief.get("/get/user").await, Answer::ok("null"));
    assert_eq!(thief.get("/get/cart").await, Answer::ok("null"));
}

/// ASVS V7.2.4, V7.2.1.
async fn a_presented_unknown_id_is_never_adopted(site: Site) {
    for forged in ["AAAAAAAAAAAAAAAAAAAAAA", "", "null", "None", "../../etc/passwd"] {
        let mut guest = Browser { cookie: Some(forged.to_owned()), ..Browser::of(&site) };
        let answer = guest.get("/get/user").await;
        assert_eq!((answer.body.as_str(), answer.set_cookie), ("null", None), "{forged}");
        guest.get("/set/theme/dark").await;
        assert_ne!(guest.cookie.as_deref(), Some(forged));
    }
}

/// ASVS V7.4.1, V15.4.2.
async fn a_request_in_flight_at_sign_out_cannot_revive_the_session(site: Site) {
    for _ in 0..200 {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        assert_eq!(site.listed("ada").await, usize::from(!site.is_client_side));
        let (mut slow, copy) = (ada.clone(), ada.clone());
        let writing = tokio::spawn(async move { slow.get("/slow/cart/full").await });
        site.wait_until_slow_has_read().await;
        ada.get("/logout").await;
        site.let_slow_go_on();
        let late = writing.await.expect("runs");
        assert_eq!((late.status, late.set_cookie), (StatusCode::OK, None));
        let mut replayed = copy;
        assert_eq!(replayed.get("/get/user").await, Answer::ok("null"));
        assert_eq!(replayed.get("/get/cart").await, Answer::ok("null"));
        assert_eq!(site.listed("ada").await, 0, "no record is left of it");
    }
}

/// The client-side modes seal what they answer, and the browser may have a newer cookie by then.
///
/// ASVS V7.4.1.
async fn a_change_before_a_sign_out_and_answered_after_it_sets_no_cookie(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut slow = ada.clone();
    let writing = tokio::spawn(async move { slow.get("/slow-answer/cart/full").await });
    site.wait_until_slow_has_read().await;
    ada.get("/logout").await;
    site.let_slow_go_on();
    let late = writing.await.expect("runs");
    assert_eq!((late.status, late.set_cookie), (StatusCode::OK, None));
}

/// What a password change does after it has hashed two passwords.
///
/// ASVS V7.4.1, V7.4.3, V15.4.2.
async fn a_change_of_id_in_flight_at_an_end_revives_nothing(site: Site) {
    for end in ["/logout", "/login/bob", "/end-others"] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let (mut slow, mut copy) = (ada.clone(), ada.clone());
        let cycling = tokio::spawn(async move {
            let answer = slow.get("/slow-cycle").await;
            (slow, answer)
        });
        site.wait_until_slow_has_read().await;
        if end == "/end-others" {
            ada = Browser::of(&site);
            ada.get("/login/ada").await;
        }
        ada.get(end).await;
        site.let_slow_go_on();
        let (mut slow, late) = cycling.await.expect("runs");
        assert_eq!((late.body.as_str(), late.set_cookie), ("false", None), "{end}");
        assert_eq!(slow.get("/get/user").await, Answer::ok("null"), "{end}");
        assert_eq!(copy.get("/get/user").await, Answer::ok("null"), "{end}");
    }
}

async fn a_change_of_id_keeps_what_was_written_meanwhile(site: Site) {
    if site.is_client_side {
        return not_applicable("of parallel changes in the cookie the last one stands");
    }
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let (mut slow, mut other_tab) = (ada.clone(), ada);
    let cycling = tokio::spawn(async move {
        assert_eq!(slow.get("/slow-cycle").await, Answer::ok("true"));
        slow
    });
    site.wait_until_slow_has_read().await;
    other_tab.get("/set/cart/full").await;
    site.let_slow_go_on();
    let mut ada = cycling.await.expect("runs");
    assert_eq!(ada.get("/get/cart").await, Answer::ok("\"full\""));
}

async fn an_old_id_is_a_guest_without_cookie_for_a_minute(site: Site) {
    for end in ["/login/ada", "/logout"] {
        let mut ada = Browser::of(&site);
        ada.get("/set/theme/dark").await;
        let mut late = ada.clone();
        ada.get(end).await;
        for wait in [0, 59] {
            site.clock.advance(Duration::seconds(wait));
            let answer = late.get("/set/theme/light").await;
            assert_eq!((answer.status, answer.set_cookie), (StatusCode::OK, None), "its change is dropped");
            assert_eq!(late.get("/get/theme").await.set_cookie, None);
            assert_eq!(ada.get("/get/theme").await, Answer::ok("\"dark\""));
        }
        site.clock.advance(Duration::SECOND);
        let answer = late.get("/set/theme/light").await;
        assert!(answer.set_cookie.is_some(), "after {end} and a minute it is a guest like any other");
    }
}

/// Whatever has become of a session, its browser can sign in; and choose a theme, unless the answer may still meet a
/// newer cookie.
async fn a_stale_cookie_is_in_nobody_s_way(site: Site) {
    for end in ["/login/ada", "/logout", "/end-others", "idle"] {
        let mut ada = Browser::of(&site);
        ada.get("/login/ada").await;
        let stale = ada.clone();
        match end {
            "idle" => site.clock.advance(Duration::minutes(31)),
            "/end-others" => {
                let mut elsewhere = Browser::of(&site);
                elsewhere.get("/login/ada").await;
                elsewhere.get(end).await;
            }
            _ => drop(ada.get(end).await),
        }
        let mut signing_in = stale.clone();
        assert!(signing_in.get("/login/ada").await.set_cookie.is_some(), "{end}");
        assert_eq!(signing_in.get("/get/user").await, Answer::ok("\"ada\""), "{end}");
        let mut choosing = stale;
        site.clock.advance(Duration::seconds(60));
        assert!(choosing.get("/set/theme/dark").await.set_cookie.is_some(), "{end}");
        assert_eq!(choosing.get("/get/theme").await, Answer::ok("\"dark\""), "{end}");
        assert_eq!(choosing.get("/get/user").await, Answer::ok("null"), "{end}");
    }
}

async fn a_write_to_a_living_session_sets_no_cookie(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for path in ["/set/cart/full", "/steps/current-set"] {
        let first = ada.get(path).await.set_cookie;
        assert_eq!(first.is_some(), site.is_client_side, "{path}: it holds what is written");
        assert_eq!(ada.get(path).await.set_cookie, None, "{path}: it holds that already");
    }
    let mut late = ada.clone();
    ada.get("/logout").await;
    assert_eq!(late.get("/steps/current-set").await.set_cookie, None, "what has ended needs none either");
}

async fn a_theme_survives_sign_out_in_a_new_session_and_nothing_else_does(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/set/theme/dark").await;
    ada.get("/login/ada").await;
    ada.get("/set/cart/full").await;
    let signed_in = ada.cookie.clone();
    ada.get("/logout").await;
    assert!(ada.cookie.is_some() && ada.cookie != signed_in);
    assert_eq!(ada.get("/get/theme").await, Answer::ok("\"dark\""));
    for gone in ["/get/user", "/get/cart"] {
        assert_eq!(ada.get(gone).await, Answer::ok("null"));
    }
}

/// ASVS V3.3.3.
async fn sign_out_removes_the_cookie_with_its_attributes(site: Site) {
    let mut ada = Browser::of(&site);
    let set = ada.get("/login/ada").await.set_cookie.expect("a cookie");
    let removed = ada.get("/logout").await.set_cookie.expect("a removal");
    let attributes = |header: &str| header.split_once("; Path").map(|(_, rest)| rest.to_owned());
    assert_eq!(attributes(&set), attributes(&removed));
    assert!(removed.starts_with("__Host-id=; Max-Age=0;"), "{removed}");
    assert_eq!(ada.get("/logout").await.set_cookie, None, "a guest without cookie has nothing to remove");
}

async fn signing_out_with_a_stale_cookie_in_flight_leaves_the_new_one_alone(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut other_tab = ada.clone();
    ada.get("/login/ada").await;
    assert_eq!(other_tab.get("/logout").await.set_cookie, None);
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
}

/// Of the cookie's own records the last one stands: so says their capability.
async fn parallel_requests_that_set_different_keys_keep_both(site: Site) {
    if site.is_client_side {
        return not_applicable("of parallel changes in the cookie the last one stands");
    }
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut slow = ada.clone();
    let writing = tokio::spawn(async move { slow.get("/slow/a/1").await });
    site.wait_until_slow_has_read().await;
    ada.get("/set/b/2").await;
    site.let_slow_go_on();
    writing.await.expect("runs");
    assert_eq!(ada.get("/get/a").await, Answer::ok("\"1\""));
    assert_eq!(ada.get("/get/b").await, Answer::ok("\"2\""));
}

async fn a_server_error_after_a_change_of_id_keeps_the_session(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let answer = ada.get("/cycle-and-fail").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.set_cookie.is_some());
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
}

async fn a_read_sets_no_cookie(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for _ in 0..3 {
        assert_eq!(ada.get("/get/user").await.set_cookie, None);
    }
}

async fn every_answer_that_asked_a_session_is_marked_private(site: Site) {
    let mut ada = Browser::of(&site);
    let guest = ["/get/user", "/reason", "/set/theme/dark"];
    let member = ["/login/ada", "/get/user", "/set/cart/full", "/passive", "/cycle-and-fail", "/logout"];
    for path in guest.into_iter().chain(member).chain(["/logout", "/get/user"]) {
        let answer = ada.get(path).await;
        assert_eq!(answer.caching.as_deref(), Some("no-store, private; vary Cookie"), "{path}");
    }
}

async fn an_answer_that_asked_nothing_is_left_alone(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let answer = ada.get("/public").await;
    assert_eq!((answer.set_cookie, answer.caching), (None, None));
}

async fn the_policy_of_a_sign_in_survives_later_writes(site: Site) {
    let mut ada = Browser::of(&site);
    let set = ada.get("/login-kept/ada").await.set_cookie.expect("a cookie");
    assert!(set.contains("; Max-Age=2592000;"), "{set}");
    let written = ada.get("/set/cart/full").await.set_cookie;
    assert_eq!(written.is_some_and(|set| set.contains("; Max-Age=2592000;")), site.is_client_side);
    site.clock.advance(Duration::days(13));
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    site.clock.advance(Duration::days(13));
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    site.clock.advance(Duration::days(4));
    assert_eq!(ada.get("/get/user").await, Answer::ok("null"), "30 days in all");
}

/// ASVS V7.3.1, V7.3.2, V9.2.1.
async fn every_end_has_its_reason(site: Site) {
    let mut ada = Browser::of(&site);
    assert_eq!(ada.get("/reason").await, Answer::ok("nobody"));
    ada.get("/login/ada").await;
    assert_eq!(ada.get("/reason").await, Answer::ok("living"));
    let mut signed_out = ada.clone();
    ada.get("/logout").await;
    assert_eq!(signed_out.get("/reason").await, Answer::ok("signed_out"));
    let mut bob = Browser::of(&site);
    bob.get("/login/bob").await;
    let mut cycled = bob.clone();
    bob.get("/login/bob").await;
    assert_eq!(cycled.get("/reason").await, Answer::ok("cycled"));
    site.clock.advance(Duration::minutes(31));
    assert_eq!(bob.get("/reason").await, Answer::ok("idle"));
    let mut eve = Browser::of(&site);
    eve.get("/login-kept/eve").await;
    for _ in 0..3 {
        site.clock.advance(Duration::days(9));
        assert_eq!(eve.get("/reason").await, Answer::ok("living"));
    }
    site.clock.advance(Duration::days(3));
    assert_eq!(eve.get("/reason").await, Answer::ok("absolute"));
}

async fn an_unknown_id_is_ended_and_a_malformed_one_is_nobody(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let cookie = ada.cookie.clone().expect("a cookie");
    for length in [0, 1, cookie.len() / 2, cookie.len() - 1] {
        let mut cut = Browser { cookie: Some(cookie[..length].to_owned()), ..Browser::of(&site) };
        assert_eq!(cut.get("/reason").await, Answer::ok("nobody"), "{length} characters");
    }
    // An id that was never handed out; signed, or with its record, there is none.
    let unknown = SessionId::random().encode();
    let expected = if cookie.len() == unknown.len() { "unknown" } else { "nobody" };
    let mut stranger = Browser { cookie: Some(unknown), ..Browser::of(&site) };
    assert_eq!(stranger.get("/reason").await, Answer::ok(expected));
}

/// ASVS V1.1.1, V15.3.7.
async fn a_name_that_is_given_twice_or_in_another_spelling_is_nobody(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let cookie = ada.cookie.clone().expect("a cookie");
    for header in [
        format!("__Host-id={cookie}; __Host-id={cookie}"),
        format!("__Host-id=x; __Host-id={cookie}"),
        format!("%5F%5FHost-id={cookie}"),
        format!("__host-id={cookie}"),
        format!("__Host-id =\"{cookie}\""),
        format!("id={cookie}"),
    ] {
        let answer = ada.get_with("/get/user", &header).await;
        assert_eq!((answer.body.as_str(), answer.set_cookie), ("null", None), "{header}");
    }
    let header = format!("a=b;\t__Host-id={cookie} ; c=d");
    assert_eq!(ada.get_with("/get/user", &header).await, Answer::ok("\"ada\""));
}

/// ASVS V7.5.2.
async fn ending_the_others_ends_exactly_them(site: Site) {
    let [mut here, mut there, mut bob] = [(); 3].map(|()| Browser::of(&site));
    here.get("/login/ada").await;
    there.get("/login/ada").await;
    bob.get("/login/bob").await;
    here.get("/end-others").await;
    assert_eq!(here.get("/get/user").await, Answer::ok("\"ada\""));
    assert_eq!(bob.get("/get/user").await, Answer::ok("\"bob\""));
    assert_eq!(there.get("/reason").await, Answer::ok("password_changed"));
}

/// Whoever has a copy of the cookie is somewhere else, too. What the browser sent before it had the new one, such as the
/// choice of a theme, does not take its place.
///
/// ASVS V7.4.3, V7.4.1.
async fn whoever_ends_the_others_gets_a_new_id_and_a_late_answer_no_cookie(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut copy = ada.clone();
    ada.get("/end-others").await;
    assert_eq!(copy.get("/set/theme/dark").await.set_cookie, None);
    assert_eq!(copy.get("/account").await, Answer::ok("false"));
    assert_ne!(ada.cookie, copy.cookie);
    assert_eq!(ada.get("/account").await, Answer::ok("true"));
    assert_eq!(site.listed("ada").await, usize::from(!site.is_client_side));
}

/// ASVS V7.3.1.
async fn use_moves_the_idle_limit_and_passive_reads_do_not(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for _ in 0..3 {
        site.clock.advance(Duration::minutes(20));
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""));
    }
    site.clock.advance(Duration::minutes(20));
    assert_eq!(ada.get("/passive").await, Answer::ok("\"ada\""));
    site.clock.advance(Duration::minutes(20));
    assert_eq!(ada.get("/passive").await, Answer::ok("null"));
}

async fn what_a_guest_collected_is_merged_at_sign_in_and_no_other_account_s_is(site: Site) {
    let mut browser = Browser::of(&site);
    browser.get("/set/basket/apple").await;
    browser.get("/login-with/pear").await;
    assert_eq!(browser.get("/get/basket").await, Answer::ok("\"apple+pear\""));
    browser.get("/login/bob").await;
    assert_eq!(browser.get("/get/basket").await, Answer::ok("null"));
    browser.get("/set/basket/plum").await;
    browser.get("/logout").await;
    assert_eq!(browser.get("/get/basket").await, Answer::ok("null"));
}

/// ASVS V7.4.1.
async fn a_sign_out_after_the_limit_holds_if_the_clock_is_put_back(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut copy = ada.clone();
    site.clock.advance(Duration::minutes(31));
    assert_eq!(ada.get("/reason").await, Answer::ok("idle"));
    ada.get("/logout").await;
    assert_eq!(ada.cookie, None);
    site.clock.advance(-Duration::minutes(31));
    assert_eq!(copy.get("/account").await, Answer::ok("false"));
}

async fn a_sign_in_after_the_limit_ends_the_old_id_for_good(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut copy = ada.clone();
    site.clock.advance(Duration::minutes(31));
    ada.get("/login/ada").await;
    site.clock.advance(-Duration::minutes(31));
    assert_eq!(copy.get("/account").await, Answer::ok("false"));
    assert_eq!(ada.get("/account").await, Answer::ok("true"));
}

/// Nobody can tell which is ours, but a browser that has one too many can be rid of it.
async fn signing_out_with_several_cookies_removes_one(site: Site) {
    let answer = Browser::of(&site).get_with("/logout", "__Host-id=x; __Host-id=y").await;
    assert!(answer.set_cookie.is_some_and(|cookie| cookie.starts_with("__Host-id=; Max-Age=0; ")));
}

/// Counted where it can be seen: with cookies each note is a cookie.
async fn a_use_is_noted_once_a_minute(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let began = site.clock.now();
    for (second, noted) in [(0, 0), (59, 0), (60, 60), (61, 60), (119, 60), (120, 120)] {
        let now = began + Duration::seconds(second);
        site.clock.advance(now - site.clock.now());
        let answer = ada.get("/get/user").await;
        assert_eq!(answer, Answer::ok("\"ada\""));
        if site.is_client_side {
            assert_eq!(answer.set_cookie.is_some(), second > 0 && noted == second, "after {second} s");
        } else {
            assert_eq!(site.last_seen("ada").await - began, Duration::seconds(noted), "after {second} s");
        }
    }
}

async fn ending_all_keeps_what_was_chosen_meanwhile_and_takes_no_newer_cookie_away(site: Site) {
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    let mut slow = ada.clone();
    let ending = tokio::spawn(async move { slow.get("/slow-end-all").await });
    site.wait_until_slow_has_read().await;
    ada.get("/login/bob").await;
    site.let_slow_go_on();
    let late = ending.await.expect("runs");
    assert_eq!((late.status, late.set_cookie), (StatusCode::OK, None));
    assert_eq!(ada.get("/get/user").await, Answer::ok("\"bob\""));
    if site.is_client_side {
        return not_applicable("the cookie holds what is written");
    }
    let mut slow = ada.clone();
    let ending = tokio::spawn(async move {
        slow.get("/slow-end-all").await;
        slow
    });
    site.wait_until_slow_has_read().await;
    ada.get("/set/theme/dark").await;
    site.let_slow_go_on();
    let mut late = ending.await.expect("runs");
    assert_eq!(late.get("/account").await, Answer::ok("false"));
    assert_eq!(late.get("/get/theme").await, Answer::ok("\"dark\""));
}

/// What is remembered of an account's ended sessions is bounded; whoever passes the bound by signing in is signed in.
async fn signing_in_a_thousand_times_over_stays_signed_in(site: Site) {
    let times = if site.is_client_side { MOST_ENDED + 5 } else { 20 };
    let mut ada = Browser::of(&site);
    ada.get("/login/ada").await;
    for time in 0..times {
        let mut old = ada.clone();
        assert!(ada.get("/login/ada").await.set_cookie.is_some(), "{time}");
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""), "{time}");
        assert_eq!(old.get("/get/user").await, Answer::ok("null"), "{time}");
    }
    for time in 0..times {
        let mut old = ada.clone();
        assert!(ada.get("/cycle-and-fail").await.set_cookie.is_some(), "{time}");
        assert_eq!(ada.get("/get/user").await, Answer::ok("\"ada\""), "{time}");
        assert_eq!(old.get("/get/user").await, Answer::ok("null"), "{time}");
    }
}

async fn another_account_over_the_first_takes_nothing_over(site: Site) {
    let mut browser = Browser::of(&site);
    browser.get("/login/ada").await;
    browser.get("/set/cart/full").await;
    browser.get("/set/theme/dark").await;
    browser.get("/login/bob").await;
    assert_eq!(browser.get("/get/user").await, Answer::ok("\"bob\""));
    assert_eq!(browser.get("/get/cart").await, Answer::ok("null"));
    assert_eq!(browser.get("/get/theme").await, Answer::ok("\"dark\""));
}

/// ASVS V16.5.2.
#[tokio::test]
async fn a_store_that_fails_is_503_and_keeps_the_cookie() {
    let site = Site::over(|_| Arc::new(site::Broken));
    let mut ada = Browser { cookie: Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned()), ..Browser::of(&site) };
    let answer = ada.get("/set/theme/dark").await;
    assert_eq!((answer.status, answer.set_cookie), (StatusCode::SERVICE_UNAVAILABLE, None));
    assert_eq!(answer.caching.as_deref(), Some("no-store, private; vary Cookie"));
    assert_eq!(ada.get("/public").await.status, StatusCode::OK, "what needs no session is served");
}

/// No second attempt would help, so nobody is asked to make one.
///
/// ASVS V3.3.5.
#[tokio::test]
async fn a_session_too_large_for_its_cookie_is_500_and_keeps_the_cookie() {
    for site in [Site::encrypted(), Site::signed()] {
        for path in ["/login/ada", "/public"] {
            let mut visitor = Browser::of(&site);
            visitor.get(path).await;
            let cookie = visitor.cookie.clone();
            let answer = visitor.get(&format!("/set/large/{}", "x".repeat(4000))).await;
            assert_eq!((answer.status, answer.retry_after), (StatusCode::INTERNAL_SERVER_ERROR, None));
            assert_eq!(visitor.cookie, cookie);
            assert_eq!(visitor.get("/get/large").await, Answer::ok("null"));
        }
    }
}
