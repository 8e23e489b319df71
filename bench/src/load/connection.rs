//! As much of an HTTP client as a load generator needs: one request at a time, over a connection that stays.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An open connection.
pub struct Connection {
    stream: TcpStream,
    request: Vec<u8>,
    received: Vec<u8>,
    /// Where the last answer's body begins.
    body: usize,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("nothing answers there")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: Vec::new(), received: Vec::with_capacity(8192), body: 0 })
    }

    /// The next request, empty, to be written.
    pub fn request(&mut self) -> &mut Vec<u8> {
        self.request.clear();
        &mut self.request
    }

    /// Sends the request and waits for the whole answer, which must be a 200.
    pub async fn exchange(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed the connection");
            }
            let Some(head) = Head::parse(&self.received) else { continue };
            if !head.is_success {
                bail!("not a 200: {}", String::from_utf8_lossy(&self.received));
            }
            if self.received.len() >= head.length + head.body {
                self.body = head.length;
                return Ok(());
            }
        }
    }

    /// The last answer's body.
    pub fn answer(&self) -> &[u8] {
        self.received.get(self.body..).unwrap_or_default()
    }
}

/// What of an answer's head matters.
#[derive(Debug, PartialEq)]
struct Head {
    is_success: bool,
    /// Its length in bytes, and the body's.
    length: usize,
    body: usize,
}

impl Head {
    /// `None`: it is not whole yet.
    fn parse(received: &[u8]) -> Option<Self> {
        let length = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = received.get(..length)?;
        Some(Self { is_success: head.starts_with(b"HTTP/1.1 200 "), length, body: content_length(head) })
    }
}

/// The servers measured here write names in lower case, and no chunks.
fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"\ncontent-length: ";
    let Some(place) = head.windows(NAME.len()).position(|window| window == NAME) else { return 0 };
    let digits = head.get(place + NAME.len()..).unwrap_or_default().iter();
    let digits = digits.take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_how_much_follows() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 12\r\n\r\nhe";
        assert_eq!(Head::parse(answer), Some(Head { is_success: true, length: 65, body: 12 }));
        assert_eq!(Head::parse(&answer[..60]), None);
    }

    #[test]
    fn anything_but_a_200_is_no_success() {
        let head = Head::parse(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        assert!(!head.unwrap().is_success);
    }
}
