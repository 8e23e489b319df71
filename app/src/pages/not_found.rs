//! For every path without a page.

use leptos::prelude::*;

use crate::routes::HOME;
use crate::text::say;

/// Says so, and shows the way back.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <h1 tabindex="-1">{say(|text| text.not_found)}</h1>
        <p class="lead">{say(|text| text.not_found_lead)}</p>
        <a class="button" href=HOME>{say(|text| text.back_home)}</a>
    }
}
