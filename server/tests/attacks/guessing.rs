//! Passwords tried one after the other: one account from many addresses, many accounts from one.

use reqwest::Method;
use serde_json::json;
use time::Duration;

use crate::app::{Answer, Caller, PASSWORD, TestApp};

const WRONG: &str = "another good password";

/// A sign-in through a proxy that is trusted to say where it came from.
async fn login_from(caller: &mut Caller<'_>, address: &str, name: &str, password: &str) -> Answer {
    let body = json!({"username": name, "password": password}).to_string();
    let request = caller.bare(Method::POST, "/api/v1/login").header("x-forwarded-for", address);
    caller.send(request.header("content-type", "application/json").body(body)).await
}

#[tokio::test]
async fn one_account_is_tried_a_hundred_times_at_most_from_however_many_addresses() {
    let app = TestApp::with(&[
        "throttle.account=on",
        "throttle.address_sign_in=10/1m",
        "server.trusted_proxies=127.0.0.1",
    ])
    .await;
    app.member("ada").await;
    let mut attacker = app.program();
    let mut admitted = 0;
    for attempt in 0_u32..130 {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + attempt).to_string();
        let answer = login_from(&mut attacker, &address, "ada", WRONG).await;
        admitted += u32::from(answer.status == 401);
        assert!(matches!(answer.status.as_u16(), 401 | 429), "{}", answer.status);
        app.clock.advance(Duration::minutes(16));
    }
    assert_eq!(admitted, 100);
    assert_eq!(
        login_from(&mut attacker, "192.0.2.1", "ada", PASSWORD).await.status,
        429,
        "not even the right one"
    );
}

#[tokio::test]
async fn whoever_is_signed_in_stays_so_while_others_guess() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    for _ in 0..8 {
        app.program().login("ada", WRONG).await;
        assert_eq!(ada.get("/api/v1/protected").await.status, 200);
    }
    assert_eq!(ada.choose("theme", "dark").await.status, 200);
    assert_eq!(ada.logout().await.status, 204);
}

#[tokio::test]
async fn many_accounts_are_tried_ten_times_a_minute_from_one_address() {
    let app = TestApp::with(&["throttle.address_sign_in=10/1m", "server.trusted_proxies=127.0.0.1"]).await;
    let mut attacker = app.program();
    // Addresses of one household, in the forms that one host may come in.
    for addresses in [["192.0.2.7", "::ffff:192.0.2.7"], ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"]] {
        let mut admitted = 0;
        for (attempt, address) in addresses.into_iter().cycle().take(30).enumerate() {
            let answer = login_from(&mut attacker, address, &format!("name{attempt}"), WRONG).await;
            admitted += u32::from(answer.status == 401);
        }
        assert_eq!(admitted, 10, "{addresses:?}");
    }
}
