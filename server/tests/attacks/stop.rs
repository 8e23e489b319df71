//! The server is told to stop while it works: every request that it took is answered, and no other is taken.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::Process;
use crate::raw::{Raw, Transcript};

/// Sign-ins that wait for their turn to be hashed when the signal comes; a machine has fewer cores.
const WAITING: usize = 40;
const SIGN_IN: &str = r#"{"username":"ada","password":"another good password"}"#;
const CHOICE: &str = r#"{"theme":"dark"}"#;
/// By default an address may not try that often.
const UNLIMITED: [&str; 2] = ["throttle.address_sign_in=off", "throttle.account=off"];

fn request(line: &str, body: &str, more: &str) -> String {
    let length = body.len();
    format!(
        "{line} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n"
    )
}

/// A connection that the server knows, with nothing going on.
async fn at_rest(address: SocketAddr) -> Raw {
    let mut raw = Raw::at(address).await.expect("connects");
    raw.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("is taken");
    raw.reads_until("{\"status\":\"ok\"}").await;
    raw
}

/// One whole answer, after which the server closes.
fn is_last_answer(transcript: &Transcript, status: u16) {
    assert_eq!(transcript.statuses(), [status], "{transcript:?}");
    assert_eq!(transcript.header("connection"), Some("close"), "{transcript:?}");
    let length = transcript.header("content-length").and_then(|length| length.parse().ok());
    assert_eq!(length, Some(transcript.body().len()), "{transcript:?}");
}

/// Whoever comes now is sent away by the system, since nobody listens.
async fn takes_nobody_new(address: SocketAddr) {
    loop {
        match Raw::at(address).await {
            // A reset, if it came while the system took the listener down.
            Err(error) => {
                let kinds = [ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset];
                return assert!(kinds.contains(&error.kind()), "{error:?}");
            }
            Ok(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_before_is_answered_and_nothing_else_is_taken() {
    let folder = TempDir::new().expect("a folder");
    let mut process = Process::start(&folder, &UNLIMITED.map(str::to_owned));
    let address = process.address();
    let (mut resting, mut late) = (at_rest(address).await, at_rest(address).await);
    late.send(request("PATCH /api/v1/preferences", CHOICE, "Expect: 100-continue\r\n"))
        .await
        .expect("is taken");
    late.reads_until("100 Continue\r\n\r\n").await;
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        waiting.push(at_rest(address).await);
    }
    for raw in &mut waiting {
        raw.send(request("POST /api/v1/login", SIGN_IN, "") + SIGN_IN).await.expect("is taken");
    }
    process.signal("TERM");
    takes_nobody_new(address).await;
    resting.is_closed_in_silence().await;
    for mut raw in waiting {
        is_last_answer(&raw.read_all().await, 401);
    }
    assert!(process.is_running(), "it waits for the one that is being handled");
    late.send(CHOICE).await.expect("is taken");
    is_last_answer(&late.read_all().await, 200);
    assert_eq!(process.status(), Some(0));
}
