//! A way to a server that can be blocked: what a client sees of a server that froze, or is down.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    Open,
    /// Nothing comes through, and no connection ends: a process that was stopped, or a cable that was pulled.
    Frozen,
    /// Connections end at once.
    Down,
}

/// Forwards what comes to its own address.
pub struct Proxy {
    pub address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("is bound");
        let (way, now) = watch::channel(Way::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, target, now.clone()));
            }
        });
        Self { address, way }
    }

    pub fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn forward(client: TcpStream, target: SocketAddr, mut now: watch::Receiver<Way>) {
    if *now.borrow() == Way::Down {
        return;
    }
    let server = TcpStream::connect(target).await.expect("the server is there");
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let is_down = {
        let mut now = now.clone();
        async move { now.wait_for(|way| *way == Way::Down).await.map(drop) }
    };
    now.mark_unchanged();
    tokio::select! {
        _ = is_down => {}
        () = pump(from_client, to_server, now.clone()) => {}
        () = pump(from_server, to_client, now) => {}
    }
}

/// Until one side ends. While frozen, what was read waits.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut now: watch::Receiver<Way>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let is_open = now.wait_for(|way| *way == Way::Open).await.is_ok();
        let bytes = buffer.get(..count).unwrap_or_default();
        if !is_open || to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// The same URL by way of a proxy, which it returns with it.
pub async fn by_way_of_a_proxy(url: &str) -> (String, Arc<Proxy>) {
    let (before, rest) = url.split_once("127.0.0.1:").expect("on this machine");
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let target = format!("127.0.0.1:{port}").parse().expect("an address");
    let proxy = Proxy::to(target).await;
    let after = rest.strip_prefix(&port).unwrap_or_default();
    (format!("{before}{}{after}", proxy.address), Arc::new(proxy))
}
