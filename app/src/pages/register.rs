//! The registration form.

use contract::{NextPath, query_value};
use leptos::ev::Event;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_url;

use crate::components::{Alert, PasswordField, SubmitButton, UsernameField};
use crate::routes::LOGIN;
use crate::server_fns::Register as RegisterCall;
use crate::strength::{Strength, name_beside, new_password};
use crate::submission::Submission;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Creates an account and signs in to it; what comes next is as on the sign-in page.
#[component]
pub fn Register() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let url = use_url();
    let typed = move |name| url.with_untracked(|url| query_value(url.search(), name));
    let next = move || url.with(|url| NextPath::from_query(url.search()));
    let submission = Submission::new(typed("error").and_then(|error| error.parse().ok()));
    let on_submit = move |event| submission.send(&event, Box::new(move |whoami, _| visitor.update(whoami)));
    let username_hint = Signal::derive(move || visitor.text().username_hint.to_owned());
    let written = RwSignal::new(None);
    let on_input = move |event: Event| {
        if let typed @ Some(_) = new_password(&event) {
            written.set(typed);
        }
    };
    let password_hint = Signal::derive(move || {
        let minimum = visitor.password_minimum();
        let strength = written.with(|written: &Option<String>| match written {
            Some(written) => Strength::of(written, minimum, &name_beside()),
            None => Strength::Empty,
        });
        strength.words(visitor.text(), minimum)
    });

    view! {
        <form class="card" method="post" action=RegisterCall::url() on:submit=on_submit on:input=on_input>
            <h1 tabindex="-1">{say(|text| text.create_account)}</h1>
            <Alert submission/>
            <input type="hidden" name="next" value=move || next().to_string()/>
            <UsernameField submission value=typed("username").unwrap_or_default() hint=username_hint/>
            <PasswordField submission autocomplete="new-password" hint=password_hint/>
            <SubmitButton submission label=|text| text.create_account/>
            <p class="hint">
                {say(|text| text.have_account)} " "
                <a href=move || next().link_from(LOGIN)>{say(|text| text.sign_in)}</a>
            </p>
        </form>
    }
}
