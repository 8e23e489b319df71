//! The service that knows which passwords were in breaches.

use super::value::Value;

/// Have I Been Pwned.
const KNOWN: &str = "https://api.pwnedpasswords.com/range/";

/// An address to which the first digits of a hash are appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachUrl(String);

impl BreachUrl {
    /// The address, with a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for BreachUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let allowed =
            "it must be on (Have I Been Pwned), or the https:// address of such a service, which ends with /";
        let is_local = ["http://127.0.0.1:", "http://[::1]:"].iter().any(|start| text.starts_with(start));
        let is_address = (text.starts_with("https://") || is_local) && text.ends_with('/');
        match text {
            "on" => Ok(Self(KNOWN.to_owned())),
            text if is_address && text.parse::<axum::http::Uri>().is_ok() => Ok(Self(text.to_owned())),
            _ => Err(allowed.to_owned()),
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
