//! The session cookie: read raw, written and removed with one set of attributes.

use std::fmt::Write as _;

use http::HeaderMap;
use http::header::COOKIE;
use time::Duration;

/// When a browser sends the cookie along with requests from other sites (RFC 6265bis, section 5.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// Only when a link leads here.
    Lax,
    /// Always; needs `Secure`.
    None,
}

/// Name and attributes of the session cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The name, compared byte by byte.
    pub name: String,
    /// `Domain`; `None` keeps the cookie to this host alone.
    pub domain: Option<String>,
    /// `Path`.
    pub path: String,
    /// `Secure`: only over TLS.
    pub secure: bool,
    /// `HttpOnly`: hidden from scripts.
    pub http_only: bool,
    /// `SameSite`.
    pub same_site: SameSite,
    /// `Partitioned` (CHIPS).
    pub partitioned: bool,
}

/// How often a request carries the name, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came<T> {
    Never,
    Once(T),
    Repeatedly,
}

impl<T> Came<T> {
    pub(crate) fn once(self) -> Option<T> {
        if let Self::Once(value) = self { Some(value) } else { None }
    }

    pub(crate) fn map<U>(self, about: impl FnOnce(T) -> U) -> Came<U> {
        match self {
            Self::Never => Came::Never,
            Self::Once(value) => Came::Once(about(value)),
            Self::Repeatedly => Came::Repeatedly,
        }
    }
}

impl Cookie {
    /// For sites over TLS: `__Host-id`, which browsers accept only with `Secure`, `Path=/` and no
    /// `Domain` (RFC 6265bis, section 4.1.3.2).
    #[must_use]
    pub fn secure() -> Self {
        Self { name: "__Host-id".to_owned(), secure: true, ..Self::plain() }
    }

    /// For development over plain http on loopback: `id`, without `Secure`.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            name: "id".to_owned(),
            domain: None,
            path: "/".to_owned(),
            secure: false,
            http_only: true,
            same_site: SameSite::Lax,
            partitioned: false,
        }
    }

    /// The cookie's value in a request. The headers are read as they stand: nothing is decoded or
    /// trimmed but spaces and tabs around a pair, HTTP/2 may have split them, and a name that stands
    /// there twice counts as absent, since nobody can tell which of the two is ours.
    #[must_use]
    pub fn read<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.came(headers).once().and_then(|value| std::str::from_utf8(value).ok())
    }

    /// What the request carries under the name, well-formed or not.
    pub(crate) fn came<'a>(&self, headers: &'a HeaderMap) -> Came<&'a [u8]> {
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .flat_map(|header| pairs(header.as_bytes()))
            .map(trim)
            .filter_map(|pair| pair.strip_prefix(self.name.as_bytes())?.strip_prefix(b"="));
        match (values.next(), values.next()) {
            (None, _) => Came::Never,
            (Some(value), None) => Came::Once(value),
            (Some(_), Some(_)) => Came::Repeatedly,
        }
    }

    /// The `Set-Cookie` value that hands out `value`: until the browser closes, or for `max_age`.
    #[must_use]
    pub fn set(&self, value: &str, max_age: Option<Duration>) -> String {
        let mut header = format!("{}={value}", self.name);
        if let Some(max_age) = max_age {
            write!(header, "; Max-Age={}", max_age.whole_seconds().max(0)).expect("a string takes all text");
        }
        self.attributes(&mut header);
        header
    }

    /// The `Set-Cookie` value that removes the cookie: the same attributes, or browsers keep it.
    #[must_use]
    pub fn removal(&self) -> String {
        let mut header = format!("{}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT", self.name);
        self.attributes(&mut header);
        header
    }

    fn attributes(&self, header: &mut String) {
        header.push_str("; Path=");
        header.push_str(&self.path);
        if let Some(domain) = &self.domain {
            header.push_str("; Domain=");
            header.push_str(domain);
        }
        if self.http_only {
            header.push_str("; HttpOnly");
        }
        if self.secure {
            header.push_str("; Secure");
        }
        header.push_str(match self.same_site {
            SameSite::Strict => "; SameSite=Strict",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::None => "; SameSite=None",
        });
        if self.partitioned {
            header.push_str("; Partitioned");
        }
    }
}

