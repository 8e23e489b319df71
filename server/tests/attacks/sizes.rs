//! Requests too large to be honest: refused at once, before a password is hashed for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::app::{Answer, TestApp};
use crate::raw::{Raw, exchange};

/// More than any buffer of the system between the two ends of a connection holds, and what the server reads on
/// so that the client sees its answer (16 MiB).
const MORE_THAN_BUFFERS_HOLD: usize = 64 * 1024 * 1024;

async fn post(app: &TestApp, path: &str, content_type: &str, body: String) -> Answer {
    let mut program = app.program();
    let request = program.bare(Method::POST, path).header("content-type", content_type);
    program.send(request.header("sec-fetch-site", "same-origin").body(body)).await
}

/// ASVS V4.2.5.
#[tokio::test]
async fn heads_of_more_than_16_kib_are_refused() {
    let app = TestApp::start().await;
    let cookies = format!("Cookie: {}", "a=b; ".repeat(12 * 1024));
    let many = "X: y\r\n".repeat(200);
    for headers in [&*format!("X: {}", "a".repeat(17 * 1024)), &cookies, many.trim_end()] {
        let transcript = exchange(&app, format!("GET / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n")).await;
        assert_eq!(transcript.statuses(), [431]);
    }
    let transcript = exchange(&app, format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(20_000))).await;
    assert_eq!(transcript.statuses(), [431], "an address is part of the head");
}

/// ASVS V4.2.5.
#[tokio::test]
async fn an_address_of_more_than_8_kib_is_refused_and_one_of_8_kib_is_not() {
    let app = TestApp::start().await;
    for (bytes, status) in [(8 * 1024, 404), (8 * 1024 + 1, 414)] {
        let path = "a".repeat(bytes - 1);
        let request = format!("GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assert_eq!(exchange(&app, request).await.statuses(), [status]);
    }
}

/// ASVS V4.2.5.
#[tokio::test]
async fn no_redirect_leads_to_an_address_that_is_too_long() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let long = |count| format!("/contact?{}", "=".repeat(count));
    let (typed, next) = ("&".repeat(2000), long(3000));
    let fields = [("username", &*typed), ("password", "x"), ("next", &next)];
    let elsewhere = format!("/login?{}", "a".repeat(12_000));
    let answers = [
        guest.get(&long(8000)).await,
        guest.form("/api/fn/login", &fields).await,
        guest.form("/api/fn/login", &[("username", &*"&".repeat(4000)), ("password", "x")]).await,
        guest.form("/api/fn/register", &fields).await,
        guest.form("/api/fn/set_preferences", &[("theme", "dark"), ("next", &elsewhere)]).await,
    ];
    for answer in answers {
        let location = answer.location().expect("a redirect").to_owned();
        assert_eq!(guest.get(&location).await.status, 200, "{} bytes", location.len());
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused_at_once_and_no_more_than_16_mib_of_it_are_taken() {
    let app = TestApp::start().await;
    for path in ["/api/v1/login", "/api/v1/register", "/api/fn/login", "/api/v1/logout", "/api/csp-reports"] {
        let mut raw = Raw::to(&app).await;
        let head = "Host: a\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked";
        raw.send(format!("POST {path} HTTP/1.1\r\n{head}\r\n\r\n")).await.expect("is taken");
        let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
        let mut sent = 0;
        while sent < MORE_THAN_BUFFERS_HOLD && raw.send(&chunk).await.is_ok() {
            sent += chunk.len();
        }
        assert!(sent < MORE_THAN_BUFFERS_HOLD, "{path}: {sent} bytes were taken");
    }
}

#[tokio::test]
async fn a_body_too_large_is_413_before_its_end_has_come() {
    let app = TestApp::start().await;
    for framing in [
        format!("Content-Length: {}\r\n\r\n", 1 << 30),
        format!("Transfer-Encoding: chunked\r\n\r\n4001\r\n{}\r\n", "a".repeat(0x4001)),
    ] {
        for path in ["/api/v1/login", "/api/v1/preferences", "/api/fn/login"] {
            let method = if path.ends_with("preferences") { "PATCH" } else { "POST" };
            let mut raw = Raw::to(&app).await;
            let head = "Host: a\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json";
            raw.send(format!("{method} {path} HTTP/1.1\r\n{head}\r\n{framing}")).await.expect("is taken");
            assert_eq!(raw.status().await, 413, "{path}");
        }
    }
}

/// Somebody keeps the queue for hashing full, so that whatever needs a hash is refused with 503.
struct FullQueue {
    is_over: Arc<AtomicBool>,
}

impl FullQueue {
    async fn of(app: &TestApp) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let (client, url) = (reqwest::Client::new(), app.url("/api/v1/login"));
        for _ in 0..150 {
            let (is_over, client, url) = (Arc::clone(&is_over), client.clone(), url.clone());
            tokio::spawn(async move {
                let body = json!({"username": "ada", "password": "x"});
                while !is_over.load(Ordering::Relaxed) {
                    let _ = client.post(&url).json(&body).send().await;
                }
            });
        }
        while !needs_a_hash(app).await {}
        Self { is_over }
    }
}

impl Drop for FullQueue {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Whether one who wants to have a password hashed is sent away.
async fn needs_a_hash(app: &TestApp) -> bool {
    let answer = app.program().login("bob", "x").await;
    answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.code() == "busy"
}

/// Whether the queue is full. Whoever comes at the right moment gets a place that has just become free, but not
/// each time.
async fn is_full(app: &TestApp) -> bool {
    for _ in 0..10 {
        if needs_a_hash(app).await {
            return true;
        }
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_without_a_hash() {
    let app = TestApp::start().await;
    let queue = FullQueue::of(&app).await;
    let mebibyte = "a".repeat(1 << 20);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let keys = (0..1_000_000).map(|number| format!("\"{number}\":0")).collect::<Vec<_>>().join(",");
    let long = "é".repeat(257);
    for (body, status) in [
        (json!({"username": "ada", "password": mebibyte}).to_string(), 413),
        (json!({"username": mebibyte, "password": "x"}).to_string(), 413),
        (format!("{{\"username\":{deep},\"password\":\"x\"}}"), 413),
        (format!("{{{keys},\"username\":\"ada\",\"password\":\"x\"}}"), 413),
        (format!("{}{}", "[".repeat(8000), "]".repeat(8000)), 422),
        (json!({"username": "ada", "password": long}).to_string(), 422),
        (json!({"username": "ada", "password": "a".repeat(1025)}).to_string(), 422),
    ] {
        for path in ["/api/v1/login", "/api/v1/register"] {
            let answer = post(&app, path, "application/json", body.clone()).await;
            assert_eq!(answer.status.as_u16(), status, "{path}: {} bytes", body.len());
        }
    }
    let form = format!("username=ada&password={mebibyte}");
    assert_eq!(post(&app, "/api/fn/login", "application/x-www-form-urlencoded", form).await.status, 413);
    assert!(is_full(&app).await, "the queue was full all the while");
    drop(queue);
}
