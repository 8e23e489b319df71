//! What is wrong with the settings, as sentences for whoever starts the server.

use std::{fmt, path::PathBuf};

use super::Origin;

/// One thing that stops the start. No message contains the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The settings file could not be read.
    #[error("The settings file {} could not be read: {source}.", path.display())]
    FileUnreadable {
        /// The file as it was named.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The settings file is no TOML.
    #[error("The settings file {path}:{line} is not valid TOML: {message}.")]
    FileMalformed {
        /// The file as it was named.
        path: String,
        /// The line, counted from 1.
        line: usize,
        /// What the parser said, without quoting the line.
        message: String,
    },
    /// `--set` was given something without `=`.
    #[error("--set {given} has no value; write --set {given}=<value>.")]
    FlagWithoutValue {
        /// What was given.
        given: String,
    },
    /// No setting has this name.
    #[error("{given} ({origin}) is no setting; the nearest is {nearest}.")]
    Unknown {
        /// The name as its source writes it.
        given: String,
        /// Where it was found.
        origin: String,
        /// The most similar name, as that source writes it.
        nearest: String,
    },
    /// A value that its setting does not allow.
    #[error("{key} is {given} ({origin}), but {reason}.")]
    Invalid {
        /// The setting.
        key: String,
        /// What was given, or that it is hidden.
        given: String,
        /// Where it was found.
        origin: Origin,
        /// What is allowed.
        reason: String,
    },
    /// Settings that are fine alone but not together.
    #[error("{0}.")]
    Contradiction(String),
}

/// Everything that stops the start, one sentence a line.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let end = if index + 1 == self.0.len() { "" } else { "\n" };
            write!(f, "{error}{end}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
