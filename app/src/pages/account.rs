//! The visitor's own page.

use leptos::prelude::*;

use crate::components::{Devices, LogoutForm};
use crate::text::{around, say};
use crate::visitor::CurrentVisitor;

/// Who is signed in and where, and the way out.
#[component]
pub fn Account() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let lead = move || around(visitor.text().account_lead, &visitor.username().unwrap_or_default());
    view! {
        <h1 tabindex="-1">{say(|text| text.account)}</h1>
        <p class="lead">{lead}</p>
        <Devices/>
        <LogoutForm/>
    }
}
