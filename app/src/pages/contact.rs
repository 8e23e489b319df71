//! A page for members.

use leptos::prelude::*;

use crate::text::say;

/// The Contact page.
#[component]
pub fn Contact() -> impl IntoView {
    view! {
        <h1 tabindex="-1">{say(|text| text.contact_heading)}</h1>
        <p class="lead">{say(|text| text.contact_lead)}</p>
    }
}
