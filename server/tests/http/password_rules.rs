//! New passwords: what is refused, with which sentence, and what a service for breaches has to do with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::app::{PASSWORD, TestApp};

/// A password of which the service is told `8E486`.
const LEAKED: &str = "a horse that everybody has seen";
/// The rest of its hash.
const REST: &str = "94330F7E68E1DE9A584A4C2B2DDFF6D50DC";

fn why(answer: &Value) -> String {
    answer.pointer("/errors/password/0/code").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A stand-in for the service. Answers for every hash the same, padded.
async fn stand_in(status: StatusCode) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let answer = move |Path(told): Path<String>, headers: HeaderMap| async move {
        assert_eq!(
            (told.len(), headers.get("add-padding").map(axum::http::HeaderValue::as_bytes)),
            (5, Some(b"true".as_slice()))
        );
        count.fetch_add(1, Ordering::Relaxed);
        (status, format!("{}:0\r\n{REST}:12\r\n", "0".repeat(35)))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("is bound");
    let routes = Router::new().route("/range/{told}", get(answer));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (format!("accounts.breached_passwords=http://{address}/range/"), asked)
}

#[tokio::test]
async fn a_password_from_a_breach_is_refused_by_the_service_which_learns_five_digits() {
    let (setting, asked) = stand_in(StatusCode::OK).await;
    let app = TestApp::with(&[&setting]).await;
    let refused = app.program().register("ada", LEAKED).await;
    assert_eq!((refused.status.as_u16(), why(&refused.json()).as_str()), (422, "password_breached"));
    assert_eq!(app.program().register("ada", PASSWORD).await.status, 201);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn nobody_is_asked_unless_the_setting_says_so_nor_about_what_is_refused_anyway() {
    let (setting, asked) = stand_in(StatusCode::OK).await;
    assert_eq!(TestApp::start().await.program().register("ada", LEAKED).await.status, 201);
    let app = TestApp::with(&[&setting]).await;
    assert_eq!(app.program().register("ada", "passwordpassword").await.status, 422);
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_service_that_fails_or_never_answers_is_no_refusal() {
    let (failing, _) = stand_in(StatusCode::SERVICE_UNAVAILABLE).await;
    // Accepts connections into its queue, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silence = format!("accounts.breached_passwords=http://{}/", silent.local_addr().expect("is bound"));
    for setting in [failing, silence, "accounts.breached_passwords=http://127.0.0.1:1/".to_owned()] {
        let app = TestApp::with(&[&setting]).await;
        assert_eq!(app.program().register("ada", LEAKED).await.status, 201, "{setting}");
    }
}

/// ASVS V6.2.11, V2.2.3.
#[tokio::test]
async fn a_refusal_says_why_in_one_sentence() {
    let app = TestApp::with(&["server.brand=Lampions"]).await;
    for (password, code) in [
        ("fourteen chars", "password_too_short"),
        ("ada and nobody else", "password_contains_username"),
        ("LAMPIONS lampions", "password_contains_site"),
        ("1q2w3e4r5t6y7u8i9o0p", "password_common"),
    ] {
        let answer = app.program().register("ada", password).await;
        assert_eq!((answer.status.as_u16(), why(&answer.json()).as_str()), (422, code));
        let detail = answer.json()["errors"]["password"][0]["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.ends_with('.') && detail.matches('.').count() == 1, "{detail}");
    }
}

/// ASVS V6.2.9, V6.2.5.
#[tokio::test]
async fn passwords_of_64_and_256_code_points_register_and_sign_in() {
    let app = TestApp::start().await;
    for (name, length) in [("ada", 64), ("eve", 256)] {
        let password: String = "ünï qüîte løng 🐎".chars().cycle().take(length).collect();
        assert_eq!(app.program().register(name, &password).await.status, 201);
        assert_eq!(app.program().login(name, &password).await.status, 200);
    }
}

/// ASVS V6.2.8.
#[tokio::test]
async fn a_password_is_compared_exactly_as_typed() {
    let app = TestApp::start().await;
    let right = " Caf\u{e9} au lait, s'il vous pla\u{ee}t\u{0}";
    assert_eq!(app.program().register("ada", right).await.status, 201);
    for wrong in [
        right.trim_start().to_owned(),
        right.trim_end_matches('\u{0}').to_owned(),
        right.to_lowercase(),
        right.replace('\u{e9}', "e\u{301}"),
        format!("{right} "),
    ] {
        assert_eq!(app.program().login("ada", &wrong).await.status, 401, "{wrong:?}");
    }
    assert_eq!(app.program().login("ada", right).await.status, 200);
}

/// ASVS V6.2.8.
#[tokio::test]
async fn the_last_of_256_characters_counts() {
    let app = TestApp::start().await;
    let long: String = "a rather long phrase, ".chars().cycle().take(255).collect();
    assert_eq!(app.program().register("ada", &format!("{long}x")).await.status, 201);
    assert_eq!(app.program().login("ada", &format!("{long}y")).await.status, 401);
    assert_eq!(app.program().login("ada", &format!("{long}x")).await.status, 200);
}

/// ASVS V6.2.10.
#[tokio::test]
async fn no_password_grows_too_old() {
    let app = TestApp::start().await;
    app.member("ada").await;
    app.clock.advance(time::Duration::days(400));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}
