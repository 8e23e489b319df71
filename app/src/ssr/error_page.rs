//! A page for failures that leave no other.

use contract::ApiError;
use leptos::prelude::*;

use super::Assets;
use super::shell::document;
use crate::Visit;
use crate::pages::Failure;
use crate::routes::HOME;
use crate::text::Text;

/// The whole document about a failure, in the visitor's language and colours. It needs no script and no
/// store.
#[must_use]
pub fn error_page(visit: &Visit, assets: &Assets, error: &ApiError) -> String {
    let text = Text::of(visit.whoami.language);
    let brand = visit.brand.clone();
    let sentence = text.error(error);
    let title = [text.trouble, " · ", &brand].concat();
    Owner::new_root(None).with(|| {
        let body = view! {
            <header><nav aria-label=text.navigation><a class="brand" href=HOME>{brand}</a></nav></header>
            <Failure text sentence/>
        };
        document(visit, assets, title, (), body).to_html()
    })
}

#[cfg(test)]
mod tests {
    use contract::{Language, Whoami};

    use super::*;

    #[test]
    fn it_is_a_whole_document_in_the_visitors_language() {
        let whoami = Whoami { language: Language::De, ..Whoami::default() };
        let visit = Visit { whoami, brand: "<My>App".into(), ..Visit::default() };
        let html = error_page(&visit, &Assets::unhashed(), &ApiError::Unavailable { retry_after: 5 });
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"de\" data-theme=\"system\">"), "{html}");
        assert!(html.contains("Das hat nicht geklappt"));
        assert!(!html.contains("<My>") && !html.contains("<script"));
    }
}
