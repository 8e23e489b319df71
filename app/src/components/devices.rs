//! Where the account is signed in, and signing out there.

use contract::SessionSummary;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser::in_browser;
use crate::components::{AccountLists, Alert, moment};
use crate::markup::Markup;
use crate::server_fns::{EndOtherSessions, EndSession};
use crate::submission::Submission;
use crate::text::{Text, say};
use crate::visitor::CurrentVisitor;

/// The list, with a button for each other device and one for all of them. Where sessions cannot be listed it
/// says so.
#[component]
pub fn Devices(lists: AccountLists) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let submission = Submission::new(None);
    in_browser(Box::new(move || {
        // A device that could not be signed out may be gone already.
        if submission.failure.with(Option::is_some) || lists.are_missing() {
            lists.refresh();
        }
    }));
    let on_submit = move |event: SubmitEvent| {
        let on_success = move |whoami, _| {
            visitor.update(whoami);
            lists.refresh();
            focus_heading();
        };
        submission.send(&event, Box::new(on_success));
    };
    let devices = move || {
        let sessions = lists.sessions().map(|listed| listed.sessions).unwrap_or_default();
        Markup::default().each(sessions, |html, one| device(html, &one, visitor.text())).into_string()
    };
    let hint = move || {
        let is_complete = lists.sessions().is_none_or(|listed| listed.complete);
        if is_complete { "" } else { visitor.text().devices.not_listed }
    };
    view! {
        <section class="card devices">
            <h2 id="devices" tabindex="-1">{say(|text| text.devices.heading)}</h2>
            <Alert submission/>
            <form method="post" action=EndSession::url() on:submit=on_submit><ul class="rows" inner_html=devices></ul></form>
            <p class="hint">{hint}</p>
            <form method="post" action=EndOtherSessions::url() on:submit=on_submit>
                <button class="quiet" disabled=move || submission.pending.get()>
                    {say(|text| text.devices.end_others)}
                </button>
            </form>
        </section>
    }
}

fn device(html: Markup, session: &SessionSummary, text: &Text) -> Markup {
    let words = &text.devices;
    let name = session.device.as_deref().unwrap_or(words.unknown);
    let html = html.html("<li><div><b>").text(name).html("</b><p class=\"hint\">");
    let html = match &session.address {
        Some(address) => html.text(address).html(" · "),
        None => html,
    };
    let html = html.text(words.signed_in).html(" ").text(&moment(&session.created_at));
    let html = html.html(" · ").text(words.last_seen).html(" ").text(&moment(&session.last_seen));
    let html = html.html("</p></div>");
    let html = if session.current {
        html.html("<span class=\"tag\">").text(words.this_one).html("</span>")
    } else {
        let html = html.html("<button class=\"quiet\" name=\"handle\" value=\"").text(&session.handle);
        let html = html.html("\" aria-label=\"").text(words.end).html(": ").text(name).html("\">");
        html.text(words.end).html("</button>")
    };
    html.html("</li>")
}

/// The button that was pressed goes with its row; its focus goes to the list.
fn focus_heading() {
    if let Some(heading) = document().get_element_by_id("devices") {
        let _ = heading.unchecked_into::<HtmlElement>().focus();
    }
}
