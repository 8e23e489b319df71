//! The sign-in form.

use contract::{NextPath, query_value};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_url;

use crate::components::{Alert, PasswordField, SubmitButton, UsernameField, no_hint};
use crate::routes::REGISTER;
use crate::server_fns::{Login as LoginCall, REMEMBER_USERNAME};
use crate::submission::Submission;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Signs in. The guard of this page then leads on to where the visitor wanted to go. An attempt
/// without JavaScript comes back here with its failure and what was typed in the query.
#[component]
pub fn Login() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let url = use_url();
    let typed = move |name| url.with_untracked(|url| query_value(url.search(), name));
    let next = move || url.with(|url| NextPath::from_query(url.search()));
    let remembered = visitor.remembered_username();
    let is_remembered = remembered.is_some() || typed(REMEMBER_USERNAME).is_some();
    let submission = Submission::new(typed("error").and_then(|error| error.parse().ok()));
    let on_submit = move |event| {
        submission.send(
            &event,
            Box::new(move |whoami, fields| {
                let is_ticked = fields.has(REMEMBER_USERNAME);
                visitor.remember_username(fields.get("username").as_string().filter(|_| is_ticked));
                visitor.update(whoami);
            }),
        );
    };

    view! {
        <form class="card" method="post" action=LoginCall::url() on:submit=on_submit>
            <h1 tabindex="-1">{say(|text| text.sign_in)}</h1>
            <Alert submission/>
            <input type="hidden" name="next" value=move || next().to_string()/>
            <UsernameField submission value=typed("username").or(remembered).unwrap_or_default() hint=no_hint()/>
            <PasswordField submission autocomplete="current-password" hint=no_hint()/>
            <label class="check">
                <input type="checkbox" name="keep_signed_in" value="true" checked=typed("keep_signed_in").is_some()/>
                {say(|text| text.keep_signed_in)}
            </label>
            <label class="check">
                <input type="checkbox" name=REMEMBER_USERNAME value="true" checked=is_remembered/>
                {say(|text| text.remember_username)}
            </label>
            <SubmitButton submission label=|text| text.sign_in/>
            <p class="hint">
                {say(|text| text.new_here)} " "
                <a href=move || next().link_from(REGISTER)>{say(|text| text.create_account)}</a>
            </p>
        </form>
    }
}
