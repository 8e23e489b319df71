//! How a server function answers: JSON with a status to a script, a redirect to a plain form.
//!
//! By itself `server_fn` 0.8.13 answers a form post that accepts `text/html` with 302 to the `Referer`,
//! and puts an error as `__path` and `__err` into that address; `leptos_axum` 0.8.10 then applies
//! `ResponseOptions` over it. To a script it answers 500 for every error, unless `ResponseOptions` names
//! a status. So the status is set here for scripts only, and [`FormAnswer`] tells the server's handler
//! where a form goes, whatever the library said.

use std::sync::{Arc, Mutex, PoisonError};

use contract::{ADDRESS_MAXIMUM_BYTES, ApiError, NextPath, USERNAME_MAXIMUM, percent_encode};
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::routes::{ACCOUNT, LOGIN, Page, REGISTER, REMOVED};
use crate::server_fns::REMEMBER_USERNAME;

/// What a form without JavaScript gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 303 with this `Location`, which is ASCII.
    SeeOther(String),
    /// A page of its own about the failure, with its status: the form stands on many pages.
    Page(ApiError),
}

/// Where a server function leaves its answer for forms. The handler provides an empty one and looks
/// into it when the function is done: still empty, the function was never reached, since its
/// arguments could not be read ([`ApiError::MalformedBody`]).
#[derive(Clone, Debug, Default)]
pub struct FormAnswer(Arc<Mutex<Option<Answer>>>);

impl FormAnswer {
    /// Takes the answer out.
    #[must_use]
    pub fn take(&self) -> Option<Answer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, answer: Answer) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }
}

/// A form that was sent: where it leads, and where it comes back to with what was typed.
pub(crate) struct Form {
    next: String,
    again: Option<String>,
    /// Where the password is asked for once more, if it has to be.
    confirm: Option<String>,
}

impl Form {
    /// The sign-in form.
    pub(crate) fn login(
        next: Option<&str>,
        username: &str,
        keep_signed_in: bool,
        remember_username: bool,
    ) -> Self {
        let mut ticked = String::new();
        for (name, is_ticked) in [("keep_signed_in", keep_signed_in), (REMEMBER_USERNAME, remember_username)]
        {
            if is_ticked {
                ticked = format!("{ticked}&{name}=true");
            }
        }
        Self::on_page(LOGIN, next, &format!("{}{ticked}", typed(username)))
    }

    /// The registration form.
    pub(crate) fn register(next: Option<&str>, username: &str) -> Self {
        Self::on_page(REGISTER, next, &typed(username))
    }

    /// The form that changes a password. It is filled in anew after the password was said once more: what was
    /// typed must not travel in an address.
    pub(crate) fn change_password() -> Self {
        let (next, again) = (format!("{ACCOUNT}?done=password"), Some(format!("{ACCOUNT}?form=password")));
        Self { next, again, confirm: Some(format!("{ACCOUNT}?form=confirm")) }
    }

    /// The form that removes an account.
    pub(crate) fn remove_account() -> Self {
        Self { next: REMOVED.to_owned(), again: Some(format!("{ACCOUNT}?form=removal")), confirm: None }
    }

    /// A form that ends sessions: one, or all others. It goes on once the password was said.
    pub(crate) fn end_sessions(end: &str) -> Self {
        let confirm = Some(format!("{ACCOUNT}?form=confirm&end={}", typed(end)));
        Self { next: ACCOUNT.to_owned(), again: None, confirm }
    }

    /// The form that asks for the password once more, and what it then ends.
    pub(crate) fn confirm(end: Option<&str>) -> Self {
        let end = end.map(|end| format!("&end={}", typed(end))).unwrap_or_default();
        let next = if end.is_empty() { format!("{ACCOUNT}?form=again#password") } else { ACCOUNT.to_owned() };
        Self { next, again: Some(format!("{ACCOUNT}?form=confirm{end}")), confirm: None }
    }

    /// A form that stands on every page, and leads back to that page or to the start page.
    pub(crate) fn without_page(next: Option<&str>) -> Self {
        Self {
            next: next.map_or_else(|| NextPath::home().to_location(), back_to),
            again: None,
            confirm: None,
        }
    }

    fn on_page(page: &str, next: Option<&str>, typed: &str) -> Self {
        let next = next.map_or_else(NextPath::home, NextPath::parse);
        let link = next.link_from(page);
        let mark = if link.contains('?') { '&' } else { '?' };
        Self { next: next.to_location(), again: Some(format!("{link}{mark}username={typed}")), confirm: None }
    }

