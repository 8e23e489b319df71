//! Who sees a page, as the browser decides it. The server has answered a direct request before any
//! of this runs.

use contract::NextPath;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_url};
use leptos_router::location::Url;

use crate::eager::erase;
use crate::routes::{Access, LOGIN, Page};
use crate::visitor::CurrentVisitor;

/// The page for those who may see it; everybody else is sent on, also when they lose or gain the
/// right while they look at it.
#[must_use]
pub fn guarded(page: &'static Page) -> AnyView {
    let visitor = CurrentVisitor::current();
    let page = Page::shown_at(page.path, visitor.has_inspector());
    if page.access == Access::Everyone {
        return (page.view)();
    }
    let is_admitted = move || page.access.admits(visitor.is_signed_in());
    let (url, path, navigate) = (use_url(), use_location().pathname, use_navigate());
    // The router's own path: the page's `url` stays as it was when the visitor leaves.
    let is_still_here =
        move || path.with_untracked(|path| Page::at(path).is_some_and(|at| at.path == page.path));
    // Before the address bar shows this page there is no entry of the history to replace.
    let is_shown =
        move || window().location().pathname().is_ok_and(|shown| path.with_untracked(|path| *path == shown));
    Effect::new(move || {
        if !is_admitted() && is_still_here() {
            let target = url.with_untracked(|url| destination(page.access, url));
            navigate(&target, NavigateOptions { replace: is_shown(), ..NavigateOptions::default() });
        }
    });
    erase(move || is_admitted().then(page.view))
}

/// To the sign-in form, which remembers where to go afterwards; from that form, to there.
fn destination(access: Access, url: &Url) -> String {
    if access == Access::GuestOnly {
        let next = NextPath::from_query(url.search());
        // The server has never seen the fragment of the page that was asked for: it is still here.
        let fragment = if next.as_str().contains('#') { "" } else { url.hash() };
        return [next.as_str(), fragment].concat();
    }
    let query = if url.search().is_empty() { "" } else { "?" };
    NextPath::parse(&[url.path(), query, url.search(), url.hash()].concat()).link_from(LOGIN)
}
