//! What goes along with a page.

use contract::{EventView, EventsView, InspectionView, LimitView, SessionKind, SessionsView};
use leptos::prelude::*;
use leptos::serde_json;

use crate::handed::{Handed, Reader};
use crate::inspection::{InspectedEvent, InspectedRecord, Inspection, Limit};

/// The data of a page that shows more than who is here, as the REST API would give it.
#[derive(Clone, Debug)]
pub struct Enclosure(String);

impl Enclosure {
    /// For the inspector; `None` if nobody can tell at present.
    #[must_use]
    pub fn inspection(view: Option<&InspectionView>) -> Self {
        // `NO_ANSWER` is JSON's null, too.
        Self(serde_json::to_string(&view).unwrap_or_default())
    }

    /// For the account page.
    #[must_use]
    pub fn account(sessions: &SessionsView, events: &EventsView) -> Self {
        Self(serde_json::to_string(&(sessions, events)).unwrap_or_default())
    }

    /// Puts it into the page's context, for rendering and for the browser.
    pub fn provide(&self) {
        let reader = Reader {
            inspection: |json| serde_json::from_str(json).ok().map(inspection),
            account: |json| serde_json::from_str(json).ok(),
        };
        provide_context(Handed { json: self.0.clone(), reader });
    }
}

fn inspection(view: InspectionView) -> Inspection {
    Inspection {
        is_client_side: view.kind == SessionKind::ClientSide,
        store: view.store,
        cookie: view.cookie.name,
        attributes: view.cookie.attributes,
        size: view.cookie.size,
        holds: view.cookie.holds,
        payload: view.cookie.payload.map(|payload| format!("{payload:#}")),
        record: view.record.map(|record| InspectedRecord {
            values: record.values.into_iter().map(|(key, value)| (key, value.to_string())).collect(),
            permanent: record.permanent,
            version: record.version.to_string(),
            created_at: record.created_at,
            last_seen: record.last_seen,
            idle: limit(&record.idle),
            absolute: limit(&record.absolute),
        }),
        events: view.events.into_iter().map(event).collect(),
    }
}

const fn limit(view: &LimitView) -> Limit {
    Limit { seconds: view.seconds, left: view.left }
}

fn event(view: EventView) -> InspectedEvent {
    let detail = view.reason.unwrap_or_else(|| view.keys.join(", "));
    InspectedEvent { at: view.at, event: view.event, detail }
}
