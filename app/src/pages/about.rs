//! A page for members.

use leptos::prelude::*;

use crate::text::say;

/// The About page.
#[component]
pub fn About() -> impl IntoView {
    view! {
        <h1 tabindex="-1">{say(|text| text.about_heading)}</h1>
        <p class="lead">{say(|text| text.about_lead)}</p>
    }
}
