//! What the server gives along with a page, so that the browser need not ask for it at once: an answer of the
//! REST API, as JSON. Signals hold it as text and views read it when they draw, so that all such pages share
//! one type of signal; each further one would be compiled anew for the browser.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use contract::{EventsView, SessionsView};
use leptos::prelude::*;

use crate::inspection::Inspection;
use crate::requests;

/// The answer, and how to read it. Only the first travels inside the HTML; it is empty if there is none.
#[derive(Clone)]
pub struct Handed {
    /// JSON.
    pub json: String,
    /// The parser of this side.
    pub reader: Reader,
}

impl Default for Handed {
    /// Nothing, and the browser's parser.
    fn default() -> Self {
        let reader = Reader { inspection: requests::inspection_from, account: requests::account_from };
        Self { json: String::new(), reader }
    }
}

impl fmt::Display for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.json)
    }
}

impl FromStr for Handed {
    type Err = Infallible;

    fn from_str(raw: &str) -> Result<Self, Infallible> {
        Ok(Self { json: raw.to_owned(), ..Self::default() })
    }
}

/// How JSON is read: browsers have a parser of their own.
#[derive(Clone, Copy)]
pub struct Reader {
    /// `contract::InspectionView`.
    pub inspection: fn(&str) -> Option<Inspection>,
    /// A list of both.
    pub account: fn(&str) -> Option<(SessionsView, EventsView)>,
}

/// What the server gave, and how to read it. `None` on a page that the browser went to by itself, and where the
/// server could not tell.
pub(crate) fn handed() -> (RwSignal<Option<String>>, Reader) {
    let Handed { json, reader } =
        SharedValue::new_str(|| use_context::<Handed>().unwrap_or_default()).into_inner();
    (RwSignal::new(Some(json).filter(|json| !json.is_empty())), reader)
}
