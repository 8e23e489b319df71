//! "Remember my username": a cookie of its own, outside of the session.

use contract::Username;
use http::{HeaderMap, HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// Whether cookies may travel over TLS only; it decides their attributes and their name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CookiePolicy {
    /// `Secure`, and a name which browsers hold to that: `__Host-` (RFC 6265bis, section 4.1.3.2).
    pub secure: bool,
}

impl CookiePolicy {
    const fn name(self) -> &'static str {
        if self.secure { "__Host-username" } else { "username" }
    }

    /// `Set-Cookie` for a name, or for its removal: with the same attributes either way.
    fn set_cookie(self, username: Option<&Username>) -> String {
        const ONE_YEAR: u32 = 365 * 24 * 60 * 60;
        let (value, seconds) = username.map_or(("", 0), |username| (username.as_str(), ONE_YEAR));
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name();
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
    }
}

/// The remembered name. The cookie's own name counts byte for byte; given twice it is none, and so is a
/// value that is no username.
#[must_use]
pub fn remembered_username(headers: &HeaderMap, policy: CookiePolicy) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim_matches(' ').split_once('='));
    let mut values = pairs.filter(|(name, _)| *name == policy.name()).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Username::parse(value).ok().map(|username| username.as_str().to_owned()),
        _ => None,
    }
}

/// After a sign-in, sets the cookie to the name that was used, or removes it. A failed attempt leaves it
/// as it is.
pub(crate) fn remember_username(is_signed_in: bool, username: Option<&String>) {
    let username = username.and_then(|username| Username::parse(username).ok());
    let contexts = (use_context::<CookiePolicy>(), use_context::<ResponseOptions>());
    if let (true, (Some(policy), Some(response))) = (is_signed_in, contexts)
        && let Ok(value) = HeaderValue::try_from(policy.set_cookie(username.as_ref()))
    {
        response.append_header(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: CookiePolicy = CookiePolicy { secure: false };
    const SECURE: CookiePolicy = CookiePolicy { secure: true };

    fn read(line: &'static str, policy: CookiePolicy) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static(line));
        remembered_username(&headers, policy)
    }

    /// ASVS V1.5.3.
    #[test]
    fn one_exact_cookie_is_read() {
        assert_eq!(read("id=x; username=Ada", PLAIN).as_deref(), Some("Ada"));
        assert_eq!(read("__Host-username=ada", SECURE).as_deref(), Some("ada"));
    }

    #[test]
    fn anything_else_is_no_name() {
        for line in [
            "username=ada; username=eve",
            "Username=ada",
            "user%6eame=ada",
            "username=<b>",
            "username=\"ada\"",
            "username=",
        ] {
            assert_eq!(read(line, PLAIN), None, "{line}");
        }
        assert_eq!(read("username=ada", SECURE), None);
    }

    /// ASVS V3.3.3.
    #[test]
    fn it_is_removed_with_the_attributes_it_was_set_with() {
        let ada = Username::parse("ada").expect("well-formed");
        assert_eq!(
            SECURE.set_cookie(Some(&ada)),
            "__Host-username=ada; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(PLAIN.set_cookie(None), "username=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