    /// Answers both kinds of client.
    pub(crate) fn answer<T>(self, outcome: Result<T, ApiError>) -> Result<T, ApiError> {
        let with_error = |page: String, error: &ApiError| {
            // The account's page has several forms, and the one that failed may be far down.
            let form = page.strip_prefix(ACCOUNT).and_then(|query| query.strip_prefix("?form="));
            let place = form.and_then(|form| form.split('&').next());
            let place = place.map(|place| format!("#{place}")).unwrap_or_default();
            format!("{page}&error={}{place}", percent_encode(&error.to_string()))
        };
        let answer = match (&outcome, self.again, self.confirm) {
            (Ok(_), ..) => Answer::SeeOther(self.next),
            (Err(error @ ApiError::RecentSignInRequired), _, Some(page)) | (Err(error), Some(page), _) => {
                Answer::SeeOther(with_error(page, error))
            }
            (Err(error), None, _) => Answer::Page(error.clone()),
        };
        if let Some(slot) = use_context::<FormAnswer>() {
            slot.put(answer);
        }
        if let Err(error) = &outcome {
            set_status(error);
        }
        outcome
    }
}

/// What was typed as a name. The rest of one that is much too long is of no use, and would make the address
/// too long.
fn typed(username: &str) -> String {
    percent_encode(&username.chars().take(2 * USERNAME_MAXIMUM).collect::<String>())
}

/// The page that a form stood on. Unlike after a sign-in, that may be a page which is no place to go to
/// next; only visible ASCII can stand in a `Location`.
fn back_to(raw: &str) -> String {
    let path = raw.split(['?', '#']).next().unwrap_or_default();
    let is_short = raw.len() <= ADDRESS_MAXIMUM_BYTES;
    if is_short && Page::at(path).is_some() && raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        raw.to_owned()
    } else {
        NextPath::parse(raw).to_location()
    }
}

fn set_status(error: &ApiError) {
    let accepts_html = use_context::<Parts>().is_some_and(|request| {
        let accept = request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    });
    if let (false, Some(response)) = (accepts_html, use_context::<ResponseOptions>()) {
        response
            .set_status(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        if let Some(seconds) = error.retry_after() {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_to(form: Form, outcome: Result<(), ApiError>) -> Option<Answer> {
        Owner::new().with(|| {
            let slot = FormAnswer::default();
            provide_context(slot.clone());
            let _ = form.answer(outcome);
            slot.take()
        })
    }

    #[test]
    fn success_leads_on() {
        let form = Form::login(Some("/contact?a=b#c"), "ada", false, false);
        assert_eq!(answer_to(form, Ok(())), Some(Answer::SeeOther("/contact?a=b#c".into())));
        let elsewhere = Form::login(Some("//evil.example"), "ada", false, false);
        assert_eq!(answer_to(elsewhere, Ok(())), Some(Answer::SeeOther("/".into())));
    }

    #[test]
    fn failure_leads_back_with_what_was_typed() {
        let form = Form::login(Some("/about?x=1"), "ada & co", true, true);
        assert_eq!(
            answer_to(form, Err(ApiError::Throttled { retry_after: 7 })),
            Some(Answer::SeeOther(
                "/login?next=/about%3Fx%3D1&username=ada%20%26%20co&keep_signed_in=true&remember_username=true\
                 &error=throttled.7"
                    .into()
            ))
        );
        assert_eq!(
            answer_to(Form::register(None, "ada"), Err(ApiError::UsernameTaken)),
            Some(Answer::SeeOther("/register?username=ada&error=username_taken".into()))
        );
    }

    #[test]
    fn a_choice_leads_back_to_its_page_and_nowhere_else() {
        for (raw, location) in [
            ("/login?next=/about", "/login?next=/about"),
            ("/products?q=1", "/products?q=1"),
            ("//evil.example", "/"),
            ("/login\r\nx", "/"),
            ("/api/v1/whoami", "/"),
            ("/nowhere", "/nowhere"),
        ] {
            let answer = answer_to(Form::without_page(Some(raw)), Ok(()));
            assert_eq!(answer, Some(Answer::SeeOther(location.into())), "{raw:?}");
        }
        assert_eq!(
            answer_to(Form::without_page(None), Err(ApiError::Internal)),
            Some(Answer::Page(ApiError::Internal))
        );
    }
}
