//! What the server lists of an account: where it is signed in, and what happened to it.

use contract::{EventsView, SessionsView};
use leptos::prelude::*;

use crate::browser::in_background;
use crate::handed::{Reader, handed};
use crate::requests;
use crate::routes::{EVENTS, SESSIONS};

/// The lists as the server has given them, shared by all that shows and changes them.
#[derive(Clone, Copy)]
pub struct AccountLists {
    /// As JSON.
    listed: RwSignal<Option<String>>,
    reader: Reader,
}

impl AccountLists {
    /// What came along with the page, or nothing yet.
    #[must_use]
    pub fn of_page() -> Self {
        let (listed, reader) = handed();
        Self { listed, reader }
    }

    /// Asks the server again.
    pub fn refresh(self) {
        in_background(Box::pin(async move {
            if let Ok(sessions) = requests::get(SESSIONS).await {
                // Without it the devices are shown all the same.
                let events = requests::get(EVENTS).await.unwrap_or_else(|_| "{}".to_owned());
                let both = ["[", &sessions, ",", &events, "]"].concat();
                // The visitor may have left the page meanwhile.
                let _ = self.listed.try_set(Some(both));
            }
        }));
    }

    /// Whether nothing came along with the page.
    #[must_use]
    pub fn are_missing(self) -> bool {
        self.listed.with_untracked(Option::is_none)
    }

    /// Where the account is signed in.
    #[must_use]
    pub fn sessions(self) -> Option<SessionsView> {
        self.now().map(|(sessions, _)| sessions)
    }

    /// What happened to it, the latest first.
    #[must_use]
    pub fn events(self) -> EventsView {
        self.now().map(|(_, events)| events).unwrap_or_default()
    }

    fn now(self) -> Option<(SessionsView, EventsView)> {
        self.listed.with(|json| json.as_deref().and_then(self.reader.account))
    }
}
