//! HTTP/2 spoken badly: frames made by hand, since no client library would send them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::app::{PASSWORD, TestApp};
use crate::secure::{HTTP_2, Visitor, connect, self_signed};

/// Types of frames (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// Digits in HPACK's Huffman code (RFC 7541, appendix B): 4 is 011010, 0 00000, 1 00001, 3 011001; filled with
/// ones.
const STATUS_403: [u8; 3] = [0b0110_1000, 0b0000_1100, 0b1111_1111];
const STATUS_413: [u8; 3] = [0b0110_1000, 0b0010_1100, 0b1111_1111];
const PROTOCOL_ERROR: u32 = 1;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A field as HPACK writes one that is in no table (RFC 7541, section 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let [name_length, length] = [name, value].map(|text| u8::try_from(text.len()).expect("short"));
    assert!(name_length < 127 && length < 127, "longer lengths are written otherwise");
    [&[0, name_length], name.as_bytes(), &[length], value.as_bytes()].concat()
}

/// The head of a request with one more field.
fn head(method: &str, path: &str, name: &str, value: &str) -> Vec<u8> {
    let known = [(":method", method), (":scheme", "https"), (":authority", "localhost"), (":path", path)];
    let mut fields: Vec<u8> = known.iter().flat_map(|(name, value)| field(name, value)).collect();
    if !name.is_empty() {
        fields.extend(field(name, value));
    }
    fields
}

/// One frame of the server's.
#[derive(Debug)]
struct Frame {
    kind: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn has_status(&self, coded: [u8; 3]) -> bool {
        self.kind == HEADERS && self.payload.windows(3).any(|digits| digits == coded)
    }

    /// Why a stream or the connection was ended, if this says so.
    fn reason(&self) -> Option<u32> {
        let code = match self.kind {
            RST_STREAM => self.payload.get(..4),
            GOAWAY => self.payload.get(4..8),
            _ => None,
        };
        code.map(|code| u32::from_be_bytes(code.try_into().expect("four bytes")))
    }
}

struct Raw {
    reading: ReadHalf<TlsStream<TcpStream>>,
    writing: WriteHalf<TlsStream<TcpStream>>,
}

impl Raw {
    async fn connect(address: SocketAddr) -> Self {
        let (reading, mut writing) = split(connect(address, HTTP_2).await.expect("connects"));
        writing.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.expect("sends");
        writing.write_all(&frame(SETTINGS, 0, 0, &[])).await.expect("sends");
        Self { reading, writing }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.writing.write_all(bytes).await.expect("sends");
        self.writing.flush().await.expect("sends");
    }

    async fn next(&mut self) -> Option<Frame> {
        next(&mut self.reading).await
    }

    /// What the server says of a stream, or of them all, before anything else of weight.
    async fn verdict(&mut self) -> Frame {
        loop {
            let frame = self.next().await.expect("a frame");
            if matches!(frame.kind, HEADERS | DATA | RST_STREAM | GOAWAY) {
                return frame;
            }
        }
    }

    /// Sends more and more until the server has had enough. Returns its reason, and whether anything was left
    /// to send.
    async fn flood(self, mut more: impl FnMut(u32) -> Vec<u8> + Send + 'static) -> (u32, bool) {
        let Self { mut reading, mut writing } = self;
        let sending = tokio::spawn(async move {
            for round in 0..MOST_ROUNDS {
                if writing.write_all(&more(round)).await.is_err() {
                    return true;
                }
            }
            false
        });
        let mut reason = 0;
        while let Some(frame) = next(&mut reading).await {
            if frame.kind == GOAWAY {
                reason = frame.reason().expect("a reason");
            }
        }
        (reason, sending.await.expect("sends"))
    }
}

/// More than any server should take.
const MOST_ROUNDS: u32 = 20_000;

async fn next(reading: &mut ReadHalf<TlsStream<TcpStream>>) -> Option<Frame> {
    let mut start = [0; 9];
    reading.read_exact(&mut start).await.ok()?;
    let [a, b, c, kind, _, stream @ ..] = start;
    let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("short");
    let mut payload = vec![0; length];
    reading.read_exact(&mut payload).await.ok()?;
    Some(Frame { kind, stream: u32::from_be_bytes(stream), payload })
}

async fn others_are_served(app: &TestApp) {
    let mut visitor = Visitor::connect(app.address(), HTTP_2).await;
    assert_eq!(visitor.get("/").await.status, 200);
}

/// The n-th stream of a client.
fn stream(number: u32) -> u32 {
    number * 2 + 1
}

/// The frames are well made: with an honest field the same request is answered.
#[tokio::test]
async fn a_request_made_by_hand_is_answered() {
    let app = self_signed(&[]).await;
    let mut raw = Raw::connect(app.address()).await;
    let request = head("GET", "/api/v1/whoami", "x-honest", "yes");
    raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request)).await;
    let answer = raw.verdict().await;
    assert_eq!((answer.kind, answer.stream), (HEADERS, 1));
}

/// ASVS V4.2.3.
#[tokio::test]
async fn fields_of_one_connection_are_a_stream_error() {
    let app = self_signed(&[]).await;
    for (name, value) in [
        ("connection", "keep-alive"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "websocket"),
        ("te", "gzip"),
    ] {
        let mut raw = Raw::connect(app.address()).await;
        let request = head("GET", "/api/v1/whoami", name, value);
        raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request)).await;
        let verdict = raw.verdict().await;
        let is_error = (verdict.kind, verdict.stream, verdict.reason());
        assert_eq!(is_error, (RST_STREAM, 1, Some(PROTOCOL_ERROR)), "{name}: {verdict:?}");
    }
    others_are_served(&app).await;
}

