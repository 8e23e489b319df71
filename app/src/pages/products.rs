//! What is for sale.

use leptos::prelude::*;

use crate::text::say;

/// The products, in a list.
#[component]
pub fn Products() -> impl IntoView {
    view! {
        <h1 tabindex="-1">{say(|text| text.products_heading)}</h1>
        <ul class="products">
            <li>{say(|text| text.product_names[0])}</li>
            <li>{say(|text| text.product_names[1])}</li>
            <li>{say(|text| text.product_names[2])}</li>
            <li>{say(|text| text.product_names[3])}</li>
        </ul>
    }
}
