//! The environment: the one place that reads it, and how its variables name settings.

use super::{Origin, sources::Given};

/// Every setting's variable begins with this.
const PREFIX: &str = "ANTEROOM_";
/// The variable that names the settings file; no setting itself.
pub(super) const FILE_VARIABLE: &str = "ANTEROOM_CONFIG";

/// The variables of this process. What is not Unicode is replaced by U+FFFD, which no setting accepts.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(super) fn from_process() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

/// The settings among these variables.
pub(super) fn settings(variables: &[(String, String)]) -> impl Iterator<Item = (String, Given)> {
    variables.iter().filter(|(name, _)| name != FILE_VARIABLE).filter_map(|(name, value)| {
        let key = key(name.strip_prefix(PREFIX)?);
        Some((key, Given::text(value, Origin::Variable(name.clone()))))
    })
}

/// The variable of a setting.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// The setting of a variable; of one that is not all in capitals, a name in capitals, which no setting has.
fn key(name: &str) -> String {
    let key = name.replace("__", ".");
    if name.contains(char::is_lowercase) { key.to_uppercase() } else { key.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{load, refused_load};

    #[test]
    fn two_underscores_separate_the_parts_of_a_name() {
        let variables = [("ANTEROOM_SESSIONS__COOKIE__SAME_SITE", "strict"), ("PATH", "/bin")];
        let config = load("", &variables, &[]).expect("all is well");
        assert_eq!(config.sessions.cookie.same_site, ::sessions::SameSite::Strict);
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_nearest_name() {
        for (name, nearest) in [
            ("ANTEROOM_SESSION__IDLE", "ANTEROOM_SESSIONS__IDLE"),
            ("ANTEROOM_ADDRESS", "ANTEROOM_SERVER__ADDRESS"),
            ("ANTEROOM_server__brand", "ANTEROOM_SERVER__BRAND"),
        ] {
            let text = refused_load("", &[(name, "secret")], &[]);
            assert_eq!(text, format!("{name} (environment) is no setting; the nearest is {nearest}."));
        }
    }

    #[test]
    fn what_is_not_unicode_is_refused() {
        let text = refused_load("", &[("ANTEROOM_SERVER__BRAND", "My\u{FFFD}App")], &[]);
        assert!(text.contains("valid UTF-8"), "{text}");
    }
}
