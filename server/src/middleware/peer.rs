//! Who sent a request, as far as the network can tell.

use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use auth::{ClientAddress, RequestId};
use axum::http::{Extensions, HeaderMap};

use crate::config::Network;

/// The socket's other end, and the number of the request; put into each request's extensions by the accept loop.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    address: SocketAddr,
    request: RequestId,
}

impl Peer {
    /// A new request from this address.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        /// An odd number, so that all 2^64 numbers are used before one comes again, each far from the one before
        /// (the golden ratio's fraction; Knuth, The Art of Computer Programming, volume 3, section 6.4).
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let request = RequestId(FIRST.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed).wrapping_mul(STEP)));
        Self { address, request }
    }
}

/// Where this process begins to number requests.
static FIRST: LazyLock<u64> = LazyLock::new(first);
static COUNT: AtomicU64 = AtomicU64::new(0);

#[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
fn first() -> u64 {
    rand::random()
}

/// The number of a request.
#[must_use]
pub fn request_id(extensions: &Extensions) -> RequestId {
    extensions.get::<Peer>().map_or(RequestId(0), |peer| peer.request)
}

/// The client's address: the socket's peer, or, if that is a proxy which we trust, the rightmost
/// address of `X-Forwarded-For` that is not such a proxy. What stands further left is the client's own
/// claim.
#[must_use]
pub fn client_address(extensions: &Extensions, headers: &HeaderMap, trusted: &[Network]) -> ClientAddress {
    let peer = extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.address.ip());
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
    if !is_trusted(&peer) {
        return ClientAddress::of(peer);
    }
    let values = headers.get_all("x-forwarded-for").iter().rev();
    let hops = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
    let mut nearest = peer;
    for hop in hops {
        let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
        nearest = address;
        if !is_trusted(&address) {
            break;
        }
    }
    ClientAddress::of(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer::new(SocketAddr::new(peer.parse().expect("an address"), 1)));
        let values = forwarded
            .iter()
            .map(|value| ("x-forwarded-for".parse().expect("a name"), value.parse().expect("a value")));
        let trusted: Vec<Network> =
            trusted.iter().map(|network| network.parse().expect("a network")).collect();
        client_address(&extensions, &values.collect(), &trusted).to_string()
    }

    /// ASVS V15.3.4, V4.1.3.
    #[test]
    fn a_stranger_cannot_say_where_they_are() {
        assert_eq!(client("192.0.2.7", &["198.51.100.1"], &[]), "192.0.2.7");
        assert_eq!(client("192.0.2.7", &["198.51.100.1"], &["127.0.0.1"]), "192.0.2.7");
    }

    /// ASVS V15.3.4.
    #[test]
    fn behind_trusted_proxies_the_rightmost_other_hop_counts() {
        let trusted = ["127.0.0.1", "10.0.0.0/8"];
        assert_eq!(client("127.0.0.1", &["198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["203.0.113.9, 198.51.100.1, 10.1.2.3"], &trusted), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["203.0.113.9", "198.51.100.1"], &trusted), "198.51.100.1");
        assert_eq!(client("127.0.0.1", &["nonsense"], &trusted), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &[], &trusted), "127.0.0.1");
    }
}
