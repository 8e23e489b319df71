//! The origin under which visitors reach the site.

use std::{fmt, net::IpAddr};

use super::value::Value;

/// `scheme://host[:port]` in the form browsers send as `Origin` (RFC 6454): lower case, without the scheme's
/// own port. Plain `http` only for hosts of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin {
    text: String,
    host: String,
}

impl PublicOrigin {
    /// The origin as an `Origin` header has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host without its port; an IPv6 address has its brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether visitors come over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

impl fmt::Display for PublicOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Value for PublicOrigin {
    fn parse(text: &str) -> Result<Self, String> {
        let origin = parse(&text.to_ascii_lowercase()).ok_or(
            "it must be scheme://host or scheme://host:port without a path or a slash at the end, such as https://example.org",
        )?;
        if !origin.is_https() && !is_loopback(&origin.host) {
            return Err(
                "it must begin with https://, since plain http is only for this machine itself".to_owned()
            );
        }
        Ok(origin)
    }

    fn show(&self) -> String {
        self.text.clone()
    }
}

fn parse(text: &str) -> Option<PublicOrigin> {
    let (scheme, rest) = text.split_once("://")?;
    let own_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let (host, port) = split_port(rest)?;
    let port = port.filter(|port| *port != own_port).map(|port| format!(":{port}")).unwrap_or_default();
    is_host(host).then(|| PublicOrigin { text: format!("{scheme}://{host}{port}"), host: host.to_owned() })
}

fn split_port(rest: &str) -> Option<(&str, Option<u16>)> {
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => {
            let port = port.parse().ok().filter(|number| *number > 0 && !port.starts_with('+'))?;
            Some((host, Some(port)))
        }
        _ => Some((rest, None)),
    }
}

fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok()),
        None => is_name(host),
    }
}

/// Whether it is a host name in ASCII: international names are written as their `xn--` form.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (given, kept) in [
            ("https://example.org", "https://example.org"),
            ("HTTPS://Example.org:443", "https://example.org"),
            ("https://example.org:8443", "https://example.org:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(PublicOrigin::parse(given).expect(given).as_str(), kept);
        }
    }

    #[test]
    fn paths_users_and_other_schemes_are_refused() {
        for text in [
            "",
            "example.org",
            "https://",
            "https://example.org/",
            "https://example.org/app",
            "https://a@example.org",
            "https://example.org:0",
            "https://example.org:x",
            "https://example.org:",
            "ftp://example.org",
            "https://exa mple.org",
            "https://example.org?x",
            "https://[::1",
            "https://ex\u{e4}mple.org",
            "https://*",
        ] {
            assert!(PublicOrigin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn plain_http_is_only_for_this_machine() {
        for text in ["http://example.org", "http://192.168.0.2:3000", "http://localhost.example.org"] {
            assert!(PublicOrigin::parse(text).expect_err(text).contains("https://"), "{text}");
        }
    }
}
