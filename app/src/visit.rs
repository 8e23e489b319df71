//! What the server knows before it renders.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use contract::{PASSWORD_MINIMUM, Whoami, percent_encode, query_value};
use serde::{Deserialize, Serialize};

/// What the server tells a page about its visitor; it travels to the browser inside the HTML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Who is here.
    pub whoami: Whoami,
    /// The name from the "Remember my username" cookie.
    pub remembered_username: Option<String>,
    /// The site's name.
    pub brand: String,
    /// Fewest characters of a new password.
    pub password_minimum: usize,
    /// Whether visitors may look inside their session.
    pub inspector: bool,
}

impl Default for Visit {
    /// A guest's, of a site without a name.
    fn default() -> Self {
        let whoami = Whoami::default();
        Self {
            whoami,
            remembered_username: None,
            brand: String::new(),
            password_minimum: PASSWORD_MINIMUM,
            inspector: false,
        }
    }
}

impl fmt::Display for Visit {
    /// As a query string, without the session, which no page shows. JSON would bring a parser into the
    /// browser's build that nothing else there needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Whoami { username, language, theme, .. } = &self.whoami;
        let (brand, minimum) = (percent_encode(&self.brand), self.password_minimum);
        write!(f, "brand={brand}&minimum={minimum}&language={language}&theme={theme}")?;
        if self.inspector {
            f.write_str("&inspector")?;
        }
        for (name, value) in [("username", username), ("remembered", &self.remembered_username)] {
            if let Some(value) = value {
                write!(f, "&{name}={}", percent_encode(value))?;
            }
        }
        Ok(())
    }
}

impl FromStr for Visit {
    type Err = Infallible;

    /// Reads what [`Display`](fmt::Display) wrote; what is missing is as for a guest.
    fn from_str(raw: &str) -> Result<Self, Infallible> {
        let value = |name| query_value(raw, name);
        let username = value("username");
        let whoami = Whoami {
            authenticated: username.is_some(),
            username,
            language: value("language").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
            theme: value("theme").and_then(|raw| raw.parse().ok()).unwrap_or_default(),
            session: None,
        };
        Ok(Self {
            whoami,
            remembered_username: value("remembered"),
            brand: value("brand").unwrap_or_default(),
            password_minimum: value("minimum").and_then(|raw| raw.parse().ok()).unwrap_or(PASSWORD_MINIMUM),
            inspector: value("inspector").is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    use contract::{Language, Theme};

    use super::*;

    #[test]
    fn the_browser_reads_what_the_server_wrote() {
        let whoami = Whoami {
            authenticated: true,
            username: Some("ada".into()),
            language: Language::Fr,
            theme: Theme::Dark,
            session: None,
        };
        let member = Visit {
            whoami,
            remembered_username: Some("a.d-a".into()),
            brand: "</script>&Söhne".into(),
            password_minimum: 20,
            inspector: true,
        };
        for visit in [member, Visit::default()] {
            assert_eq!(visit.to_string().parse(), Ok(visit));
        }
    }
}
