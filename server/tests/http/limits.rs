//! What is set is what the running server goes by.

use reqwest::Method;
use serde_json::{Value, json};
use server::config::keygen;

use crate::app::{Caller, PASSWORD, TestApp};

const LIMITS: [&str; 7] = [
    "sessions.idle=7m",
    "sessions.absolute=8h",
    "sessions.kept_idle=3d",
    "sessions.kept_absolute=5d",
    "sessions.anonymous_idle=13m",
    "sessions.anonymous_absolute=11h",
    "sessions.touch_every=0",
];

fn key() -> String {
    format!("sessions.keys={}", keygen().expect("randomness"))
}

/// The seconds of the idle limit and of the absolute one, and what is left of the first.
async fn limits(caller: &mut Caller<'_>) -> [Value; 3] {
    let view = caller.get("/api/v1/session").await.json();
    ["idle/seconds", "absolute/seconds", "idle/left"]
        .map(|name| view.pointer(&format!("/record/{name}")).cloned().unwrap_or_default())
}

/// ASVS V7.1.1, V7.3.1, V7.3.2.
#[tokio::test]
async fn each_limit_that_is_set_holds_for_those_whom_it_is_for() {
    for store in ["sqlite", "filesystem", "encrypted", "signed"] {
        let (store, key) = (format!("sessions.store={store}"), key());
        let app = TestApp::with(&[&LIMITS[..], &[&store, &key]].concat()).await;
        let mut ada = app.program();
        ada.choose("theme", "dark").await;
        assert_eq!(limits(&mut ada).await, [780, 39_600, 780].map(Value::from), "{store}: a guest");
        ada.register("ada", PASSWORD).await;
        assert_eq!(limits(&mut ada).await, [420, 28_800, 420].map(Value::from), "{store}: signed in");
        app.clock.advance(time::Duration::seconds(6));
        assert_eq!(limits(&mut ada).await, [420, 28_800, 414].map(Value::from), "{store}: looking is no use");
        assert_eq!(ada.get("/api/v1/protected").await.status, 200);
        assert_eq!(limits(&mut ada).await, [420, 28_800, 420].map(Value::from), "{store}: each use counts");
        let mut kept = app.program();
        let body = json!({ "username": "ada", "password": PASSWORD, "keep_signed_in": true });
        let answer = kept.json(Method::POST, "/api/v1/login", body).await;
        assert!(answer.set_cookies().concat().contains("Max-Age=432000"), "{:?}", answer.set_cookies());
        assert_eq!(limits(&mut kept).await, [259_200, 432_000, 259_200].map(Value::from), "{store}: kept");
        app.clock.advance(time::Duration::minutes(7));
        assert_eq!(
            (ada.standing().await.as_str(), kept.standing().await.as_str()),
            ("idle", "ada"),
            "{store}"
        );
    }
}

/// ASVS V3.3.2, V3.3.4.
#[tokio::test]
async fn the_cookie_has_the_attributes_that_are_set_and_so_has_its_removal() {
    for (settings, expected, missing) in [
        (
            &["sessions.cookie.name=sid", "sessions.cookie.same_site=strict", "sessions.cookie.path=/api"][..],
            &["sid=", "; SameSite=Strict", "; Path=/api", "; HttpOnly"][..],
            &["Domain", "Partitioned"][..],
        ),
        (
            &[
                "sessions.cookie.name=sid",
                "sessions.cookie.domain=example.org",
                "sessions.cookie.http_only=false",
            ],
            &["sid=", "; Domain=example.org", "; SameSite=Lax", "; Path=/"],
            &["HttpOnly", "Partitioned"],
        ),
        (
            &[
                "sessions.cookie.secure=true",
                "sessions.cookie.same_site=none",
                "sessions.cookie.partitioned=true",
            ],
            &["__Host-id=", "; Secure", "; SameSite=None", "; Partitioned", "; Path=/", "; HttpOnly"],
            &["Domain"],
        ),
    ] {
        let app = TestApp::with(settings).await;
        let mut ada = app.program();
        let begun = ada.register("ada", PASSWORD).await;
        let ended = ada.logout().await;
        for answer in [begun, ended] {
            let cookies = answer.set_cookies();
            let cookie = cookies.iter().find(|cookie| cookie.starts_with(expected[0])).expect("is set");
            assert!(expected.iter().all(|part| cookie.contains(part)), "{settings:?}: {cookie}");
            assert!(missing.iter().all(|part| !cookie.contains(part)), "{settings:?}: {cookie}");
        }
    }
}

#[tokio::test]
async fn with_nothing_believed_an_end_on_another_server_is_known_at_once() {
    for store in ["encrypted", "signed"] {
        let (store, key) = (format!("sessions.store={store}"), key());
        let settings = [store.as_str(), &key, "sessions.revoked_within=0"];
        let here = TestApp::with(&settings).await;
        let elsewhere = here.beside(&settings).await;
        let mut laptop = here.member("ada").await;
        assert_eq!(laptop.standing().await, "ada");
        let mut phone = elsewhere.program();
        phone.login("ada", PASSWORD).await;
        assert_eq!(phone.end_other_sessions().await.status, 204);
        assert_eq!(laptop.standing().await, "revoked", "{store}");
        assert_eq!(phone.standing().await, "ada", "{store}");
    }
}
