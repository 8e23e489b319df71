//! Where the account is signed in, and signing out there.

use contract::{SessionSummary, SessionsView};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::browser::{in_background, in_browser};
use crate::components::{Alert, moment};
use crate::handed::{Reader, handed};
use crate::markup::Markup;
use crate::requests;
use crate::routes::SESSIONS;
use crate::server_fns::{EndOtherSessions, EndSession};
use crate::submission::Submission;
use crate::text::{Text, say};
use crate::visitor::CurrentVisitor;

/// The list as the server has given it, shared by all that changes it.
#[derive(Clone, Copy)]
pub struct DeviceList {
    /// As JSON.
    listed: RwSignal<Option<String>>,
    reader: Reader,
}

impl DeviceList {
    /// What came along with the page, or nothing yet.
    #[must_use]
    pub fn of_page() -> Self {
        let (listed, reader) = handed();
        Self { listed, reader }
    }

    /// Asks the server again.
    pub fn refresh(self) {
        in_background(Box::pin(async move {
            if let Ok(sessions) = requests::get(SESSIONS).await {
                // The visitor may have left the page meanwhile.
                let _ = self.listed.try_set(Some(sessions));
            }
        }));
    }

    fn now(self) -> Option<SessionsView> {
        self.listed.with(|json| json.as_deref().and_then(self.reader.sessions))
    }
}

/// The list, with a button for each other device and one for all of them. Where sessions cannot be listed it
/// says so.
#[component]
pub fn Devices(list: DeviceList) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let submission = Submission::new(None);
    in_browser(Box::new(move || {
        // A device that could not be signed out may be gone already.
        if submission.failure.with(Option::is_some) || list.listed.with_untracked(Option::is_none) {
            list.refresh();
        }
    }));
    let on_submit = move |event: SubmitEvent| {
        let on_success = move |whoami, _| {
            visitor.update(whoami);
            list.refresh();
            focus_heading();
        };
        submission.send(&event, Box::new(on_success));
    };
    let devices = move || {
        let sessions = list.now().map(|listed| listed.sessions).unwrap_or_default();
        Markup::default().each(sessions, |html, one| device(html, &one, visitor.text())).into_string()
    };
    let hint = move || {
        let is_complete = list.now().is_none_or(|listed| listed.complete);
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
