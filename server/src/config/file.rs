//! The settings file: TOML tables flattened to dotted names, each with its line.

use toml::de::{DeTable, DeValue};

use super::{
    ConfigError, Origin,
    sources::{Given, Raw},
};

/// Every setting in this text of a file.
pub(super) fn settings(path: &str, text: &str) -> Result<Vec<(String, Given)>, ConfigError> {
    let table = DeTable::parse(text).map_err(|error| ConfigError::FileMalformed {
        path: path.to_owned(),
        line: error.span().map_or(1, |span| line_of(text, span.start)),
        message: error.message().trim_end_matches('.').replace('\n', ", "),
    })?;
    let mut found = Vec::new();
    Flattening { path, text, found: &mut found }.table("", table.get_ref());
    Ok(found)
}

struct Flattening<'a> {
    path: &'a str,
    text: &'a str,
    found: &'a mut Vec<(String, Given)>,
}

impl Flattening<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = format!("{section}{}", name.get_ref());
            match value.get_ref() {
                DeValue::Table(inner) => self.table(&format!("{key}."), inner),
                value => {
                    let line = line_of(self.text, name.span().start);
                    let origin = Origin::File { path: self.path.to_owned(), line };
                    self.found.push((key, Given { raw: raw(value), origin }));
                }
            }
        }
    }
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::Array(items) => items
            .iter()
            .map(|item| scalar(item.get_ref()))
            .collect::<Option<_>>()
            .map_or(Raw::Nested, Raw::List),
        value => scalar(value).map_or(Raw::Nested, Raw::Text),
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(moment) => Some(moment.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{load, refused_load};

    #[test]
    fn tables_dotted_names_lists_and_plain_values_are_read() {
        let file = "sessions.cookie.http_only = true\n[server]\ntrusted_proxies = ['10.0.0.0/8', '::1']\n[accounts]\npassword_minimum = 20";
        let config = load(file, &[], &[]).expect("all is well");
        assert_eq!(config.server.trusted_proxies.len(), 2);
        assert_eq!(config.accounts.password_minimum, 20);
    }

    #[test]
    fn an_unknown_name_is_refused_with_its_line_and_the_nearest_name() {
        let text = refused_load("[server]\nbrand = 'Shop'\n\nadress = 'secret'", &[], &[]);
        assert_eq!(text, "server.adress (anteroom.toml:4) is no setting; the nearest is server.address.");
    }

    #[test]
    fn a_syntax_error_names_the_line_and_quotes_nothing() {
        let text = refused_load("[sessions]\nkeys = ['8f0c3b7b\n", &[], &[]);
        assert!(text.starts_with("The settings file anteroom.toml:2 is not valid TOML: "), "{text}");
        assert!(!text.contains("8f0c"), "{text}");
        let unquoted = refused_load("[sessions]\nkeys = deadbeef8f0c\n", &[], &[]);
        assert!(!unquoted.contains("8f0c") && unquoted.lines().count() == 1, "{unquoted}");
    }

    #[test]
    fn a_file_that_could_not_be_read_is_the_only_complaint_about_what_may_be_in_it() {
        let text = refused_load("[sessions", &[("ANTEROOM_SESSIONS__SIGN_IDS", "on")], &[]);
        assert!(text.contains("is not valid TOML") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn a_list_where_one_value_belongs_is_refused() {
        let text = refused_load("server.brand = ['a', 'b']", &[], &[]);
        assert_eq!(text, "server.brand is a list (anteroom.toml:1), but it must be a single value.");
    }

    #[test]
    fn a_value_where_a_section_belongs_is_refused() {
        assert!(refused_load("server = 5", &[], &[]).contains("server (anteroom.toml:1) is no setting"));
    }
}
