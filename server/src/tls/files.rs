//! A certificate and its key in PEM files.

use std::path::Path;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;
use crate::config::read_secret;

/// The chain, the server's own certificate first, and the private key.
pub(super) fn read(
    certificate: &Path,
    key: &Path,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let unreadable = |source| TlsError::Unreadable { path: certificate.to_owned(), source };
    let text = std::fs::read(certificate).map_err(unreadable)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    if chain.is_empty() {
        return Err(TlsError::Malformed { path: certificate.to_owned(), what: "no certificate in PEM form" });
    }
    let text = read_secret(key)?;
    // The parser's own error may quote the file.
    let what = if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        "no private key but an encrypted one, whose password nobody is asked for,"
    } else {
        "no private key in PEM form"
    };
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| TlsError::Malformed { path: key.to_owned(), what })?;
    Ok((chain, key))
}
