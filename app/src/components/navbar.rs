//! The bar on top: where to go, and who is here.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::components::LogoutForm;
use crate::eager::erase;
use crate::routes::{ABOUT, ACCOUNT, CONTACT, HOME, LOGIN, PRODUCTS, REGISTER};
use crate::text::{Text, around, say};
use crate::visitor::CurrentVisitor;

/// Links and greeting in one `<nav>`.
#[component]
pub fn Navbar() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    view! {
        <header>
            <nav aria-label=say(|text| text.navigation)>
                <a class="brand" href=HOME>{visitor.brand()}</a>
                <div class="links">
                    <NavLink path=HOME label=|text| text.home/>
                    <NavLink path=ABOUT label=|text| text.about/>
                    <NavLink path=CONTACT label=|text| text.contact/>
                    <NavLink path=PRODUCTS label=|text| text.products/>
                </div>
                {move || match visitor.username() {
                    Some(username) => erase(member(username)),
                    None => erase(guest()),
                }}
            </nav>
        </header>
    }
}

fn guest() -> impl IntoView {
    view! {
        <div class="visitor">
            <NavLink path=LOGIN label=|text| text.sign_in/>
            <NavLink path=REGISTER label=|text| text.register/>
        </div>
    }
}

fn member(username: String) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    view! {
        <span class="greeting">{move || around(visitor.text().welcome, &username)}</span>
        <div class="visitor">
            <NavLink path=ACCOUNT label=|text| text.account/>
            <LogoutForm/>
        </div>
    }
}

/// A link which says whether it leads to the page that is shown.
#[component]
pub(super) fn NavLink(path: &'static str, label: fn(&Text) -> &'static str) -> impl IntoView {
    let shown = use_location().pathname;
    let current = move || shown.with(|shown| shown == path).then_some("page");
    view! { <a href=path aria-current=current>{say(label)}</a> }
}
