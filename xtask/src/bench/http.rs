//! As much of an HTTP client as reading a page takes. HTTP/1.0: no chunks, and the end of the answer is its end.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result};

/// An answer, its body as it was sent.
pub struct Answer {
    /// The status code.
    pub status: u16,
    head: String,
    /// The body, compressed if `header("content-encoding")` says so.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// The session's cookie as a browser sends it back, if the answer sets one; there are others beside it.
    pub fn session_cookie(&self) -> Option<&str> {
        let mut cookies = self.headers("set-cookie").filter_map(|set| set.split(';').next());
        cookies.find(|cookie| cookie.starts_with("id="))
    }

    /// All headers of this name.
    fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// Asks for a resource.
pub fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    ask(address, "GET", path, headers, "")
}

/// Sends JSON.
pub fn post_json(address: &str, path: &str, body: &str) -> Result<Answer> {
    ask(address, "POST", path, &[("Content-Type", "application/json")], body)
}

fn ask(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Result<Answer> {
    let mut request =
        format!("{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.extend(["\r\n", body]);
    let mut connection =
        TcpStream::connect(address).with_context(|| format!("nothing answers on {address}"))?;
    connection.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    parse(&answer).with_context(|| format!("{method} {path}: not an HTTP answer"))
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = answer.split_at(end);
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: body.get(4..)?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_taken_apart() {
        let answer = parse(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")));
        assert_eq!(answer.body, b"hello\r\n\r\n");
    }
}
