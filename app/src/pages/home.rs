//! The start page.

use leptos::prelude::*;

use crate::routes::{PRODUCTS, REGISTER};
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Says hello, and invites guests.
#[component]
pub fn Home() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let invitation = move || {
        (!visitor.is_signed_in())
            .then(|| view! { <a class="button" href=REGISTER>{say(|text| text.create_account)}</a> })
    };
    view! {
        <h1 tabindex="-1">{say(|text| text.home_heading)}</h1>
        <p class="lead">{say(|text| text.home_lead)}</p>
        <p class="actions">
            {invitation} <a class="button quiet" href=PRODUCTS>{say(|text| text.products)}</a>
        </p>
    }
}
