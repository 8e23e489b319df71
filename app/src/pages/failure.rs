//! When the server cannot answer with a page.

use leptos::prelude::*;

use crate::routes::HOME;
use crate::text::Text;

/// What happened and the way back. It stands alone: neither router nor visitor may be at hand.
#[component]
pub fn Failure(text: &'static Text, #[prop(into)] sentence: String) -> impl IntoView {
    view! {
        <main id="content">
            <h1>{text.trouble}</h1>
            <p class="lead">{sentence}</p>
            <a class="button" href=HOME>{text.back_home}</a>
        </main>
    }
}