/// What stands between the semicolons.
fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b';', header).chain([header.len()]).map(move |end| {
        let pair = header.get(start..end).unwrap_or_default();
        start = end + 1;
        pair
    })
}

fn trim(mut pair: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = pair {
        pair = rest;
    }
    pair
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (COOKIE, HeaderValue::from_bytes(value).expect("a header value"))).collect()
    }

    fn read(values: &[&[u8]]) -> Option<String> {
        Cookie::secure().read(&headers(values)).map(str::to_owned)
    }

    #[test]
    fn one_exact_name_is_read() {
        assert_eq!(read(&[b"a=b; __Host-id=x; c=d"]).as_deref(), Some("x"));
        assert_eq!(read(&[b"a=b", b"__Host-id=x"]).as_deref(), Some("x"), "HTTP/2 may split the header");
    }

    /// ASVS V15.3.7.
    #[test]
    fn a_name_given_twice_is_nobody() {
        assert_eq!(read(&[b"__Host-id=x; __Host-id=y"]), None);
        assert_eq!(read(&[b"__Host-id=x", b"__Host-id=x"]), None);
    }

    /// ASVS V1.1.1.
    #[test]
    fn lookalike_names_are_other_cookies() {
        for header in [
            &b"%5F%5FHost-id=x"[..],
            b"__host-id=x",
            b"\xe2\x80\x80__Host-id=x",
            b"\xc2\xa0__Host-id=x",
            b"__Host-id =x",
            b"\"__Host-id\"=x",
            b"x__Host-id=x",
            b"__Host-id",
            b"$Version=1,__Host-id=x",
        ] {
            assert_eq!(read(&[header]), None, "{header:?}");
        }
    }

    /// ASVS V3.3.3.
    #[test]
    fn a_removal_has_the_attributes_of_what_it_removes() {
        let cookie = Cookie::secure();
        assert_eq!(
            cookie.set("x", Some(Duration::days(30))),
            "__Host-id=x; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
        assert_eq!(
            cookie.removal(),
            "__Host-id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; Secure; SameSite=Lax"
        );
    }

    #[test]
    fn each_attribute_is_that_of_its_setting_when_it_is_set_and_when_it_is_removed() {
        let plain = Cookie::plain();
        for (cookie, attributes) in [
            (plain.clone(), "; Path=/; HttpOnly; SameSite=Lax"),
            (Cookie { path: "/app".to_owned(), ..plain.clone() }, "; Path=/app; HttpOnly; SameSite=Lax"),
            (
                Cookie { domain: Some("example.com".to_owned()), ..plain.clone() },
                "; Path=/; Domain=example.com; HttpOnly; SameSite=Lax",
            ),
            (Cookie { secure: true, ..plain.clone() }, "; Path=/; HttpOnly; Secure; SameSite=Lax"),
            (Cookie { http_only: false, ..plain.clone() }, "; Path=/; SameSite=Lax"),
            (Cookie { same_site: SameSite::Strict, ..plain.clone() }, "; Path=/; HttpOnly; SameSite=Strict"),
            (
                Cookie { same_site: SameSite::None, secure: true, partitioned: true, ..plain },
                "; Path=/; HttpOnly; Secure; SameSite=None; Partitioned",
            ),
        ] {
            assert_eq!(cookie.set("x", None), format!("id=x{attributes}"));
            let removal = cookie.removal();
            let (begins, ends) = removal.split_at(removal.len() - attributes.len());
            assert_eq!((begins, ends), ("id=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT", attributes));
        }
    }

    proptest! {
        /// ASVS V1.5.2.
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let headers: HeaderMap = [(COOKIE, value)].into_iter().collect();
                let _ = Cookie::secure().read(&headers);
            }
        }
    }
}
