//! What happened to the account, for its owner to look over.

use contract::{AccountEventView, SecurityEvent};
use leptos::prelude::*;

use crate::components::{AccountLists, moment};
use crate::markup::Markup;
use crate::text::Text;
use crate::visitor::CurrentVisitor;

/// The last events of the account, folded up: one does not look at them every day.
#[component]
pub fn Events(lists: AccountLists) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let html = move || {
        let text = visitor.text();
        let html = Markup::default().html("<summary>").text(text.inspector.events);
        let html = html.html("</summary><p class=\"hint\">").text(text.happened.hint);
        let html = html.html("</p><ul class=\"rows\">");
        let html = html.each(lists.events().events, |html, one| event(html, &one, text));
        html.html("</ul>").into_string()
    };
    view! { <details class="card" id="events" inner_html=html></details> }
}

fn event(html: Markup, event: &AccountEventView, text: &Text) -> Markup {
    let html = html.html("<li><div><b>").text(name(event.event, text));
    let html = if event.count > 1 { html.html(" × ").text(&event.count.to_string()) } else { html };
    let html = html.html("</b><p class=\"hint\">").text(&event.address).html(" · ");
    let html = html.text(event.device.as_deref().unwrap_or(text.devices.unknown)).html(" · ");
    html.text(&moment(&event.at)).html("</p></div></li>")
}

fn name(event: SecurityEvent, text: &Text) -> &'static str {
    let words = &text.happened;
    match event {
        SecurityEvent::Registered => words.registered,
        SecurityEvent::SignedIn => words.signed_in,
        SecurityEvent::SignInConfirmed => words.confirmed,
        SecurityEvent::SignInFailed => words.failed,
        SecurityEvent::SignedOut => words.signed_out,
        SecurityEvent::SessionRevoked => words.revoked,
        SecurityEvent::SessionsRevoked => words.others_revoked,
        SecurityEvent::SessionsDisplaced => words.displaced,
        SecurityEvent::PasswordChanged => words.password_changed,
        // Kept for no account.
        SecurityEvent::AccountThrottled
        | SecurityEvent::Throttled
        | SecurityEvent::NextRefused
        | SecurityEvent::AccountRemoved => event.name(),
    }
}
