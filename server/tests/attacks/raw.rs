//! A client that sends bytes as they are, and reads what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::app::TestApp;

/// How long an answer, or the end of a connection, may take on a machine that stalls. Far less than the
/// server's own limits on slow clients, so that a connection which it leaves open is noticed.
const PATIENCE: Duration = Duration::from_secs(8);

/// A connection.
pub struct Raw(TcpStream);

/// All that came until the server closed the connection.
#[derive(Debug)]
pub struct Transcript(pub String);

impl Transcript {
    /// The statuses, one for each answer. No body of ours holds a status line.
    pub fn statuses(&self) -> Vec<u16> {
        let lines = self.0.split("HTTP/1.1 ").skip(1);
        lines.map(|rest| rest.get(..3).and_then(|status| status.parse().ok()).unwrap_or(0)).collect()
    }

    /// A header of the first answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default();
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What follows the first head.
    pub fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

impl Raw {
    /// Connects; what is sent goes out at once.
    pub async fn to(app: &TestApp) -> Self {
        let raw = Self::at(app.address()).await.expect("connects");
        raw.0.set_nodelay(true).expect("can be set");
        raw
    }

    /// Connects to an address at which perhaps nobody is.
    pub async fn at(address: SocketAddr) -> std::io::Result<Self> {
        TcpStream::connect(address).await.map(Self)
    }

    /// Sends as much as the server takes.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.write_all(bytes.as_ref()).await
    }

    /// What comes until the server closes the connection; whoever waits for that in vain fails.
    pub async fn read_all(&mut self) -> Transcript {
        let mut all = Vec::new();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = timeout(PATIENCE, self.0.read(&mut buffer)).await;
            let so_far = || String::from_utf8_lossy(&all).into_owned();
            match read.unwrap_or_else(|_| unreachable!("the connection stays open after: {}", so_far())) {
                // What was not read is answered with a reset.
                Ok(0) | Err(_) => return Transcript(so_far()),
                Ok(count) => all.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Reads up to this, and no further than the piece that it comes in.
    pub async fn reads_until(&mut self, end: &str) {
        let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
        while !all.ends_with(end.as_bytes()) {
            let count = timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("in time").expect("comes");
            assert_ne!(count, 0, "the connection ended after: {}", String::from_utf8_lossy(&all));
            all.extend_from_slice(buffer.get(..count).unwrap_or_default());
        }
    }

    /// Waits until the server closes the connection. Fails if something comes first, or a reset.
    pub async fn is_closed_in_silence(&mut self) {
        let read = timeout(PATIENCE, self.0.read(&mut [0; 1024])).await.expect("is closed in time");
        assert_eq!(read.expect("is closed, not reset"), 0, "without a word");
    }

    /// Whether nothing has come so far, and the connection is open.
    pub fn is_silent(&self) -> bool {
        self.0.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Waits until something comes or the server closes the connection; whether it is still open.
    pub async fn is_open(&mut self) -> bool {
        self.0.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0)
    }

    /// Waits for the beginning of an answer, and returns its status.
    pub async fn status(&mut self) -> u16 {
        let mut line = [0; 12];
        timeout(PATIENCE, self.0.read_exact(&mut line)).await.expect("in time").expect("an answer");
        String::from_utf8_lossy(&line).get(9..).and_then(|status| status.parse().ok()).expect("a status")
    }
}

/// Sends bytes on a connection of their own, and reads to its end.
pub async fn exchange(app: &TestApp, bytes: impl AsRef<[u8]>) -> Transcript {
    let mut raw = Raw::to(app).await;
    // A server that has refused may have closed already.
    let _ = raw.send(bytes).await;
    raw.read_all().await
}
