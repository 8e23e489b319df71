//! The way to a store: whether others could listen on it.

use std::net::IpAddr;

/// Whether nobody on the way can read or change what is said: it does not leave this machine, or TLS that
/// checks the other side protects it (ASVS V12.3.1, V12.3.2). Of several nodes, all.
pub(super) fn is_protected(url: &str) -> bool {
    match scheme(url) {
        "redis" | "rediss" => url.split(',').all(|node| is_redis_protected(node.trim())),
        "postgres" | "postgresql" => is_postgres_protected(url),
        // A socket, or a file.
        _ => true,
    }
}

/// Whether TLS is asked for.
pub(super) fn has_tls(url: &str) -> bool {
    scheme(url) == "rediss" || parameter(url, &["sslmode", "ssl-mode"]) == Some("verify-full")
}

/// redis 1.8.1 would check nothing after `#insecure`, had it been built for that.
fn is_redis_protected(url: &str) -> bool {
    (scheme(url) == "rediss" && !url.contains('#')) || is_here(host(url))
}

/// Of the modes of PostgreSQL only `verify-full` knows whom it talks to.
fn is_postgres_protected(url: &str) -> bool {
    let host = parameter(url, &["host", "hostaddr"]).unwrap_or_else(|| host(url));
    has_tls(url) || is_here(host)
}

/// Whether the host is this machine, or the path of a socket.
fn is_here(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.starts_with('/')
        || host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"))
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("", |(scheme, _)| scheme)
}

/// What stands before the path, without the user and the port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => place,
    }
}

/// Every byte that could mean something in a URL's parameter (RFC 3986, section 2.1).
pub(super) fn percent_encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// The value of the last parameter of one of these names, which is the one that counts.
fn parameter<'u>(url: &'u str, names: &[&str]) -> Option<&'u str> {
    let (_, parameters) = url.split_once('?')?;
    let mut pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
    pairs.rfind(|(name, _)| names.contains(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_on_this_machine_needs_no_tls() {
        for url in [
            "redis://127.0.0.1/",
            "redis://:pass@localhost:6379/0",
            "redis://[::1]:6379/",
            "redis+unix:///run/redis.sock",
            "unix:///run/redis.sock",
            "postgres://app:p@127.0.0.1/app",
            "postgres://app@%2Fvar%2Frun%2Fpostgresql/app",
            "postgresql:///app?host=/var/run/postgresql",
            "redis://127.0.0.1:1/,redis://127.0.0.1:2/",
            "sqlite://data/a.db",
        ] {
            assert!(is_protected(url), "{url}");
        }
    }

    #[test]
    fn what_leaves_it_needs_tls_that_checks_the_other_side() {
        for url in ["rediss://redis.example/", "postgres://db.example/app?sslmode=verify-full"] {
            assert!(is_protected(url) && has_tls(url), "{url}");
        }
        for url in [
            "redis://redis.example/",
            "redis://127.0.0.1@redis.example/",
            "redis://localhost.example/",
            "redis://127.0.0.1/,redis://10.0.0.2/",
            "rediss://redis.example/#insecure",
            "postgres://db.example/app",
            "postgres://db.example/app?sslmode=require",
            "postgres://db.example/app?sslmode=verify-ca",
            "postgres://db.example/app?sslmode=verify-full&sslmode=disable",
            "postgres://localhost/app?host=db.example",
            "postgres:///app",
        ] {
            assert!(!is_protected(url), "{url}");
        }
    }
}
