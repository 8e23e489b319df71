//! How the text of a setting becomes its value, and its value becomes text again.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// A type that a setting can have.
pub(super) trait Value: Sized {
    /// Reads the text; otherwise says what is allowed, as "it must be …".
    fn parse(text: &str) -> Result<Self, String>;

    /// The value for people, as one would write it, without what is secret.
    fn show(&self) -> String;

    /// Several values for people.
    fn show_list(values: &[Self]) -> String {
        if values.is_empty() { "empty".to_owned() } else { join(values.iter().map(Self::show)) }
    }

    /// What was given and could not be read, without what may be secret.
    fn echo(text: &str) -> String {
        format!("{text:?}")
    }
}

/// A type with a closed set of values, each a word.
pub(super) trait Words: Copy + PartialEq + 'static {
    /// Each value and its word.
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Words> Value for T {
    fn parse(text: &str) -> Result<Self, String> {
        T::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            format!("it must be one of {}", join(T::WORDS.iter().map(|(word, _)| (*word).to_owned())))
        })
    }

    fn show(&self) -> String {
        T::WORDS
            .iter()
            .find(|(_, value)| value == self)
            .map(|(word, _)| (*word).to_owned())
            .unwrap_or_default()
    }
}

impl Words for bool {
    const WORDS: &'static [(&'static str, Self)] =
        &[("true", true), ("false", false), ("on", true), ("off", false)];
}

/// What can be switched off as a whole.
impl<T: Value> Value for Option<T> {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(None);
        }
        T::parse(text).map(Some).map_err(|reason| format!("{reason}, or off"))
    }

    fn show(&self) -> String {
        self.as_ref().map_or_else(|| "off".to_owned(), T::show)
    }
}

impl Value for String {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for usize {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "it must be a whole number".to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for SocketAddr {
    fn parse(text: &str) -> Result<Self, String> {
        let allowed = "it must be an IP address with a port, such as 127.0.0.1:3000 or [::1]:3000";
        text.parse().map_err(|_| allowed.to_owned())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for PathBuf {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(Path::new(text).to_owned())
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

fn join(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}
