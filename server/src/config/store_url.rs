//! Addresses of stores, which may contain a password.

mod check;
mod way;

use std::fmt;
use std::path::Path;

use super::value::Value;
pub(super) use check::{Way, WayKeys};

/// Passwords that documentation, images and tutorials come with.
const PLACEHOLDERS: [&str; 14] = [
    "",
    "admin",
    "anteroom",
    "changeme",
    "change-me",
    "default",
    "example",
    "password",
    "passw0rd",
    "postgres",
    "redis",
    "root",
    "secret",
    "test",
];

/// A URL whose user part and parameters are shown as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// The whole URL, with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL for people.
    #[must_use]
    pub fn without_password(&self) -> String {
        without_password(&self.0)
    }

    /// Whether nobody on the way can read or change what is said.
    pub(super) fn is_protected(&self) -> bool {
        way::is_protected(&self.0)
    }

    /// The same for a Postgres whose certificate this authority may have signed: sqlx 0.9.0 believes it beside those
    /// that browsers believe.
    pub(super) fn trusting(self, authority: &Path) -> Self {
        if !self.scheme().starts_with("postgres") {
            return self;
        }
        let separator = if self.0.contains('?') { '&' } else { '?' };
        let path = authority.to_string_lossy();
        Self(format!("{}{separator}sslrootcert={}", self.0, way::percent_encoded(&path)))
    }

    /// Whether TLS is asked for.
    pub(super) fn has_tls(&self) -> bool {
        way::has_tls(&self.0)
    }

    /// Whether its password is none at all, or stands in somebody's documentation.
    pub(super) fn has_placeholder_password(&self) -> bool {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let user = rest.split('/').next().and_then(|authority| authority.rsplit_once('@'));
        let Some((name, password)) = user.and_then(|(user, _)| user.split_once(':')) else { return false };
        let password = password.to_ascii_lowercase();
        password == name.to_ascii_lowercase() || PLACEHOLDERS.contains(&password.as_str())
    }

    /// What stands before `://`.
    pub(super) fn scheme(&self) -> &str {
        self.0.split_once("://").map_or("", |(scheme, _)| scheme)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreUrl({})", self.show())
    }
}

impl Value for StoreUrl {
    fn parse(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some((scheme, rest)) if !scheme.is_empty() && !rest.is_empty() => Ok(Self(text.to_owned())),
            _ => Err("it must be a URL such as redis://127.0.0.1/".to_owned()),
        }
    }

    fn show(&self) -> String {
        without_password(&self.0)
    }

    fn echo(text: &str) -> String {
        without_password(text)
    }
}

/// The URL without its user part and its parameters; what is no URL is hidden entirely.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "(hidden)".to_owned();
    };
    let (rest, parameters) = rest.split_once(['?', '#']).map_or((rest, ""), |(rest, _)| (rest, "?***"));
    match rest.rsplit_once('@') {
        Some((_, place)) => format!("{scheme}://***@{place}{parameters}"),
        None => format!("{scheme}://{rest}{parameters}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown_wherever_they_stand() {
        for (url, shown) in [
            ("redis://127.0.0.1/", "redis://127.0.0.1/"),
            ("redis://:secret@host:6379/0", "redis://***@host:6379/0"),
            ("postgres://u:p@ss/w@host/db?password=secret", "postgres://***@host/db?***"),
            ("secret", "(hidden)"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
