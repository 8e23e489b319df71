//! `server.*`: where the server listens and as what the world knows it.

mod tls;

use std::net::{Ipv4Addr, SocketAddr};

pub(super) use tls::{CERTIFICATE, SELF_SIGNED};
pub use tls::{Certificate, Tls};

use super::{Network, PublicOrigin, reader::Reader, value::Words};

pub(super) const ADDRESS: &str = "server.address";
pub(super) const PUBLIC_ORIGIN: &str = "server.public_origin";
pub(super) const PROFILE: &str = "server.profile";
const TRUSTED_PROXIES: &str = "server.trusted_proxies";
const BRAND: &str = "server.brand";

/// Whom the server is for; it decides defaults and how strict the checks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// One developer on this machine.
    Development,
    /// Visitors.
    Production,
}

impl Words for Profile {
    const WORDS: &'static [(&'static str, Self)] =
        &[("development", Self::Development), ("production", Self::Production)];
}

/// Where the server listens and as what the world knows it.
#[derive(Clone, Debug)]
pub struct Server {
    /// `server.address`: address and port to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// `server.public_origin`: the origin that visitors' browsers see, such as `https://app.example`, if it is not that of
    /// the address; https makes cookies `__Host-` and `Secure`.
    pub public_origin: Option<PublicOrigin>,
    /// `server.trusted_proxies`: addresses or blocks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// `server.brand`: the name in the navbar and the titles.
    pub brand: String,
    /// `server.profile`: `development` or `production`, which decides defaults and how strict the checks are;
    /// unless set, development if the address is loopback and no public origin is set.
    pub profile: Profile,
    /// `server.tls.*`
    pub tls: Tls,
}

impl Server {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let address = reader.take(ADDRESS, SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)));
        let public_origin = reader.optional(PUBLIC_ORIGIN);
        let private = is_loopback(address) && public_origin.is_none();
        Self {
            address,
            public_origin,
            trusted_proxies: reader.list(TRUSTED_PROXIES),
            brand: reader.take_if(BRAND, "MyApp".to_owned(), |brand| is_brand(brand)),
            profile: reader.take(PROFILE, if private { Profile::Development } else { Profile::Production }),
            tls: Tls::read(reader),
        }
    }

    pub(super) fn check(&self, reader: &mut Reader) {
        let has_https_origin = self.public_origin.as_ref().is_some_and(PublicOrigin::is_https);
        if self.tls.is_on() && self.public_origin.is_some() && !has_https_origin {
            let why = "visitors come over TLS: their browsers see an https origin";
            reader.contradiction(&[PUBLIC_ORIGIN, self.tls.setting()], why);
        } else if self.is_production() && !has_https_origin {
            let why = "production needs the https origin that visitors see, such as https://example.org; \
                       to try the server on this machine, listen on 127.0.0.1 with server.profile = development";
            reader.contradiction(&[ADDRESS, PROFILE, PUBLIC_ORIGIN], why);
        } else if !self.is_loopback() && !has_https_origin {
            let why = "plain http is only for this machine itself: listen on 127.0.0.1, \
                       or set server.public_origin to the https origin of the site, which has TLS by a proxy \
                       in front or by server.tls.certificate";
            reader.contradiction(&[ADDRESS, PUBLIC_ORIGIN], why);
        }
        self.tls.check(reader, self.address);
        self.check_proxies(reader);
    }

    /// Whether the profile is production.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.profile == Profile::Production
    }

    /// Whether the address is one of this machine only.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.address)
    }

    /// Whether visitors come over TLS: the public origin or the server's own certificate says so, never the
    /// peer.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.tls.is_on() || self.public_origin.as_ref().is_some_and(PublicOrigin::is_https)
    }

    fn check_proxies(&self, reader: &mut Reader) {
        let is_behind_a_proxy = self.is_https() && !self.tls.is_on();
        if !self.is_production() || !is_behind_a_proxy || !self.trusted_proxies.is_empty() {
            return;
        }
        if self.is_loopback() {
            let why = "behind a proxy on this machine all visitors would share one address: \
                       set server.trusted_proxies to the proxy's, such as 127.0.0.1";
            reader.contradiction(&[ADDRESS, PUBLIC_ORIGIN, TRUSTED_PROXIES], why);
        } else {
            let why = "behind a proxy all visitors share its address, and one throttle: name the proxy";
            reader.warning(&[PUBLIC_ORIGIN, TRUSTED_PROXIES], why);
        }
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

fn is_brand(brand: &str) -> Result<(), &'static str> {
    if brand.trim().is_empty() || brand.chars().count() > 64 || brand.contains(char::is_control) {
        return Err("it must be 1 to 64 characters of plain text");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused};

    const HTTPS: (&str, &str) = (PUBLIC_ORIGIN, "https://example.org");
    const PROXY: (&str, &str) = (TRUSTED_PROXIES, "127.0.0.1, ::1");

    #[test]
    fn the_profile_is_development_only_on_this_machine_without_a_public_origin() {
        assert_eq!(accepted(&[(ADDRESS, "[::1]:0")]).server.profile, Profile::Development);
        assert_eq!(accepted(&[HTTPS, PROXY]).server.profile, Profile::Production);
        assert_eq!(accepted(&[HTTPS, (ADDRESS, "0.0.0.0:80")]).server.profile, Profile::Production);
    }

    #[test]
    fn an_empty_value_unsets_the_public_origin() {
        assert_eq!(accepted(&[(PUBLIC_ORIGIN, "")]).server.public_origin, None);
    }

    #[test]
    fn production_without_an_https_origin_is_refused() {
        let text = refused(&[(PROFILE, "production")]);
        assert!(
            text.contains("server.profile is production (--set) and server.public_origin is unset"),
            "{text}"
        );
        refused(&[(PROFILE, "production"), (PUBLIC_ORIGIN, "http://localhost:3000")]);
        accepted(&[(PROFILE, "development"), (PUBLIC_ORIGIN, "http://localhost:3000")]);
    }

    #[test]
    fn plain_http_beyond_this_machine_is_refused() {
        let text = refused(&[(ADDRESS, "0.0.0.0:3000"), (PROFILE, "development")]);
        assert!(
            text.starts_with("server.address is 0.0.0.0:3000 (--set) and server.public_origin"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 1, "{text}");
        assert_eq!(refused(&[(ADDRESS, "0.0.0.0:3000")]).lines().count(), 1);
    }

    #[test]
    fn production_behind_a_proxy_on_this_machine_needs_the_trusted_proxies() {
        assert!(refused(&[HTTPS]).contains("server.trusted_proxies is empty (default), but"));
        accepted(&[HTTPS, PROXY]);
        assert_eq!(accepted(&[HTTPS, (ADDRESS, "10.0.0.2:80")]).warnings.len(), 1);
    }

    #[test]
    fn a_brand_is_a_short_plain_text() {
        for brand in ["", " ", "a\nb", &"x".repeat(65)] {
            assert!(refused(&[(BRAND, brand)]).contains("1 to 64 characters"), "{brand}");
        }
    }
}
