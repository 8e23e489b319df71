//! The end of a connection whose client still sends: it gets to read its answer (RFC 9112, section 9.6).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::app::TestApp;
use crate::secure::{HTTP_1, connect, self_signed};

/// Enough for the server to notice, and for a reset to come back.
const MEANWHILE: Duration = Duration::from_millis(20);
/// More than the server gives a client that goes on sending, on a machine that stalls.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends the head of a request, and goes on for 200 ms whatever comes back; what came back.
async fn insists(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str) -> String {
    stream.write_all(head.as_bytes()).await.expect("is taken");
    let piece = "a".repeat(0x1000);
    for sent in 0..10 {
        sleep(MEANWHILE).await;
        let reset = |error| unreachable!("{error} after {sent} pieces of: {head}");
        stream.write_all(piece.as_bytes()).await.unwrap_or_else(reset);
        stream.flush().await.unwrap_or_else(reset);
    }
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("ends in time").expect("is not reset");
    answer
}

fn too_long() -> String {
    format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}", "a".repeat(20_000))
}

fn too_large(framing: &str) -> String {
    let head = "Host: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json";
    format!("POST /api/v1/login HTTP/1.1\r\n{head}\r\n{framing}\r\n\r\n")
}

#[tokio::test]
async fn who_is_refused_while_sending_can_read_why() {
    let (plain, secure) = (TestApp::start().await, self_signed(&[]).await);
    for (head, status) in [
        (too_large("Content-Length: 1000000"), "413"),
        (format!("{}4001\r\n{}\r\n", too_large("Transfer-Encoding: chunked"), "a".repeat(0x4001)), "413"),
        (too_long(), "431"),
    ] {
        let stream = TcpStream::connect(plain.address()).await.expect("connects");
        let answer = insists(stream, &head).await;
        assert_eq!(answer.get(..12), Some(&*format!("HTTP/1.1 {status}")), "{answer}");
        let answer = insists(connect(secure.address(), HTTP_1).await.expect("connects"), &head).await;
        assert_eq!(answer.get(..12), Some(&*format!("HTTP/1.1 {status}")), "over TLS: {answer}");
    }
}

#[tokio::test]
async fn who_sends_a_body_to_the_address_that_redirects_can_read_where_to_go() {
    let app = self_signed(&["server.tls.redirect_address=127.0.0.1:0"]).await;
    let stream = TcpStream::connect(app.redirect_address().expect("listens")).await.expect("connects");
    let answer = insists(stream, &too_large("Content-Length: 1000000")).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}
