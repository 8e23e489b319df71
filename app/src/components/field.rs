//! Fields of the sign-in and registration forms, each with its label, hint and fault.

use contract::{ApiError, Field};
use leptos::prelude::*;

use crate::browser::in_browser;
use crate::submission::Submission;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// Asks for a name.
#[component]
pub fn UsernameField(submission: Submission, value: String, hint: Signal<String>) -> impl IntoView {
    view! {
        <div class="field">
            <label for="username">{say(|text| text.username)}</label>
            <input
                id="username" name="username" type="text" value=value required
                autocomplete="username" autocapitalize="none" spellcheck="false"
                aria-describedby="username-hint username-fault"
                aria-invalid=invalid(submission, Field::Username)
            />
            <p class="hint" id="username-hint">{move || hint.get()}</p>
            <p class="fault" id="username-fault">{fault(submission, Field::Username)}</p>
        </div>
    }
}

/// Asks for a password: today's to sign in (`autocomplete` is `current-password`), or a new one. It can be shown
/// while it is typed; on its way to the server it is hidden again.
#[component]
pub fn PasswordField(
    submission: Submission,
    autocomplete: &'static str,
    hint: Signal<String>,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    in_browser(Box::new(move || {
        if submission.pending.get() {
            shown.set(false);
        }
    }));
    view! {
        <div class="field">
            <label for="password">{say(|text| text.password)}</label>
            <div class="revealing">
                <input
                    id="password" name="password" type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete required autocapitalize="none" spellcheck="false"
                    aria-describedby="password-hint password-fault"
                    aria-invalid=invalid(submission, Field::Password)
                />
                <button
                    type="button" class="reveal quiet" aria-controls="password"
                    aria-pressed=move || if shown.get() { "true" } else { "false" }
                    on:click=move |_| shown.update(|shown| *shown = !*shown)
                >
                    {say(|text| text.show_password)}
                </button>
            </div>
            <p class="hint" id="password-hint">{move || hint.get()}</p>
            <p class="fault" id="password-fault">{fault(submission, Field::Password)}</p>
        </div>
    }
}

/// A form without hints.
#[must_use]
pub fn no_hint() -> Signal<String> {
    Signal::stored(String::new())
}

fn fault(submission: Submission, field: Field) -> impl Fn() -> Option<String> + Copy + Send + 'static {
    let visitor = CurrentVisitor::current();
    move || {
        submission.failure.with(|error| {
            let faults = error.as_ref()?.fields();
            faults.iter().find(|one| one.field == field).map(|one| visitor.text().fault(one.fault))
        })
    }
}

/// Whether the failure is about this field.
fn invalid(
    submission: Submission,
    field: Field,
) -> impl Fn() -> Option<&'static str> + Copy + Send + 'static {
    move || {
        let is_invalid =
            submission.failure.with(|error| error.as_ref().is_some_and(|error| marks(error, field)));
        is_invalid.then_some("true")
    }
}

/// Whether a failure is about a field. A refused pair of name and password marks both, since neither is known to
/// be the right one.
pub(super) fn marks(error: &ApiError, field: Field) -> bool {
    match error {
        ApiError::InvalidCredentials => true,
        ApiError::WrongPassword => field != Field::NewPassword,
        ApiError::UsernameTaken => field == Field::Username,
        error => error.fields().iter().any(|one| one.field == field),
    }
}
