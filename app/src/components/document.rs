//! What belongs to the page but stands outside of `<body>`: title, language, colours, focus.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::hooks::use_location;
use web_sys::{FocusOptions, HtmlElement};

use crate::routes::Page;
use crate::visitor::CurrentVisitor;

/// Keeps the document in step with visitor and address. The server has written the first state.
#[component]
pub fn Document() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let path = use_location().pathname;
    Effect::new(move |last: Option<String>| {
        let path = path.get();
        let page = Page::shown_at(&path, visitor.has_inspector());
        document().set_title(&title(page, visitor));
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("lang", visitor.language().as_str());
            let _ = html.set_attribute("data-theme", visitor.theme().as_str());
            let _ = html.set_attribute("data-ready", "");
        }
        if last.is_some_and(|last| last != path) {
            request_animation_frame(focus_heading);
        }
        path
    });
}

/// The title of a page: its own, then the site's.
#[must_use]
pub fn title(page: &Page, visitor: CurrentVisitor) -> String {
    [(page.title)(visitor.text()), " · ", &visitor.brand()].concat()
}

/// After a navigation without a reload, screen readers begin at the new page's heading.
fn focus_heading() {
    if let Ok(Some(heading)) = document().query_selector("h1") {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = heading.unchecked_into::<HtmlElement>().focus_with_options(&options);
    }
}
