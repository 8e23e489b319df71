//! Clients who begin a request and never finish it.

use std::time::Duration;

use tokio::time::timeout;

use crate::app::TestApp;
use crate::raw::Raw;

const CLIENTS: usize = 1000;

async fn others_are_served_while_a_thousand_begin(app: &TestApp, beginning: &str) -> Vec<Raw> {
    let mut slow = Vec::new();
    for _ in 0..CLIENTS {
        let mut raw = Raw::to(app).await;
        raw.send(beginning).await.expect("is taken");
        slow.push(raw);
    }
    let mut ada = app.member("ada").await;
    for path in ["/", "/about", "/api/v1/whoami", "/readyz"] {
        assert_eq!(ada.get(path).await.status, 200, "{path}");
    }
    slow
}

#[tokio::test]
async fn a_thousand_half_heads_keep_nobody_waiting_and_are_given_up() {
    let app = TestApp::start().await;
    let slow = others_are_served_while_a_thousand_begin(&app, "GET / HTTP/1.1\r\nHost: a\r\nX-A: ").await;
    let given_up = async {
        for mut raw in slow {
            while raw.is_open().await {}
        }
    };
    timeout(Duration::from_mins(1), given_up).await.expect("10 seconds are enough for a head");
}

#[tokio::test]
async fn a_thousand_half_bodies_keep_nobody_waiting() {
    let app = TestApp::start().await;
    let head =
        "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100";
    let slow = others_are_served_while_a_thousand_begin(&app, &format!("{head}\r\n\r\n{{")).await;
    assert!(slow.iter().all(Raw::is_silent), "and nobody was given up for it");
}

#[tokio::test]
async fn a_request_that_comes_byte_by_byte_is_answered_like_any_other() {
    let app = TestApp::start().await;
    let (mut raw, mut other) = (Raw::to(&app).await, app.program());
    for byte in b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" {
        raw.send([*byte]).await.expect("is taken");
        // By then the server has read that byte alone.
        assert_eq!(other.get("/healthz").await.status, 200);
    }
    assert_eq!(raw.read_all().await.statuses(), [200]);
}
