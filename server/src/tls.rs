//! TLS by the server itself: rustls with ring, TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.

mod files;
mod self_signed;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};

use crate::config::Certificate;

/// The name of HTTP/2 in ALPN (RFC 9113, section 3.1).
pub const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// What is wrong with a certificate or its key.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{} has {what} in it", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is missing, beginning with "no".
        what: &'static str,
    },
    /// Others can read the key.
    #[error(transparent)]
    Exposed(#[from] crate::config::SecretFileError),
    /// Certificate and key do not go together, or are of a kind that TLS does not have.
    #[error("the certificate and its key cannot be used: {0}")]
    Refused(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("a certificate cannot be made: {0}")]
    NotMade(#[from] rcgen::Error),
}

/// How the server proves who it is. New connections get the certificate that was loaded last.
pub struct Tls {
    certificate: Certificate,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Loads the certificate and its key.
    ///
    /// # Errors
    /// [`TlsError`], which names the file.
    pub fn load(certificate: &Certificate) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let current = Arc::new(Current(RwLock::new(certified_key(certificate, &provider)?)));
        // Every suite of rustls' ring provider is ECDHE with an AEAD (rustls 0.23.46, `ring::DEFAULT_CIPHER_SUITES`).
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
        Ok(Self { certificate: certificate.clone(), current, config: Arc::new(config) })
    }

    /// Loads the files anew, for the connections to come. A certificate of our own making stays.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate that was there stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        if matches!(self.certificate, Certificate::Files { .. }) {
            let fresh = certified_key(&self.certificate, self.config.crypto_provider())?;
            *self.current.0.write() = fresh;
        }
        Ok(())
    }

    /// What a handshake needs.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

fn certified_key(
    certificate: &Certificate,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let (chain, key) = match certificate {
        Certificate::Files { certificate, key } => files::read(certificate, key)?,
        Certificate::SelfSigned => self_signed::make()?,
    };
    Ok(Arc::new(CertifiedKey::from_der(chain, key, provider)?))
}

/// The certificate of new connections.
struct Current(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current(hidden)")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}
