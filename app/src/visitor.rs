//! Who is here: the signals that every part of a page reads, and what refreshes them.

use contract::{Language, Theme, Whoami};
use leptos::ev;
use leptos::prelude::*;

use crate::browser::{in_background, in_browser};
use crate::text::Text;
use crate::{Visit, requests};

/// The visitor as the pages see them. Each signal changes only when its value does, so choosing a
/// theme redraws no form that somebody is filling in.
#[derive(Clone, Copy)]
pub struct CurrentVisitor {
    username: RwSignal<Option<String>>,
    language: RwSignal<Language>,
    theme: RwSignal<Theme>,
    remembered_username: StoredValue<Option<String>>,
    brand: StoredValue<String>,
    password_minimum: usize,
    inspector: bool,
    /// How many answers were heard: an older one that comes late must not undo a newer.
    answers: StoredValue<u32>,
}

impl CurrentVisitor {
    /// Takes over what the server knew.
    #[must_use]
    pub fn new(visit: Visit) -> Self {
        Self {
            username: RwSignal::new(visit.whoami.username),
            language: RwSignal::new(visit.whoami.language),
            theme: RwSignal::new(visit.whoami.theme),
            remembered_username: StoredValue::new(visit.remembered_username),
            brand: StoredValue::new(visit.brand),
            password_minimum: visit.password_minimum,
            inspector: visit.inspector,
            answers: StoredValue::new(0),
        }
    }

    /// The visitor of this page.
    #[must_use]
    pub fn current() -> Self {
        expect_context()
    }

    /// The name of whoever is signed in.
    #[must_use]
    pub fn username(self) -> Option<String> {
        self.username.get()
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub fn is_signed_in(self) -> bool {
        self.username.with(Option::is_some)
    }

    /// The language that holds.
    #[must_use]
    pub fn language(self) -> Language {
        self.language.get()
    }

    /// The theme that holds.
    #[must_use]
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// The sentences in the language that holds.
    #[must_use]
    pub fn text(self) -> &'static Text {
        Text::of(self.language.get())
    }

    /// The site's name.
    #[must_use]
    pub fn brand(self) -> String {
        self.brand.get_value()
    }

    /// Fewest characters of a new password.
    #[must_use]
    pub const fn password_minimum(self) -> usize {
        self.password_minimum
    }

    /// Whether visitors may look inside their session.
    #[must_use]
    pub const fn has_inspector(self) -> bool {
        self.inspector
    }

    /// The name to fill into the sign-in form.
    #[must_use]
    pub fn remembered_username(self) -> Option<String> {
        self.remembered_username.get_value()
    }

    /// Follows what the sign-in form has just made of the cookie, which scripts cannot read.
    pub fn remember_username(self, username: Option<String>) {
        self.remembered_username.set_value(username);
    }

    /// Takes over what the server says now.
    pub fn update(self, whoami: Whoami) {
        self.answers.update_value(|count| *count = count.wrapping_add(1));
        if self.username.with_untracked(|username| *username != whoami.username) {
            self.username.set(whoami.username);
        }
        if self.language.get_untracked() != whoami.language {
            self.language.set(whoami.language);
        }
        if self.theme.get_untracked() != whoami.theme {
            self.theme.set(whoami.theme);
        }
    }

    /// Asks the server again when the browser shows a page from its back-forward cache and when the
    /// tab comes back to the front: the session may have ended meanwhile, or begun in another tab.
    pub fn stay_current(self) {
        in_browser(Box::new(move || {
            window_event_listener(ev::pageshow, move |event| {
                if event.persisted() {
                    self.refresh();
                }
            });
            window_event_listener(ev::Custom::<web_sys::Event>::new("visibilitychange"), move |_| {
                if !document().hidden() {
                    self.refresh();
                }
            });
        }));
    }

    /// Asks the server again if a page has learnt that somebody else is here, or nobody.
    pub(crate) fn notice(self, username: Option<&str>) {
        if self.username.with_untracked(|known| known.as_deref() != username) {
            self.refresh();
        }
    }

    fn refresh(self) {
        let asked_at = self.answers.get_value();
        in_background(Box::pin(async move {
            if let Ok(whoami) = requests::whoami().await
                && self.answers.get_value() == asked_at
            {
                self.update(whoami);
            }
        }));
    }
}
