//! How good a new password is, as far as a browser can tell while it is typed. It advises and never refuses: the
//! server judges, and knows what attackers try first.

use contract::PASSWORD_MINIMUM;
use leptos::ev::Event;
use leptos::prelude::document;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

use crate::text::{Text, around};

/// So many code points more than the minimum of a sole factor are strong whatever they are.
const STRONG: usize = PASSWORD_MINIMUM + 10;

/// What there is to say of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Nothing is typed yet.
    Empty,
    /// It lacks this many code points.
    Short(usize),
    /// It is one character over and over.
    Repeated,
    /// It contains the name.
    ContainsName,
    /// It is long enough.
    Enough,
    /// It is strong, since it is long.
    Strong,
}

impl Strength {
    /// Judges what is typed, in Unicode code points. Which characters they are is nobody's business
    /// (NIST SP 800-63B-4, section 3.1.1.2).
    #[must_use]
    pub fn of(typed: &str, minimum: usize, username: &str) -> Self {
        let (length, mut characters) = (typed.chars().count(), typed.chars());
        let first = characters.next();
        if length == 0 {
            Self::Empty
        } else if length < minimum {
            Self::Short(minimum - length)
        } else if characters.all(|one| Some(one) == first) {
            Self::Repeated
        } else if !username.is_empty() && typed.to_ascii_lowercase().contains(&username.to_ascii_lowercase())
        {
            Self::ContainsName
        } else if length < STRONG {
            Self::Enough
        } else {
            Self::Strong
        }
    }

    /// In words; before anything is typed, what a password must be.
    #[must_use]
    pub fn words(self, text: &Text, minimum: usize) -> String {
        let words = &text.strength;
        match self {
            Self::Empty => around(text.password_hint, &minimum.to_string()),
            Self::Short(missing) => around(words.short, &missing.to_string()),
            Self::Repeated => words.repeated.to_owned(),
            Self::ContainsName => text.refusals.password_contains_username.to_owned(),
            Self::Enough => words.enough.to_owned(),
            Self::Strong => words.strong.to_owned(),
        }
    }
}

/// What is in the field of a new password, if that is where somebody types.
pub(crate) fn new_password(event: &Event) -> Option<String> {
    let input = event.target()?.unchecked_into::<HtmlInputElement>();
    (input.autocomplete() == "new-password").then(|| input.value())
}

/// The name that the new password of this page is for.
pub(crate) fn name_beside() -> String {
    let field = document().query_selector("[autocomplete=username]").ok().flatten();
    field.map(|field| field.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_alone_makes_a_password_strong() {
        for (typed, strength) in [
            ("", Strength::Empty),
            ("🐎🔋", Strength::Short(13)),
            ("horse staple", Strength::Short(3)),
            ("correct horse b", Strength::Enough),
            ("einfachlangundklein", Strength::Enough),
            ("correct horse battery staple", Strength::Strong),
        ] {
            assert_eq!(Strength::of(typed, 15, "ada"), strength, "{typed}");
        }
    }

    #[test]
    fn the_own_name_and_one_character_over_and_over_are_pointed_out() {
        assert_eq!(Strength::of("here comes ADA again", 15, "Ada"), Strength::ContainsName);
        assert_eq!(Strength::of("here comes ADA again", 15, ""), Strength::Enough, "no name is typed yet");
        assert_eq!(Strength::of(&"x".repeat(40), 15, "ada"), Strength::Repeated);
        assert_eq!(Strength::of("xxx", 15, "ada"), Strength::Short(12));
    }
}
