//! The visitor's own page.
//!
//! What asks for a recent sign-in may be refused for the want of one. With JavaScript a dialog then asks for the
//! password, and the interrupted form is sent once more by itself, with what was typed into it. Without, the
//! server leads back here, and the same dialog stands in the page; its answer ends the sessions that were to end.
//! A new password is typed again: it must not travel in an address.

use contract::query_value;
use leptos::prelude::*;
use leptos_router::hooks::use_url;

use crate::components::{AccountLists, Asked, Devices, Events, LogoutForm, OwnForms};
use crate::text::{around, say};
use crate::visitor::CurrentVisitor;

/// Who is signed in and where, what they can change, and the way out.
#[component]
pub fn Account() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let url = use_url();
    let value = move |name| url.with_untracked(|url| query_value(url.search(), name));
    let asked = Asked {
        form: value("form").unwrap_or_default(),
        failure: value("error").and_then(|error| error.parse().ok()),
        end: value("end").unwrap_or_default(),
        done: value("done").is_some(),
    };
    let lists = AccountLists::of_page();
    let lead = move || around(visitor.text().account_lead, &visitor.username().unwrap_or_default());
    view! {
        <h1 tabindex="-1">{say(|text| text.account)}</h1>
        <p class="lead">{lead}</p>
        <Devices lists/>
        <OwnForms lists asked/>
        <Events lists/>
        <LogoutForm/>
    }
}
