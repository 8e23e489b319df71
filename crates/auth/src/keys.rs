//! The session's keys: the only place that knows their names.

use std::str::FromStr;

use contract::{Language, Theme, Username};
use serde_json::Value;
use sessions::{Lifecycle, Lifecycles, Record, Values};

const USERNAME: &str = "username";
const LANGUAGE: &str = "language";
const THEME: &str = "theme";
const ADDRESS: &str = "address";
const DEVICE: &str = "device";

/// What becomes of each key at sign-in and sign-out: language and theme belong to the browser and
/// survive both; the name goes with its session, and so does where it was signed in from.
#[must_use]
pub fn lifecycles() -> Lifecycles {
    Lifecycles::default()
        .declare(LANGUAGE, Lifecycle::BROWSER)
        .declare(THEME, Lifecycle::BROWSER)
        .declare(USERNAME, Lifecycle::SESSION)
        .declare(ADDRESS, Lifecycle::SESSION)
        .declare(DEVICE, Lifecycle::SESSION)
}

/// The first values of an account's session: its name, and the address and device that it is signed in from.
pub(crate) fn signed_in(username: &Username, place: Option<(String, Option<String>)>) -> Values {
    let (address, device) = place.unzip();
    let values =
        [(USERNAME, Some(username.as_str().to_owned())), (ADDRESS, address), (DEVICE, device.flatten())];
    values.into_iter().filter_map(|(key, value)| Some((key, Value::from(value?)))).collect()
}

/// The values that a choice sets.
pub(crate) fn chosen(language: Option<Language>, theme: Option<Theme>) -> Values {
    let language = language.map(|language| (LANGUAGE, language.as_str()));
    let theme = theme.map(|theme| (THEME, theme.as_str()));
    language.into_iter().chain(theme).collect()
}

/// The name of whoever is signed in.
pub(crate) fn username(record: &Record) -> Option<&str> {
    record.account.and_then(|_| text(record, USERNAME))
}

/// The address and the device that a session was signed in from, as far as they are known.
#[must_use]
pub fn signed_in_from(record: &Record) -> (Option<&str>, Option<&str>) {
    (text(record, ADDRESS), text(record, DEVICE))
}

/// The language that holds.
pub(crate) fn language(record: &Record) -> Language {
    choice(record, LANGUAGE)
}

/// The theme that holds.
pub(crate) fn theme(record: &Record) -> Theme {
    choice(record, THEME)
}

fn choice<T: FromStr + Default>(record: &Record, key: &str) -> T {
    text(record, key).and_then(|value| value.parse().ok()).unwrap_or_default()
}

fn text<'a>(record: &'a Record, key: &str) -> Option<&'a str> {
    record.values.get(key).and_then(Value::as_str)
}
