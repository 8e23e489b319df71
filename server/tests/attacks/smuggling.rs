//! Requests whose end two readers see in different places: one that a proxy in front did not see must
//! never be answered.

use crate::app::TestApp;
use crate::raw::{Raw, exchange};

/// What an attacker hides behind the first request.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// A sign-in with these headers and this body, and a hidden request after it.
fn login_with(headers: &str, body: &str) -> String {
    format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{headers}\r\n\r\n{body}{HIDDEN}"
    )
}

/// The one answer that came before the server closed the connection.
async fn only_status(app: &TestApp, request: &str) -> u16 {
    let transcript = exchange(app, request).await;
    let [status] = transcript.statuses()[..] else {
        unreachable!("one answer to {request:?}, not {transcript:?}")
    };
    status
}

/// ASVS V4.2.1.
#[tokio::test]
async fn a_length_that_is_no_plain_number_or_comes_twice_is_refused() {
    let app = TestApp::start().await;
    for lengths in [
        "Content-Length: 2\r\nContent-Length: 3",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 2, 2",
        "Content-Length: 2, 3",
        "Content-Length: +2",
        "Content-Length: -2",
        "Content-Length: 0x2",
        "Content-Length: 2 2",
        "Content-Length: 2.0",
        "Content-Length: two",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length : 2",
        "Content-Length\t: 2",
        " Content-Length: 2",
        "Content-Length: 2\r\n ,3",
    ] {
        assert_eq!(only_status(&app, &login_with(lengths, "{}")).await, 400, "{lengths:?}");
    }
}

/// ASVS V4.2.1.
#[tokio::test]
async fn an_encoding_that_is_not_chunked_alone_is_refused() {
    let app = TestApp::start().await;
    for encoding in [
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: \u{b}chunked",
        "Transfer-Encoding: chunked\u{0}",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding\t: chunked",
        " Transfer-Encoding: chunked",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chunked;x=y",
    ] {
        let status = only_status(&app, &login_with(encoding, "2\r\n{}\r\n0\r\n\r\n")).await;
        assert_eq!(status, 400, "{encoding:?}");
    }
}

/// ASVS V4.2.1.
#[tokio::test]
async fn nothing_hides_behind_a_request_that_says_its_length_in_two_ways() {
    let app = TestApp::start().await;
    for headers in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 100\r\nTransfer-Encoding: chunked",
        "Content-Length: 5\r\nTransfer-Encoding: Chunked",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive",
    ] {
        only_status(&app, &login_with(headers, "0\r\n\r\n")).await;
        only_status(&app, &login_with(headers, "2\r\n{}\r\n0\r\n\r\n")).await;
    }
}

/// ASVS V4.2.1.
#[tokio::test]
async fn chunks_that_readers_may_measure_differently_are_refused() {
    let app = TestApp::start().await;
    for chunks in [
        "0x2\r\n{}\r\n0\r\n\r\n",
        "+2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        " 2\r\n{}\r\n0\r\n\r\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF2\r\n{}\r\n0\r\n\r\n",
        "10000000000000002\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2\r\n{}\n0\r\n\r\n",
        "2;a\nb\r\n{}\r\n0\r\n\r\n",
        "2\r{}\r\n0\r\n\r\n",
    ] {
        let status = only_status(&app, &login_with("Transfer-Encoding: chunked", chunks)).await;
        assert_eq!(status, 400, "{chunks:?}");
    }
}

/// ASVS V4.2.1.
#[tokio::test]
async fn heads_that_readers_may_split_differently_are_refused() {
    let app = TestApp::start().await;
    for head in [
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\rContent-Length: 30\r\n\r\n",
        "GET / HTTP/1.1\rHost: a\r\r",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n continued\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: b\0\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "POST /api/v1/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        assert_eq!(only_status(&app, &format!("{head}{HIDDEN}")).await, 400, "{head:?}");
    }
}

/// RFC 9112, section 3.2.
#[tokio::test]
async fn a_request_names_its_host_exactly_once() {
    let app = TestApp::start().await;
    for hosts in ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: evil.example\r\n"] {
        let status = only_status(&app, &format!("GET / HTTP/1.1\r\n{hosts}\r\n{HIDDEN}")).await;
        assert_eq!(status, 400, "{hosts:?}");
    }
}

/// A line may end with LF alone (RFC 9112, section 2.2): then everything after the first empty line is the
/// next request, for every reader.
#[tokio::test]
async fn lines_that_end_with_lf_alone_make_one_request() {
    let app = TestApp::start().await;
    let request = "GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n";
    assert_eq!(exchange(&app, format!("{request}{HIDDEN}")).await.statuses(), [200]);
}

/// ASVS V4.2.1.
#[tokio::test]
async fn what_follows_an_honest_request_is_answered_as_what_it_is() {
    let app = TestApp::start().await;
    let mut raw = Raw::to(&app).await;
    let body = r#"{"username":"ada","password":"GET /hidden HTTP/1.1"}"#;
    let login = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let whoami = "GET /api/v1/whoami HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    raw.send(format!("{login}{whoami}")).await.expect("is taken");
    let transcript = raw.read_all().await;
    assert_eq!(transcript.statuses(), [401, 200]);
    assert!(transcript.0.ends_with("\"session\":null}"), "{transcript:?}");
}

/// ASVS V4.2.2.
#[tokio::test]
async fn an_answer_is_as_long_as_it_says() {
    let app = TestApp::start().await;
    for (request, has_body) in [
        ("GET / HTTP/1.1", true),
        ("HEAD / HTTP/1.1", false),
        ("GET /about HTTP/1.1", true),
        ("GET /nowhere HTTP/1.1\r\nAccept-Encoding: br, gzip", true),
        ("HEAD /api/v1/whoami HTTP/1.1", false),
        ("GET /api/openapi.json HTTP/1.1", true),
        ("POST /api/v1/logout HTTP/1.1\r\nContent-Length: 0", false),
        ("DELETE /healthz HTTP/1.1", true),
        ("HEAD /api/nowhere HTTP/1.1", false),
    ] {
        let mut raw = Raw::to(&app).await;
        raw.send(format!("{request}\r\nHost: a\r\nConnection: close\r\n\r\n")).await.expect("is taken");
        let transcript = raw.read_all().await;
        let says = transcript.header("content-length").map(|length| length.parse().expect("a number"));
        let is_empty = !has_body || says == Some(0);
        let expected = if is_empty { 0 } else { says.expect("no chunks") };
        assert_eq!(transcript.body().len(), expected, "{request}");
        assert!(transcript.statuses() != [204] || says.is_none(), "{request}");
    }
}
