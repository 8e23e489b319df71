//! The server is told to stop while it works: every request that it took is answered, and no other is taken.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Client;
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

/// Somebody who asks again and again on a connection of their own until nobody listens any more; an answer that
/// breaks off is a failure.
async fn ask_until_it_is_gone(origin: String, answered: Arc<AtomicUsize>) {
    let client = Client::new();
    loop {
        match client.get(format!("{origin}/")).send().await {
            Ok(answer) => {
                let page = answer.text().await.expect("an answer that has begun is finished");
                assert!(page.ends_with("</script>"), "the page is whole");
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) if error.is_connect() => return,
            // The server may close a connection that is at rest, in the moment in which the next request leaves.
            Err(error) => assert!(error.is_request(), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_load_no_answer_breaks_off_and_the_program_ends_well() {
    let folder = TempDir::new().expect("a folder");
    let mut process = Process::start(&folder, &[]);
    let answered = Arc::new(AtomicUsize::new(0));
    let asking: Vec<_> = (0..16)
        .map(|_| tokio::spawn(ask_until_it_is_gone(process.origin.clone(), Arc::clone(&answered))))
        .collect();
    while answered.load(Ordering::Relaxed) < 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal("TERM");
    for asking in asking {
        asking.await.expect("nothing broke off");
    }
    assert_eq!(process.status(), Some(0));
}
