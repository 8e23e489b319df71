//! The session's keys: the only place that knows their names, and what becomes of each at sign-in and sign-out.
//! Language and theme belong to the browser and survive both; the name goes with its session, and so does where it was
//! signed in from.

use contract::{Language, Theme, Username};
use sessions::{Lifecycle, Lifecycles, Record, TypedKey, Values};

const USERNAME: TypedKey<String> = TypedKey::new("username", Lifecycle::SESSION);
const LANGUAGE: TypedKey<Language> = TypedKey::new("language", Lifecycle::BROWSER);
const THEME: TypedKey<Theme> = TypedKey::new("theme", Lifecycle::BROWSER);
const ADDRESS: TypedKey<String> = TypedKey::new("address", Lifecycle::SESSION);
const DEVICE: TypedKey<String> = TypedKey::new("device", Lifecycle::SESSION);

/// What becomes of each key.
#[must_use]
pub fn lifecycles() -> Lifecycles {
    Lifecycles::default()
        .declare(&USERNAME)
        .declare(&LANGUAGE)
        .declare(&THEME)
        .declare(&ADDRESS)
        .declare(&DEVICE)
}

/// The first values of an account's session: its name, and the address and device that it is signed in from.
pub(crate) fn signed_in(username: &Username, place: Option<(String, Option<String>)>) -> Values {
    let (address, device) = place.unzip();
    let name = Some(USERNAME.holding(username.as_str().to_owned()));
    let place = [
        address.map(|address| ADDRESS.holding(address)),
        device.flatten().map(|device| DEVICE.holding(device)),
    ];
    name.into_iter().chain(place.into_iter().flatten()).collect()
}

/// The values that a choice sets.
pub(crate) fn chosen(language: Option<Language>, theme: Option<Theme>) -> Values {
    let language = language.map(|language| LANGUAGE.holding(language));
    let theme = theme.map(|theme| THEME.holding(theme));
    language.into_iter().chain(theme).collect()
}

/// The name of whoever is signed in.
pub(crate) fn username(record: &Record) -> Option<String> {
    record.account.and_then(|_| USERNAME.get(&record.values))
}

/// The address and the device that a session was signed in from, as far as they are known.
#[must_use]
pub fn signed_in_from(record: &Record) -> (Option<String>, Option<String>) {
    (ADDRESS.get(&record.values), DEVICE.get(&record.values))
}

/// The language that holds.
pub(crate) fn language(record: &Record) -> Language {
    LANGUAGE.get(&record.values).unwrap_or_default()
}

/// The theme that holds.
pub(crate) fn theme(record: &Record) -> Theme {
    THEME.get(&record.values).unwrap_or_default()
}
