//! Reads settings one by one, remembering where each came from and everything that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{
    ConfigError, ConfigErrors, Effective, Explanation, Origin, environment,
    nearest::nearest,
    secret_file::read_secret,
    sources::{Given, Raw, Sources},
    value::Value,
};

/// Hands out the settings and collects the complaints about them.
pub(super) struct Reader {
    given: BTreeMap<String, Given>,
    explanation: Explanation,
    /// Settings whose value could not be read: contradictions with what stands in for them are not told.
    unread: BTreeSet<&'static str>,
    /// Whether a whole source could not be read, so that nothing is known to be in force.
    incomplete: bool,
    errors: Vec<ConfigError>,
    warnings: Vec<String>,
}

impl Reader {
    pub fn new(sources: Sources) -> Self {
        Self {
            given: sources.settings,
            explanation: Explanation::default(),
            unread: BTreeSet::new(),
            incomplete: !sources.errors.is_empty(),
            errors: sources.errors,
            warnings: Vec::new(),
        }
    }

    /// The setting's value, or the default.
    pub fn take<T: Value>(&mut self, key: &'static str, default: T) -> T {
        self.take_if(key, default, |_| Ok(()))
    }

    /// As [`Reader::take`]; `check` says what else has to hold of the value, as "it must be …".
    pub fn take_if<T: Value>(
        &mut self,
        key: &'static str,
        default: T,
        check: impl Fn(&T) -> Result<(), &'static str>,
    ) -> T {
        let value = self.read(key, &check).unwrap_or(default);
        self.explain(key, value.show());
        value
    }

    /// The value of a setting that may be unset; an empty text unsets it.
    pub fn optional<T: Value>(&mut self, key: &'static str) -> Option<T> {
        self.optional_if(key, |_| Ok(()))
    }

    /// As [`Reader::optional`], with a condition as [`Reader::take_if`].
    pub fn optional_if<T: Value>(
        &mut self,
        key: &'static str,
        check: impl Fn(&T) -> Result<(), &'static str>,
    ) -> Option<T> {
        let value = if self.has_value(key) { self.read(key, &check) } else { None };
        self.explain(key, value.as_ref().map_or_else(|| "unset".to_owned(), T::show));
        value
    }

    /// The entries of a list; a text has them between commas.
    pub fn list<T: Value>(&mut self, key: &'static str) -> Vec<T> {
        let given = self.given.get(key).cloned();
        let entries = match given.as_ref().map(|given| &given.raw) {
            None => Vec::new(),
            Some(Raw::Text(text)) if text.trim().is_empty() => Vec::new(),
            Some(Raw::Text(text)) => text.split(',').map(|entry| entry.trim().to_owned()).collect(),
            Some(Raw::List(entries)) => entries.clone(),
            Some(Raw::Nested) => {
                self.refuse(key, "a nested list".to_owned(), "it must be a list of single values".to_owned());
                Vec::new()
            }
        };
        let values: Vec<T> = entries.iter().filter_map(|entry| self.parse(key, entry, &|_| Ok(()))).collect();
        self.explain(key, T::show_list(&values));
        values
    }

    /// Takes the setting from the file that another one names, if somebody names one. Lines are the entries of a
    /// list; those that begin with `#` are comments.
    pub fn take_from_file(&mut self, file_key: &'static str, key: &'static str) {
        let Some(path) = self.optional::<PathBuf>(file_key) else { return };
        let place = path.display().to_string();
        if let Some(other) = self.given.get(key).filter(|given| !given.is_empty()) {
            let reason = format!("{key} is set too ({}), and only one of them can count", other.origin);
            self.refuse(file_key, place, reason);
            return;
        }
        match read_secret(&path) {
            Ok(text) => {
                let lines = text.lines().map(str::trim);
                let lines: Vec<_> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
                if lines.is_empty() {
                    self.unread.insert(key);
                    self.refuse(file_key, place, "there is nothing in it".to_owned());
                    return;
                }
                let given = Given::text(&lines.join(","), Origin::SecretFile(place));
                self.given.insert(key.to_owned(), given);
            }
            Err(error) => {
                self.unread.insert(key);
                self.refuse(file_key, place, error.to_string());
            }
        }
    }

