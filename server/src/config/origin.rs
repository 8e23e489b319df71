//! Where the value of a setting came from.

use std::fmt;

/// The source of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the settings file, counted from 1.
    File {
        /// The file as it was named.
        path: String,
        /// The line of the setting's name.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A file that holds nothing but this secret.
    SecretFile(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) | Self::SecretFile(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}
