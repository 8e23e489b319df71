//! The values that file, environment and flags give, the stronger over the weaker.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use super::{ConfigArgs, ConfigError, Origin, environment, file};

const DEFAULT_FILE: &str = "anteroom.toml";

/// A value as it was given.
#[derive(Clone)]
pub(super) enum Raw {
    /// One value; for a list, entries between commas.
    Text(String),
    /// A list of the file.
    List(Vec<String>),
    /// A list of lists or tables, which no setting is.
    Nested,
}

/// A value and where it was given.
#[derive(Clone)]
pub(super) struct Given {
    pub raw: Raw,
    pub origin: Origin,
}

impl Given {
    pub fn text(text: &str, origin: Origin) -> Self {
        Self { raw: Raw::Text(text.to_owned()), origin }
    }

    /// Whether it is the empty text, which unsets.
    pub fn is_empty(&self) -> bool {
        matches!(&self.raw, Raw::Text(text) if text.is_empty())
    }
}

/// What was given, by name; and what could not be made out.
#[derive(Default)]
pub(super) struct Sources {
    pub settings: BTreeMap<String, Given>,
    pub errors: Vec<ConfigError>,
}

impl Sources {
    pub fn gather(
        args: &ConfigArgs,
        variables: &[(String, String)],
        read_file: impl Fn(&Path) -> io::Result<String>,
    ) -> Self {
        let mut sources = Self::default();
        sources.add_file(named_file(args, variables), read_file);
        sources.settings.extend(environment::settings(variables));
        sources.add_flags(args);
        sources
    }

    fn add_file(&mut self, named: Option<PathBuf>, read_file: impl Fn(&Path) -> io::Result<String>) {
        let optional = named.is_none();
        let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let read = match read_file(&path) {
            Ok(text) => file::settings(&path.display().to_string(), &text),
            Err(error) if optional && error.kind() == io::ErrorKind::NotFound => return,
            Err(source) => Err(ConfigError::FileUnreadable { path, source }),
        };
        match read {
            Ok(settings) => self.settings.extend(settings),
            Err(error) => self.errors.push(error),
        }
    }

    fn add_flags(&mut self, args: &ConfigArgs) {
        for assignment in &args.set {
            match assignment.split_once('=') {
                Some((key, value)) => self.add_flag("--set", key.trim(), value),
                None => self.errors.push(ConfigError::FlagWithoutValue { given: assignment.clone() }),
            }
        }
        for (flag, key, value) in args.conveniences() {
            if let Some(value) = value {
                self.add_flag(flag, key, value);
            }
        }
    }

    fn add_flag(&mut self, flag: &'static str, key: &str, value: &str) {
        self.settings.insert(key.to_owned(), Given::text(value, Origin::Flag(flag)));
    }
}

/// The file that a flag or the environment names; it has to exist.
fn named_file(args: &ConfigArgs, variables: &[(String, String)]) -> Option<PathBuf> {
    args.config.clone().or_else(|| {
        let (_, path) = variables.iter().find(|(name, _)| name == environment::FILE_VARIABLE)?;
        (!path.is_empty()).then(|| PathBuf::from(path))
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn load(flag: Option<&str>, variable: &str, existing: &str) -> Result<Config, String> {
        let args = ConfigArgs { config: flag.map(PathBuf::from), ..ConfigArgs::default() };
        let variables = [("ANTEROOM_CONFIG".to_owned(), variable.to_owned())];
        Config::load(&args, variables.into_iter(), |path| {
            let found = path == Path::new(existing);
            found.then(|| "server.brand = 'Found'".to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
        })
        .map_err(|errors| errors.to_string())
    }

    #[test]
    fn the_default_file_may_be_missing() {
        assert_eq!(load(None, "", "other.toml").expect("optional").server.brand, "MyApp");
        assert_eq!(load(None, "", "anteroom.toml").expect("read").server.brand, "Found");
    }

    #[test]
    fn a_file_that_a_flag_or_a_variable_names_has_to_exist() {
        assert_eq!(load(None, "a.toml", "a.toml").expect("read").server.brand, "Found");
        assert_eq!(load(Some("b.toml"), "a.toml", "b.toml").expect("read").server.brand, "Found");
        let text = load(Some("b.toml"), "", "anteroom.toml").expect_err("missing");
        assert!(text.starts_with("The settings file b.toml could not be read: "), "{text}");
    }
}