    /// Declares that the setting's default follows others: if one of them could not be read, neither counts
    /// as read.
    pub fn follows(&mut self, key: &'static str, others: &[&'static str]) {
        if !self.is_given(key) && others.iter().any(|other| self.unread.contains(other)) {
            self.unread.insert(key);
        }
    }

    /// Whether somebody set it.
    pub fn is_given(&self, key: &str) -> bool {
        self.given.contains_key(key)
    }

    /// Whether it is given and not unset by an empty text.
    pub fn has_value(&self, key: &str) -> bool {
        self.given.get(key).is_some_and(|given| !given.is_empty())
    }

    /// Where the setting came from.
    pub fn origin(&self, key: &str) -> Origin {
        self.given.get(key).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// Stops the start because these settings do not go together; `why` follows "but".
    pub fn contradiction(&mut self, keys: &[&'static str], why: &str) {
        if !self.incomplete && !keys.iter().any(|key| self.unread.contains(key)) {
            self.errors.push(ConfigError::Contradiction(self.sentence(keys, why)));
        }
    }

    /// Tells that these settings are allowed but unwise; `why` follows "but".
    pub fn warning(&mut self, keys: &[&'static str], why: &str) {
        self.warnings.push(format!("{}.", self.sentence(keys, why)));
    }

    /// What was read, if nothing was wrong.
    pub fn finish(mut self) -> Result<(Explanation, Vec<String>), ConfigErrors> {
        let unknown = self.given.iter().filter(|(key, _)| self.explanation.setting(key).is_none());
        let unknown: Vec<_> = unknown.map(|(key, given)| self.unknown(key, &given.origin)).collect();
        self.errors.extend(unknown);
        if self.errors.is_empty() {
            Ok((self.explanation, self.warnings))
        } else {
            Err(ConfigErrors(self.errors))
        }
    }

    fn read<T: Value>(
        &mut self,
        key: &'static str,
        check: &impl Fn(&T) -> Result<(), &'static str>,
    ) -> Option<T> {
        match self.given.get(key)?.raw.clone() {
            Raw::Text(text) => self.parse(key, &text, check),
            Raw::List(_) | Raw::Nested => {
                self.refuse(key, "a list".to_owned(), "it must be a single value".to_owned());
                None
            }
        }
    }

    fn parse<T: Value>(
        &mut self,
        key: &'static str,
        text: &str,
        check: &impl Fn(&T) -> Result<(), &'static str>,
    ) -> Option<T> {
        let parsed =
            if text.contains('\u{FFFD}') { Err("it must be valid UTF-8".to_owned()) } else { T::parse(text) };
        let checked = parsed.and_then(|value| check(&value).map(|()| value).map_err(str::to_owned));
        checked.map_err(|reason| self.refuse(key, T::echo(text), reason)).ok()
    }

    fn refuse(&mut self, key: &'static str, given: String, reason: String) {
        self.unread.insert(key);
        let origin = self.origin(key);
        self.errors.push(ConfigError::Invalid { key: key.to_owned(), given, origin, reason });
    }

    fn explain(&mut self, key: &'static str, value: String) {
        let origin = self.origin(key);
        self.explanation.push(Effective { key, value, origin });
    }

    fn sentence(&self, keys: &[&'static str], why: &str) -> String {
        let cited: Vec<_> =
            keys.iter().filter_map(|key| self.explanation.setting(key)).map(Effective::to_string).collect();
        let (last, others) =
            cited.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        let and = if others.is_empty() { "" } else { " and " };
        format!("{}{and}{last}, but {why}", others.join(", "))
    }

    fn unknown(&self, key: &str, origin: &Origin) -> ConfigError {
        let known = self.explanation.settings().iter().map(|setting| setting.key);
        let nearest = nearest(key, known).unwrap_or_default();
        match origin {
            Origin::Variable(name) => ConfigError::Unknown {
                given: name.clone(),
                origin: "environment".to_owned(),
                nearest: environment::variable(nearest),
            },
            origin => ConfigError::Unknown {
                given: key.to_owned(),
                origin: origin.to_string(),
                nearest: nearest.to_owned(),
            },
        }
    }
}
