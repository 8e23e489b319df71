//! Asks before signing out, for whoever follows a link here.

use leptos::prelude::*;

use crate::components::LogoutForm;
use crate::eager::erase;
use crate::routes::HOME;
use crate::text::say;
use crate::visitor::CurrentVisitor;

/// The question and the button.
#[component]
pub fn Logout() -> impl IntoView {
    let visitor = CurrentVisitor::current();
    let member = || {
        view! {
            <p class="lead">{say(|text| text.log_out_lead)}</p>
            <LogoutForm/>
        }
    };
    let guest = || {
        view! {
            <p class="lead">{say(|text| text.signed_out_lead)}</p>
            <a class="button" href=HOME>{say(|text| text.back_home)}</a>
        }
    };
    view! {
        <h1 tabindex="-1">{say(|text| text.log_out)}</h1>
        {move || if visitor.is_signed_in() { erase(member()) } else { erase(guest()) }}
    }
}
