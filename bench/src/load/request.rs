//! The requests.

use std::io::Write as _;

use super::cookies::Cookies;

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ask {
    /// Who is signed in
    Whoami,
    /// The same, noted as a use
    Touch,
    /// To keep another value than before
    Set,
    /// A session for somebody who has none
    SignIn,
    /// The constant of the bare server, asked for with the same cookies
    Constant,
}

/// Requests of one kind.
pub struct Requests {
    ask: Ask,
    cookies: Cookies,
}

impl Requests {
    /// Requests with these cookies.
    pub const fn new(ask: Ask, cookies: Cookies) -> Self {
        Self { ask, cookies }
    }

    /// Writes the `turn`th.
    pub fn write(&self, turn: u64, request: &mut Vec<u8>) {
        request.extend_from_slice(match self.ask {
            Ask::Whoami => b"GET /whoami HTTP/1.1\r\n".as_slice(),
            Ask::Touch => b"GET /touch HTTP/1.1\r\n",
            Ask::Set => b"POST /set HTTP/1.1\r\n",
            Ask::SignIn => b"POST /sign-in HTTP/1.1\r\nContent-Length: 0\r\n",
            Ask::Constant => b"GET /json HTTP/1.1\r\n",
        });
        request.extend_from_slice(b"Host: 127.0.0.1\r\nAccept: */*\r\n");
        if self.ask != Ask::SignIn {
            request.extend_from_slice(b"Cookie: id=");
            self.cookies.write(turn, request);
            request.extend_from_slice(b"\r\n");
        }
        if self.ask == Ask::Set {
            // Twenty digits: no number of requests has more.
            write!(request, "Content-Length: 20\r\n\r\n{turn:020}").expect("memory takes all bytes");
        } else {
            request.extend_from_slice(b"\r\n");
        }
    }
}

/// The request to sweep so many.
pub fn sweep(most: u64) -> Vec<u8> {
    let most = most.to_string();
    format!("POST /sweep HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n{most}", most.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::Kind;

    fn request(ask: Ask) -> String {
        let mut request = Vec::new();
        Requests::new(ask, Cookies::new(Kind::Memory, 10, None).unwrap()).write(7, &mut request);
        String::from_utf8(request).unwrap()
    }

    #[test]
    fn a_change_carries_a_cookie_and_a_value_of_its_turn() {
        let set = request(Ask::Set);
        assert!(set.starts_with("POST /set HTTP/1.1\r\n") && set.contains("\r\nCookie: id="), "{set}");
        assert!(set.ends_with("\r\nContent-Length: 20\r\n\r\n00000000000000000007"), "{set}");
    }

    #[test]
    fn whoever_signs_in_comes_without_a_cookie() {
        let sign_in = request(Ask::SignIn);
        assert!(!sign_in.contains("Cookie") && sign_in.ends_with("\r\n\r\n"), "{sign_in}");
    }
}
