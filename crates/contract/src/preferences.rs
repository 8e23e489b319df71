//! What a visitor may choose about the pages: closed sets, so that nothing else is ever stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Fault;

/// The language of the pages, by its BCP 47 tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
}

impl Language {
    /// All languages, in the order shown.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Fr];

    /// The BCP 47 tag: the value of `<html lang>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }
}

/// The colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the operating system asks.
    #[default]
    System,
    /// Dark ink on light paper.
    Light,
    /// Light ink on dark paper.
    Dark,
}

impl Theme {
    /// All themes, in the order shown.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The value of `<html data-theme>`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl From<Language> for Value {
    fn from(language: Language) -> Self {
        language.as_str().into()
    }
}

impl From<Theme> for Value {
    fn from(theme: Theme) -> Self {
        theme.as_str().into()
    }
}

impl FromStr for Language {
    type Err = Fault;

    fn from_str(raw: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|one| one.as_str() == raw).ok_or(Fault::UnknownValue)
    }
}

impl FromStr for Theme {
    type Err = Fault;

    fn from_str(raw: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|one| one.as_str() == raw).ok_or(Fault::UnknownValue)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
