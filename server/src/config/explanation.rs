//! The effective settings, for `server config`.

use std::fmt;

use super::Origin;

/// One setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// The setting's name, such as `sessions.cookie.name`.
    pub key: &'static str,
    /// Its value for people; of a secret, only how many there are.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
}

/// Settings that may hold a secret, and then hide it.
const SECRETS: [&str; 3] = ["database.url", "sessions.keys", "sessions.url"];

impl Effective {
    /// Whether a part of it is hidden.
    pub(super) fn is_secret(&self) -> bool {
        SECRETS.contains(&self.key) && (self.value.contains("***") || self.value.starts_with("(hidden"))
    }
}

impl fmt::Display for Effective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {} ({})", self.key, self.value, self.origin)
    }
}

/// Every setting in the order of the sections; its `Display` is a table.
#[derive(Clone, Debug, Default)]
pub struct Explanation(Vec<Effective>);

impl Explanation {
    pub(super) fn push(&mut self, setting: Effective) {
        self.0.push(setting);
    }

    /// Every setting.
    #[must_use]
    pub fn settings(&self) -> &[Effective] {
        &self.0
    }

    /// The setting of this name.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&Effective> {
        self.0.iter().find(|setting| setting.key == key)
    }

    fn width(&self, column: impl Fn(&Effective) -> &str) -> usize {
        self.0.iter().map(|setting| column(setting).chars().count()).max().unwrap_or(0)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (keys, values) = (self.width(|setting| setting.key), self.width(|setting| &setting.value));
        for Effective { key, value, origin } in &self.0 {
            writeln!(f, "{key:keys$}  {value:values$}  {origin}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::accepted;

    #[test]
    fn the_table_has_a_line_for_each_setting_with_aligned_columns() {
        let table = accepted(&[("server.brand", "Shop")]).explain().to_string();
        let mut lines = table.lines();
        let first = lines.next().expect("a line");
        let value = first.find("127.0.0.1:3000").expect("the value");
        let origin = first.find("default").expect("the origin");
        let is_aligned = |line: &str| line[..value].ends_with("  ") && line[..origin].ends_with("  ");
        assert!(lines.all(is_aligned), "{table}");
    }
}
