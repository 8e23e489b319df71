//! The button that ends the session: a form, since a link must never sign anybody out.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use crate::routes::HOME;
use crate::server_fns::Logout;
use crate::submission::Submission;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Signs out and goes to the start page.
#[component]
pub fn LogoutForm() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let submission = Submission::new(None);
    let navigate = use_navigate();
    let on_submit = move |event| {
        let navigate = navigate.clone();
        let on_success = move |whoami, _| {
            // In this order: a guest who still stood on a members' page would be asked to sign in.
            navigate(HOME, NavigateOptions::default());
            visitor.update(whoami);
        };
        submission.send(&event, Box::new(on_success));
    };
    view! {
        <form method="post" action=Logout::url() on:submit=on_submit>
            <button class="quiet" disabled=move || submission.pending.get()>{say(|text| text.log_out)}</button>
        </form>
    }
}
