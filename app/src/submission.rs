//! A form on its way to the server, without a reload.

use contract::{ApiError, Whoami};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement};

use crate::browser::in_background;
use crate::confirmation;
use crate::requests;

/// The state of one form.
#[derive(Clone, Copy)]
pub struct Submission {
    /// Whether an answer is awaited.
    pub pending: RwSignal<bool>,
    /// Why the last attempt failed.
    pub failure: RwSignal<Option<ApiError>>,
}

impl Submission {
    /// A form at rest, perhaps after an attempt without JavaScript which has failed.
    #[must_use]
    pub fn new(failure: Option<ApiError>) -> Self {
        Self { pending: RwSignal::new(false), failure: RwSignal::new(failure) }
    }

    /// Sends a form to its own address in the background. `on_success` gets who is here now, and
    /// the fields that were sent.
    pub fn send(self, event: &SubmitEvent, on_success: Box<dyn FnOnce(Whoami, FormData)>) {
        event.prevent_default();
        if let Some((form, fields)) = form_of(event).filter(|_| !self.pending.get_untracked()) {
            self.attempt(form, fields, on_success);
        }
    }

    /// What is refused for the want of a recent sign-in is attempted once more after one. The form that was sent
    /// last carries a mark.
    fn attempt(self, form: HtmlFormElement, fields: FormData, on_success: Box<dyn FnOnce(Whoami, FormData)>) {
        if let Ok(Some(last)) = document().query_selector("[data-sent]") {
            let _ = last.remove_attribute("data-sent");
        }
        let _ = form.set_attribute("data-sent", "");
        self.pending.set(true);
        self.failure.set(None);
        in_background(Box::pin(async move {
            let answer = requests::post(&form.action(), &fields).await;
            self.pending.set(false);
            match answer {
                Ok(whoami) => {
                    // No password stays in a form.
                    form.reset();
                    on_success(whoami, fields);
                }
                Err(ApiError::RecentSignInRequired) if confirmation::can_ask() => {
                    confirmation::ask(Box::new(move || self.attempt(form, fields, on_success)));
                }
                Err(error) => self.fail(&form, error),
            }
        }));
    }

    fn fail(self, form: &HtmlFormElement, error: ApiError) {
        if matches!(error, ApiError::InvalidCredentials | ApiError::WrongPassword)
            && let Ok(Some(password)) = form.query_selector("[autocomplete=current-password]")
        {
            password.unchecked_into::<HtmlInputElement>().set_value("");
        }
        let place = if error.fields().is_empty() { "[role=alert]" } else { "[aria-invalid=true]" };
        self.failure.set(Some(error));
        let form = form.clone();
        // The next frame: only then does the page show what to look at.
        request_animation_frame(move || {
            if let Ok(Some(place)) = form.query_selector(place) {
                let _ = place.unchecked_into::<HtmlElement>().focus();
            }
        });
    }
}

/// The form and its fields; the button that was pressed is one of them.
fn form_of(event: &SubmitEvent) -> Option<(HtmlFormElement, FormData)> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let fields = FormData::new_with_form(&form).ok()?;
    if let Some(button) = event.submitter().and_then(|pressed| pressed.dyn_into::<HtmlButtonElement>().ok())
        && !button.name().is_empty()
    {
        fields.append_with_str(&button.name(), &button.value()).ok()?;
    }
    Some((form, fields))
}
