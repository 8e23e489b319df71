//! Where a Redis is, and by what its certificate is judged.

use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::{Client, RedisResult, TlsCertificates};
use rustls::crypto::ring;

/// The URL of a Redis, or of several nodes of a cluster between commas; `rediss://` is over TLS.
#[derive(Clone, Copy)]
pub struct Address<'a> {
    url: &'a str,
    authority: Option<&'a [u8]>,
}

impl<'a> From<&'a str> for Address<'a> {
    fn from(url: &'a str) -> Self {
        Self { url, authority: None }
    }
}

impl<'a> From<&'a String> for Address<'a> {
    fn from(url: &'a String) -> Self {
        Self::from(url.as_str())
    }
}

impl<'a> Address<'a> {
    /// Believes certificates of this authority, in PEM form, and no others. Unless told so, those that the
    /// system believes.
    #[must_use]
    pub const fn trusting_only(self, authority: &'a [u8]) -> Self {
        Self { authority: Some(authority), ..self }
    }

    /// A client of each node.
    pub(super) fn clients(&self) -> impl Iterator<Item = RedisResult<Client>> {
        self.prepare();
        self.nodes().map(|node| match self.certificates() {
            Some(certificates) => Client::build_with_tls(node, certificates),
            None => Client::open(node),
        })
    }

    /// A client of all of them.
    pub(super) fn cluster(&self) -> ClusterClientBuilder {
        let builder = ClusterClient::builder(self.nodes());
        match self.certificates() {
            Some(certificates) => builder.certs(certificates),
            None => builder,
        }
    }

    fn nodes(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.url.split(',').map(str::trim)
    }

    fn certificates(&self) -> Option<TlsCertificates> {
        let root_cert = self.authority.map(<[u8]>::to_vec);
        root_cert.is_some().then_some(TlsCertificates { client_tls: None, root_cert })
    }

    /// redis 1.8.1 takes the process's implementation of cryptography, and panics where there is none.
    fn prepare(&self) {
        if self.url.contains("rediss://") {
            // An error says that somebody has chosen one.
            let _ = ring::default_provider().install_default();
        }
    }
}
