//! One connection: how it is spoken to, what it may take, and when it ends.

mod idle;
mod staged;

use std::convert::Infallible;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{DRAIN, Redirect, Stopping};
use crate::edge::Edge;
use crate::middleware::Peer;
use crate::tls::HTTP_2;
use idle::Idle;
use staged::{Sending, staged};

/// Longest wait for a request's head in HTTP/1.1, the first and the next on a connection.
const HEADER_READ: Duration = Duration::from_secs(10);
/// Most bytes of a request's head; beyond it hyper answers 431.
const MOST_HEADER_BYTES: u16 = 16 * 1024;
/// Longest time that a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Requests that one HTTP/2 connection may have open at once; the least that RFC 9113, section 6.5.2, advises.
const MOST_STREAMS: u32 = 100;
/// Bytes that a client may send ahead on one stream, and on all of one connection. A body has 16 KiB at most.
const STREAM_WINDOW: u32 = 32 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// Bytes of an answer that wait for a slow reader, on each stream.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams that a client has taken back before they were answered, and that broke the protocol, after which
/// the connection ends (CVE-2023-44487, RUSTSEC-2024-0003).
const MOST_TAKEN_BACK: usize = 20;
const MOST_BROKEN: usize = 64;
/// Longest time without a request in HTTP/2.
const IDLE: Duration = Duration::from_mins(1);
/// How often a silent HTTP/2 client is asked whether it is there, and how long it may take to say so.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_ANSWER: Duration = Duration::from_secs(10);

/// Plain HTTP/1.1.
pub(super) async fn plain(stream: TcpStream, peer: SocketAddr, edge: Edge, stopping: Stopping) {
    let (stream, sending) = staged(stream);
    site_in_http_1(stream, sending, peer, edge, stopping).await;
}

/// The same for who has to come back over TLS.
pub(super) async fn redirect(stream: TcpStream, redirect: Redirect, stopping: Stopping) {
    let (stream, sending) = staged(stream);
    let service = service_fn(move |request: Request<Incoming>| {
        let response = redirect.answer(&request);
        drop(sending.watch(request.into_body()));
        async move { Ok::<_, Infallible>(response) }
    });
    drive(http_1(stream, service), pending(), stopping).await;
}

/// TLS, then what the client has chosen of the two.
pub(super) async fn secure<I: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: I,
    peer: SocketAddr,
    edge: Edge,
    acceptor: TlsAcceptor,
    mut stopping: Stopping,
) {
    let (stream, sending) = staged(stream);
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)) => handshake,
        _ = stopping.changed() => return,
    };
    let mut stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
        Err(_late) => return tracing::debug!("a TLS handshake took too long"),
    };
    sending.ended();
    if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
        stream.get_mut().0.end_at_once();
        let idle = Idle::default();
        let busy = idle.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let (answer, watching) = (answer(edge.clone(), peer, request.map(Body::new)), busy.clone());
            busy.during(async move { answer.await.map(|answer| watching.watch(answer)) })
        });
        drive(http_2(stream, service), idle.elapsed(IDLE), stopping).await;
    } else {
        site_in_http_1(stream, sending, peer, edge, stopping).await;
    }
}

async fn site_in_http_1<I>(stream: I, sending: Sending, peer: SocketAddr, edge: Edge, stopping: Stopping)
where
    I: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        answer(edge.clone(), peer, request.map(|body| Body::new(sending.watch(body))))
    });
    drive(http_1(stream, service), pending(), stopping).await;
}

async fn answer(
    edge: Edge,
    peer: SocketAddr,
    mut request: Request<Body>,
) -> Result<Response<Body>, Infallible> {
    request.extensions_mut().insert(Peer::new(peer));
    edge.answer(request).await
}

fn http_1<I, S>(stream: I, service: S) -> http1::Connection<TokioIo<I>, S>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: HttpService<Incoming, ResBody = Body, Error = Infallible>,
{
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ)
        .max_buf_size(MOST_HEADER_BYTES.into())
        .serve_connection(TokioIo::new(stream), service)
}

/// h2 itself (0.4.20) counts what else could be flooded with: empty DATA frames, CONTINUATION, SETTINGS, PING.
fn http_2<I, S>(stream: I, service: S) -> http2::Connection<TokioIo<I>, S, TokioExecutor>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: HttpService<Incoming, ResBody = Body, Error = Infallible>,
    S::Future: Send + 'static,
{
    http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER_BYTES.into())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MOST_TAKEN_BACK)
        .max_local_error_reset_streams(MOST_BROKEN)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_ANSWER)
        .serve_connection(TokioIo::new(stream), service)
}

/// Answers until the client leaves. If the server stops or nothing happens, what has begun is finished, and
/// no more begun.
async fn drive<C>(connection: C, idle: impl Future<Output = ()>, mut stopping: Stopping)
where
    C: GracefulConnection,
    C::Error: std::fmt::Display,
{
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => Some(ended),
        _ = stopping.changed() => None,
        () = idle => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        let Ok(ended) = tokio::time::timeout(DRAIN, connection).await else { return };
        ended
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::Router;
    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
    use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
    use tokio::io::duplex;
    use tokio::sync::watch;
    use tokio::time::{Instant, pause, sleep};
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::application::tests::anteroom;

    /// The two ends of TLS, which believe each other.
    fn both_ends() -> (TlsAcceptor, TlsConnector) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).expect("is one");
        let provider = Arc::new(ring::default_provider());
        let server =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let server = server.expect("versions").with_no_client_auth();
        let server = server.with_single_cert(vec![cert.der().clone()], key.into()).expect("is its own");
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let client = client.expect("versions").with_root_certificates(roots).with_no_client_auth();
        (Arc::new(server).into(), Arc::new(client).into())
    }

    /// Nothing is under way on it. The clock goes on as soon as nobody has anything to do.
    #[tokio::test]
    async fn a_tls_connection_on_which_nothing_was_asked_closes_at_once_at_a_stop() {
        let folder = tempfile::tempdir().expect("a folder");
        let edge = Edge::new(anteroom(&folder).await, Router::new());
        pause();
        let (acceptor, connector) = both_ends();
        let (server, client) = duplex(0x10000);
        let (stop, stopping) = watch::channel(());
        let serving = tokio::spawn(secure(server, ([127, 0, 0, 1], 1).into(), edge, acceptor, stopping));
        let name = ServerName::try_from("localhost").expect("a name");
        let client = connector.connect(name, client).await.expect("shakes hands");
        sleep(Duration::from_millis(1)).await;
        let began = Instant::now();
        stop.send_replace(());
        serving.await.expect("ends");
        assert_eq!(began.elapsed(), Duration::ZERO);
        drop(client);
    }
}
