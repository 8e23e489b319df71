//! Addresses of stores, which may contain a password.

use std::fmt;

use super::value::Value;

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
