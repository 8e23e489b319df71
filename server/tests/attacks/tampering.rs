//! Records in the cookie, changed by whoever holds it: a guest each time, and never a fault of the server
//! (CVE-2026-39324: a reader that fell back to another format).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderValue};
use serde_json::json;
use time::Duration;

use crate::app::{Caller, PASSWORD, TestApp};
use crate::backing::{Backing, new_key};

const MODES: [&str; 2] = ["encrypted", "signed"];

async fn is_a_guest(program: &mut Caller<'_>, cookie: &[u8]) {
    let shown = || String::from_utf8_lossy(cookie);
    let Ok(header) = HeaderValue::from_bytes(&[b"id=", cookie].concat()) else { return };
    let request = program.bare(Method::GET, "/api/v1/whoami").header(COOKIE, header);
    let answer = program.send(request).await;
    assert_eq!(answer.status, 200, "{}", shown());
    assert_eq!(answer.json().get("authenticated"), Some(&json!(false)), "{}", shown());
}

/// ASVS V7.2.1, V9.1.1.
#[tokio::test]
async fn a_cookie_with_any_bit_flipped_or_any_part_cut_off_is_a_guests() {
    for backing in Backing::client_side() {
        let app = backing.start().await;
        let ada = app.member("ada").await;
        let cookie = ada.cookie("id").expect("a session").as_bytes().to_vec();
        let mut thief = app.program();
        for at in 0..cookie.len() {
            for bit in 0..8 {
                let mut flipped = cookie.clone();
                flipped[at] ^= 1 << bit;
                is_a_guest(&mut thief, &flipped).await;
            }
            is_a_guest(&mut thief, &cookie[..at]).await;
            is_a_guest(&mut thief, &cookie[at + 1..]).await;
        }
        for more in [&b"A"[..], b"=", b".", b"\"", &cookie] {
            is_a_guest(&mut thief, &[&cookie, more].concat()).await;
        }
    }
}

/// ASVS V9.1.1, V9.1.2.
#[tokio::test]
async fn a_record_without_a_seal_is_a_guests() {
    let record =
        json!({"authenticated": true, "account": "AAAAAAAAAAAAAAAAAAAAAA", "username": "ada"}).to_string();
    for backing in Backing::client_side() {
        let app = backing.start().await;
        let ada = app.member("ada").await;
        let genuine = ada.cookie("id").expect("a session").to_owned();
        let mut thief = app.program();
        let encoded = [STANDARD.encode(&record), URL_SAFE_NO_PAD.encode(&record)];
        let unsigned =
            encoded.iter().flat_map(|text| ["", ".", ".AAAA", ".."].map(|end| format!("{text}{end}")));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let payload = genuine.split('.').next().expect("a part");
        let forged =
            [record.clone(), format!("{none}.{}.", encoded[1]), payload.to_owned(), format!("{payload}.")];
        for value in unsigned.chain(forged).filter(|value| *value != genuine) {
            is_a_guest(&mut thief, value.as_bytes()).await;
        }
    }
}

/// Starts two servers over one database and takes a member's cookie from the first to the second.
async fn is_refused_by(first: &[&str], second: &[&str]) {
    let app = TestApp::with(first).await;
    let other = app.beside(second).await;
    let ada = app.member("ada").await;
    let cookie = ["id", "other"].into_iter().find_map(|name| ada.cookie(name)).expect("a session");
    let mut thief = other.program();
    let names = ["id", "other", "username"];
    let header = names.map(|name| format!("{name}={cookie}")).join("; ");
    let answer = thief.send(thief.bare(Method::GET, "/api/v1/whoami").header(COOKIE, header)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.json().get("authenticated").cloned()),
        (200, Some(json!(false))),
        "{second:?}"
    );
}

/// ASVS V9.1.2, V9.1.3, V9.2.2, V9.2.3.
#[tokio::test]
async fn a_cookie_made_elsewhere_or_for_something_else_is_a_guests() {
    let [ours, theirs] = [new_key(), new_key()].map(|key| format!("sessions.keys={key}"));
    for mode in MODES {
        let other_mode = MODES.into_iter().find(|other| *other != mode).expect("the other");
        let [store, other] = [mode, other_mode].map(|mode| format!("sessions.store={mode}"));
        is_refused_by(&[&store, &theirs], &[&store, &ours]).await;
        is_refused_by(&[&other, &ours], &[&store, &ours]).await;
        is_refused_by(&[&store, &ours], &[&store, &ours, "sessions.cookie.name=other"]).await;
        is_refused_by(&[&store, &ours], &["sessions.store=sqlite", &ours, "sessions.sign_ids=true"]).await;
        is_refused_by(&["sessions.store=sqlite", &ours, "sessions.sign_ids=true"], &[&store, &ours]).await;
    }
}

/// ASVS V7.4.1.
#[tokio::test]
async fn a_copy_is_worth_nothing_after_sign_out_or_revocation() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        let mut signed_out = ada.clone();
        ada.choose("theme", "dark").await;
        let mut later_copy = ada.clone();
        ada.logout().await;
        let mut phone = app.program();
        phone.login("ada", PASSWORD).await;
        let mut revoked = phone.clone();
        ada.login("ada", PASSWORD).await;
        ada.end_other_sessions().await;
        for copy in [&mut signed_out, &mut later_copy, &mut revoked, &mut phone] {
            assert_eq!(copy.get("/api/v1/protected").await.code(), "session_ended", "{}", backing.name);
            assert_eq!(copy.get("/about").await.status, 303, "{}", backing.name);
        }
    }
}

/// ASVS V9.2.1.
#[tokio::test]
async fn a_cookie_that_was_kept_beyond_its_time_is_a_guests() {
    for backing in Backing::client_side() {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        for _ in 0..96 {
            app.clock.advance(Duration::minutes(15));
            ada.get("/").await;
        }
        assert_eq!(ada.whoami().await["authenticated"], json!(false), "{}: a day has passed", backing.name);
        let mut bob = app.member("bob").await;
        app.clock.advance(Duration::minutes(31));
        assert_eq!(bob.whoami().await["authenticated"], json!(false), "{}", backing.name);
    }
}
