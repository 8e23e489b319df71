//! The first stop of the keyboard.

use leptos::prelude::*;

use crate::text::say;

/// Passes over the navbar. Without `rel="external"` the router would take the click as a navigation.
#[component]
pub fn SkipLink() -> impl IntoView {
    view! { <a class="skip" href="#content" rel="external">{say(|text| text.skip)}</a> }
}
