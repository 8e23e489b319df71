//! `server.tls.*`: TLS by the server itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{ADDRESS, is_loopback};
use crate::config::reader::Reader;

pub(in crate::config) const CERTIFICATE: &str = "server.tls.certificate";
const KEY: &str = "server.tls.key";
pub(in crate::config) const SELF_SIGNED: &str = "server.tls.self_signed";
const REDIRECT_ADDRESS: &str = "server.tls.redirect_address";

/// Where the server's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Two PEM files, read at the start and again at SIGHUP.
    Files {
        /// `server.tls.certificate`: PEM file of the server's certificate and those between it and a root; read
        /// anew at SIGHUP.
        certificate: PathBuf,
        /// `server.tls.key`: PEM file of its private key, which only its owner can read.
        key: PathBuf,
    },
    /// `server.tls.self_signed`: whether a certificate is made at the start for this machine's own names, to try
    /// the server over TLS.
    SelfSigned,
}

/// TLS by the server itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// `None`: plain http, on this machine or behind a proxy.
    pub certificate: Option<Certificate>,
    /// `server.tls.redirect_address`: address and port where plain http is answered with the way to https.
    pub redirect_address: Option<SocketAddr>,
}

impl Tls {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let files = (reader.optional(CERTIFICATE), reader.optional(KEY));
        let self_signed = reader.take(SELF_SIGNED, false);
        let redirect_address = reader.optional(REDIRECT_ADDRESS);
        if self_signed && (files.0.is_some() || files.1.is_some()) {
            reader.contradiction(&[CERTIFICATE, KEY, SELF_SIGNED], "a server has one certificate");
        }
        let certificate = match files {
            (Some(certificate), Some(key)) => Some(Certificate::Files { certificate, key }),
            _ if self_signed => Some(Certificate::SelfSigned),
            _ => None,
        };
        Self { certificate, redirect_address }
    }

    pub(super) fn check(&self, reader: &mut Reader, address: SocketAddr) {
        let [has_certificate, has_key] = [CERTIFICATE, KEY].map(|key| reader.has_value(key));
        if has_certificate != has_key {
            reader.contradiction(&[CERTIFICATE, KEY], "TLS needs both");
        }
        if self.is_self_signed() && !is_loopback(address) {
            let why = "nobody elsewhere can tell such a certificate from an attacker's: it is for trying the \
                       server on this machine";
            reader.contradiction(&[ADDRESS, SELF_SIGNED], why);
        }
        if self.certificate.is_none() && self.redirect_address.is_some() {
            reader.contradiction(&[CERTIFICATE, REDIRECT_ADDRESS], "there is no https to send visitors to");
        }
    }

    /// Whether the server itself speaks TLS.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.certificate.is_some()
    }

    /// The setting that turns it on.
    pub(super) fn setting(&self) -> &'static str {
        if self.is_self_signed() { SELF_SIGNED } else { CERTIFICATE }
    }

    /// Whether the certificate is one that the server makes for itself.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.certificate == Some(Certificate::SelfSigned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused};

    const FILES: [(&str, &str); 2] = [(CERTIFICATE, "site.pem"), (KEY, "site.key")];
    const ON: (&str, &str) = (SELF_SIGNED, "true");

    #[test]
    fn a_certificate_goes_with_its_key() {
        assert!(accepted(&FILES).server.tls.is_on());
        for half in FILES {
            assert!(refused(&[half]).ends_with("but TLS needs both."));
        }
    }

    #[test]
    fn a_self_signed_certificate_is_for_this_machine_and_for_want_of_another() {
        let config = accepted(&[ON]);
        assert!(config.server.tls.is_self_signed() && config.server.is_https());
        assert!(config.sessions.cookie.secure && config.sessions.cookie.name == "__Host-id");
        let elsewhere = [ON, (ADDRESS, "0.0.0.0:443"), ("server.public_origin", "https://example.org")];
        assert!(refused(&elsewhere).contains("an attacker's"));
        assert!(refused(&[&FILES[..], &[ON]].concat()).contains("one certificate"));
    }

    #[test]
    fn there_is_nowhere_to_redirect_to_without_tls() {
        let redirect = (REDIRECT_ADDRESS, "127.0.0.1:80");
        assert!(refused(&[redirect]).contains("no https to send visitors to"));
        accepted(&[redirect, ON]);
    }
}
