//! Why a form was refused.

use leptos::prelude::*;

use crate::submission::Submission;
use crate::visitor::CurrentVisitor;

/// The sentence about a form's last attempt. The element is there from the start, so that screen readers
/// notice when it gets a text; it can take the focus.
#[component]
pub fn Alert(submission: Submission) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let sentence =
        move || submission.failure.with(|error| error.as_ref().map(|error| visitor.text().error(error)));
    view! { <p class="alert" role="alert" tabindex="-1">{sentence}</p> }
}
