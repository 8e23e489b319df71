//! The accept loop: our own, since `axum::serve` has no limit on how long a client may take to send a
//! request's head, and slow clients would hold their connections for ever.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Throttle;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use sessions::Sessions;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::edge::Edge;
use crate::middleware::Peer;

/// Longest wait for a request's head, the first and the next on a connection.
const HEADER_READ: Duration = Duration::from_secs(10);
/// Most bytes of a request's head; beyond it hyper answers 431.
const MOST_HEADER_BYTES: usize = 16 * 1024;
/// Most connections at once; more wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 8192;
/// Longest wait for requests to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// Rest after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Most sessions that one sweep takes at a time.
const SWEEP_BATCH: usize = 500;

/// Answers until `stop` is done, then drains.
pub async fn serve(listener: TcpListener, edge: Edge, stop: impl Future<Output = ()> + Send) {
    let graceful = GracefulShutdown::new();
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => answer(stream, peer, place, edge.clone(), &graceful),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had not finished after {} seconds", DRAIN.as_secs());
    }
}

async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(connections).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    // Without it a streamed page waited 40 ms for the client's acknowledgement.
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
    edge: Edge,
    graceful: &GracefulShutdown,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let edge = edge.clone();
        async move { edge.answer(request.map(Body::new)).await }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ)
        .max_buf_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}

/// Clears expired sessions away, and attempts that are of no consequence any more, in batches, for as long as
/// the server runs.
pub async fn sweep(sessions: Sessions, throttle: Arc<dyn Throttle>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = in_batches(|| sessions.sweep(SWEEP_BATCH)).await {
            tracing::warn!(%error, "expired sessions could not be swept");
        }
        if let Err(error) = in_batches(|| throttle.sweep(SWEEP_BATCH)).await {
            tracing::warn!(%error, "counted attempts could not be swept");
        }
    }
}

async fn in_batches<F: Future<Output = Result<u64, E>>, E>(mut sweep: impl FnMut() -> F) -> Result<(), E> {
    while sweep().await? >= SWEEP_BATCH as u64 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