/// ASVS V4.2.4.
#[tokio::test]
async fn line_ends_and_nulls_in_fields_are_an_error_and_never_a_request() {
    let app = self_signed(&[]).await;
    for (name, value) in [
        ("x-note", "one\r\nset-cookie: two"),
        ("x-note", "one\ntwo"),
        ("x-note", "one\rtwo"),
        ("x-note", "one\0two"),
        ("x-no\r\nte", "one"),
        ("x note", "one"),
        ("X-Upper", "one"),
        ("cookie", "id=1\r\nhost: evil.example"),
    ] {
        let mut raw = Raw::connect(app.address()).await;
        let request = head("GET", "/api/v1/whoami", name, value);
        raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &request)).await;
        let verdict = raw.verdict().await;
        assert_eq!(verdict.reason(), Some(PROTOCOL_ERROR), "{name}: {value:?}: {verdict:?}");
    }
    for path in ["/\r\nhost: evil.example", "/ HTTP/1.1\r\n\r\nGET /"] {
        let mut raw = Raw::connect(app.address()).await;
        raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &head("GET", path, "", ""))).await;
        let verdict = raw.verdict().await;
        assert_eq!(verdict.reason(), Some(PROTOCOL_ERROR), "{path:?}: {verdict:?}");
    }
    others_are_served(&app).await;
}

/// CVE-2023-44487.
#[tokio::test(flavor = "multi_thread")]
async fn requests_taken_back_by_the_thousand_end_their_connection_alone() {
    let app = self_signed(&[]).await;
    let raw = Raw::connect(app.address()).await;
    let request = head("GET", "/", "", "");
    let (reason, was_stopped) = raw
        .flood(move |round| {
            let open = frame(HEADERS, END_STREAM | END_HEADERS, stream(round), &request);
            [open, frame(RST_STREAM, 0, stream(round), &8_u32.to_be_bytes())].concat()
        })
        .await;
    assert_eq!((reason, was_stopped), (ENHANCE_YOUR_CALM, true));
    others_are_served(&app).await;
}

/// RUSTSEC-2024-0003.
#[tokio::test(flavor = "multi_thread")]
async fn broken_requests_by_the_thousand_end_their_connection_alone() {
    let app = self_signed(&[]).await;
    let raw = Raw::connect(app.address()).await;
    let request = head("GET", "/", "connection", "close");
    let flood = move |round| frame(HEADERS, END_STREAM | END_HEADERS, stream(round), &request);
    assert_eq!(raw.flood(flood).await, (ENHANCE_YOUR_CALM, true));
    others_are_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_data_without_end_ends_its_connection_alone() {
    let app = self_signed(&[]).await;
    let mut raw = Raw::connect(app.address()).await;
    let request = head("POST", "/api/v1/login", "content-type", "application/json");
    raw.send(&frame(HEADERS, END_HEADERS, 1, &request)).await;
    let (reason, was_stopped) = raw.flood(|_| frame(DATA, 0, 1, &[])).await;
    assert_eq!((reason, was_stopped), (ENHANCE_YOUR_CALM, true));
    others_are_served(&app).await;
}

/// CVE-2024-27316 in other servers.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end_ends_its_connection_alone() {
    let app = self_signed(&[]).await;
    let mut raw = Raw::connect(app.address()).await;
    raw.send(&frame(HEADERS, END_STREAM, 1, &head("GET", "/", "", ""))).await;
    let more = field("x-more", &"x".repeat(100));
    let (reason, was_stopped) = raw.flood(move |_| frame(CONTINUATION, 0, 1, &more)).await;
    assert_eq!((reason, was_stopped), (ENHANCE_YOUR_CALM, true));
    others_are_served(&app).await;
}

#[tokio::test]
async fn a_head_too_large_is_refused_and_the_connection_goes_on() {
    let app = self_signed(&[]).await;
    let mut visitor = Visitor::connect(app.address(), HTTP_2).await;
    let large = "x".repeat(17 * 1024);
    let answer = visitor.send(reqwest::Method::GET, "/", &[("x-large", &large)], "").await;
    assert_eq!(answer.status, 431);
    assert_eq!(visitor.get("/").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_tell_its_size_is_not_read_beyond_the_limit() {
    let app = self_signed(&[]).await;
    let mut raw = Raw::connect(app.address()).await;
    let request = head("POST", "/api/v1/login", "content-type", "application/json");
    raw.send(&frame(HEADERS, END_HEADERS, 1, &request)).await;
    for _ in 0..2 {
        raw.send(&frame(DATA, 0, 1, &[b' '; 12 * 1024])).await;
    }
    let answer = raw.verdict().await;
    assert!(answer.has_status(STATUS_413), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_no_field_tells_of_is_a_body_from_nowhere() {
    let app = self_signed(&[]).await;
    let mut raw = Raw::connect(app.address()).await;
    raw.send(&frame(HEADERS, END_HEADERS, 1, &head("POST", "/api/v1/logout", "", ""))).await;
    raw.send(&frame(DATA, END_STREAM, 1, b"a=b")).await;
    let answer = raw.verdict().await;
    assert!(answer.has_status(STATUS_403), "{answer:?}");
}

#[tokio::test]
async fn a_session_is_found_among_cookies_in_several_fields() {
    let app = self_signed(&[]).await;
    let mut ada = Visitor::connect(app.address(), HTTP_2).await;
    let account = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    assert_eq!(ada.json("/api/v1/register", &account).await.status, 201);
    ada.cookies.insert(0, "other=1".to_owned());
    ada.cookies.push("another=2".to_owned());
    assert!(ada.get("/api/v1/whoami").await.body.contains("\"ada\""));
}
