//! The button that sends a form.

use leptos::prelude::*;

use crate::submission::Submission;
use crate::text::Text;
use crate::visitor::CurrentVisitor;

/// Says so while an answer is awaited, and cannot be pressed twice.
#[component]
pub fn SubmitButton(submission: Submission, label: fn(&Text) -> &'static str) -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let pending = submission.pending;
    let words = move || if pending.get() { visitor.text().one_moment } else { label(visitor.text()) };
    view! { <button class="wide" disabled=move || pending.get()>{words}</button> }
}
