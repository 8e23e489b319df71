//! The accept loop: our own, since `axum::serve` has no limit on how long a client may take to send a
//! request's head, and slow clients would hold their connections for ever.

mod connection;
mod redirect;
mod sweep;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::edge::Edge;
pub use redirect::Redirect;
pub use sweep::sweep;

/// Most connections at once; more wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 8192;
/// The same of the address that only redirects.
const MOST_REDIRECTED: usize = 512;
/// Longest wait for requests to finish after the signal to stop.
const DRAIN: Duration = Duration::from_secs(25);
/// Rest after a failed accept, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What whoever connects to an address finds there.
#[derive(Clone)]
pub enum Door {
    /// The site, in plain HTTP/1.1.
    Plain(Edge),
    /// The site over TLS, in HTTP/2 or HTTP/1.1.
    Secure(Edge, TlsAcceptor),
    /// The way to the door with TLS.
    Redirect(Redirect),
}

impl Door {
    const fn most_connections(&self) -> usize {
        match self {
            Self::Plain(_) | Self::Secure(..) => MOST_CONNECTIONS,
            Self::Redirect(_) => MOST_REDIRECTED,
        }
    }

    async fn answer(self, stream: TcpStream, peer: SocketAddr, stopping: Stopping) {
        match self {
            Self::Plain(edge) => connection::plain(stream, peer, edge, stopping).await,
            Self::Secure(edge, acceptor) => {
                connection::secure(stream, peer, edge, acceptor, stopping).await;
            }
            Self::Redirect(redirect) => connection::redirect(stream, redirect, stopping).await,
        }
    }
}

/// Tells connections to finish; as long as somebody holds one, the server waits for them.
type Stopping = watch::Receiver<()>;

/// Answers at these doors until `stop` is done, then drains.
pub async fn serve(doors: Vec<(TcpListener, Door)>, stop: impl Future<Output = ()> + Send) {
    let (stop_all, stopping) = watch::channel(());
    let mut accepting = JoinSet::new();
    for (listener, door) in doors {
        accepting.spawn(accept_all(listener, door, stopping.clone()));
    }
    drop(stopping);
    stop.await;
    accepting.shutdown().await;
    stop_all.send_replace(());
    if tokio::time::timeout(DRAIN, stop_all.closed()).await.is_err() {
        tracing::warn!("some requests had not finished after {} seconds", DRAIN.as_secs());
    }
}

async fn accept_all(listener: TcpListener, door: Door, stopping: Stopping) {
    let connections = Arc::new(Semaphore::new(door.most_connections()));
    loop {
        match accept(&listener, &connections).await {
            Ok((stream, peer, place)) => {
                let answering = door.clone().answer(stream, peer, stopping.clone());
                tokio::spawn(async move {
                    answering.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::application::tests::anteroom;

    /// Serves one route that panics and one that does not, as long as the test lasts.
    async fn server(folder: &tempfile::TempDir) -> SocketAddr {
        let boom = get(|| async { panic!("on purpose") as &'static str });
        let routes = Router::new().route("/boom", boom).route("/well", get(|| async { "well" }));
        let edge = Edge::new(anteroom(folder).await, routes);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("is bound");
        tokio::spawn(serve(vec![(listener, Door::Plain(edge))], std::future::pending()));
        address
    }

    /// The status of one more answer on a connection, whose body is read too.
    async fn ask(connection: &mut TcpStream, path: &str, end: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        connection.write_all(request.as_bytes()).await.expect("is taken");
        let (mut answer, mut buffer) = (String::new(), [0; 4096]);
        while !answer.ends_with(end) {
            let count = connection.read(&mut buffer).await.expect("comes");
            assert_ne!(count, 0, "the connection ended after: {answer}");
            answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
        answer.split(' ').nth(1).expect("a status").to_owned()
    }

    /// ASVS V16.5.4, V16.5.2.
    #[tokio::test]
    async fn a_panic_is_one_answer_and_neither_its_connection_nor_any_other_notices() {
        let folder = tempfile::tempdir().expect("a folder");
        let address = server(&folder).await;
        let mut one = TcpStream::connect(address).await.expect("connects");
        let mut other = TcpStream::connect(address).await.expect("connects");
        for _ in 0..3 {
            assert_eq!(ask(&mut one, "/boom", "}").await, "500");
            assert_eq!(ask(&mut one, "/well", "well").await, "200", "the same connection goes on");
            assert_eq!(ask(&mut other, "/well", "well").await, "200", "and so does another");
        }
    }
}
