//! What is asked of a store across a network.

use super::StoreUrl;
use crate::config::{Server, reader::Reader, server::PROFILE};

/// A store across a network, and what is accepted of the way to it.
pub(in crate::config) struct Way<'a> {
    pub url: &'a StoreUrl,
    pub has_authority: bool,
    pub allow_plaintext: bool,
}

/// The settings that say so.
pub(in crate::config) struct WayKeys {
    pub url: &'static str,
    pub tls_ca: &'static str,
    pub allow_plaintext: &'static str,
}

impl Way<'_> {
    /// Refuses a way on which others could listen, unless that is accepted by name, and in production a password
    /// that everybody knows.
    pub fn check(&self, keys: &WayKeys, reader: &mut Reader, server: &Server) {
        if server.is_production() && self.url.has_placeholder_password() {
            reader.contradiction(&[PROFILE, keys.url], "its password is one that everybody tries first");
        }
        if self.has_authority && !self.url.has_tls() {
            reader.contradiction(&[keys.url, keys.tls_ca], "there is no TLS on the way that it could prove");
        }
        if self.url.is_protected() {
            return;
        }
        let listening = "whoever is on the way could read and change what is there";
        if self.allow_plaintext {
            reader.warning(&[keys.url, keys.allow_plaintext], listening);
        } else {
            let is_redis = self.url.scheme().starts_with("redis");
            let protected = if is_redis { "rediss://" } else { "sslmode=verify-full" };
            let why = format!("{listening}: use {protected}, or accept it with {}", keys.allow_plaintext);
            reader.contradiction(&[keys.url, keys.allow_plaintext], &why);
        }
    }
}
