//! The HTML document around a page.

use http::StatusCode;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_router::location::RequestUrl;

use super::Assets;
use crate::routes::Page;
use crate::text::Text;
use crate::{App, Visit};

/// A page with its document, for `leptos_routes_with_context`. It needs [`Visit`] and [`Assets`] in
/// context, and says 404 for a path without a page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let visit = use_context::<Visit>().unwrap_or_default();
    let assets = use_context::<Assets>().unwrap_or_else(Assets::unhashed);
    let url = use_context::<RequestUrl>().unwrap_or_default();
    let path = url.as_ref().parse::<http::Uri>().map_or_else(|_| String::new(), |uri| uri.path().to_owned());
    let page = Page::shown_at(&path, visit.inspector);
    if let (None, Some(response)) = (Page::at(&path), use_context::<ResponseOptions>()) {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let title = [(page.title)(Text::of(visit.whoami.language)), " · ", &visit.brand].concat();
    let head = (view! { <AutoReload options/> }, scripts(&assets));
    document(&visit, &assets, title, head, view! { <App/> })
}

/// `<html>` with its first state: nothing about it has to change once a script runs.
pub(super) fn document<Head: IntoView, Body: IntoView>(
    visit: &Visit,
    assets: &Assets,
    title: String,
    head: Head,
    body: Body,
) -> impl IntoView + use<Head, Body> {
    view! {
        <!DOCTYPE html>
        <html lang=visit.whoami.language.as_str() data-theme=visit.whoami.theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{title}</title>
                <link rel="stylesheet" href=assets.css.clone()/>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg"/>
                {head}
            </head>
            <body>{body}</body>
        </html>
    }
}

/// Loads the WebAssembly while the page is read, and hands the page over to it.
fn scripts(assets: &Assets) -> impl IntoView + use<> {
    let Assets { js, wasm, .. } = assets.clone();
    // A script, not `<link rel=preload>`: browsers without scripts would follow that for nothing.
    let fetch = format!("self.wasm=fetch({wasm:?})");
    let start =
        format!("import start,{{hydrate}}from{js:?};start({{module_or_path:self.wasm}}).then(hydrate)");
    view! {
        <script nonce=use_nonce()>{fetch}</script>
        <link rel="modulepreload" href=js/>
        <script type="module" nonce=use_nonce()>{start}</script>
    }
}
