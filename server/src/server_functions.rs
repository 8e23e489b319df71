//! The second door: Leptos server functions under `/api/fn`, for scripts and for plain forms.

use app::ssr::{Answer, FormAnswer};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use contract::ApiError;
use leptos::prelude::provide_context;

use crate::api::read_body;
use crate::middleware::{clear_site_data, private};
use crate::pages::failure::{Wish, accepts_html, answer};
use crate::pages::{context, see_other};
use crate::router::Anteroom;

/// Runs the server function at the request's path. A plain form gets 303 to where the function says,
/// whatever the library would answer.
pub async fn call(State(anteroom): State<Anteroom>, request: Request) -> Response {
    let (is_form, wish) = (accepts_html(&request), Wish::of(&request));
    let signs_out = request.uri().path().ends_with("/logout");
    let (parts, body) = request.into_parts();
    let body = match read_body(body).await {
        Ok(body) => body,
        Err(error) => return answer(&anteroom, wish, &error),
    };
    let slot = FormAnswer::default();
    let (provide, put) = (context(&anteroom), slot.clone());
    let provide_all = move || {
        provide();
        provide_context(put.clone());
    };
    let request = Request::from_parts(parts, Body::from(body));
    let response = leptos_axum::handle_server_fns_with_context(provide_all, request).await.into_response();
    let answered = match slot.take() {
        // The function was never reached: there is none, which leptos_axum 0.8.10 calls 400, or its
        // arguments could not be read, which it calls 500.
        None if response.status() == StatusCode::BAD_REQUEST => answer(&anteroom, wish, &ApiError::NotFound),
        None => answer(&anteroom, wish, &ApiError::MalformedBody),
        Some(form_answer) if is_form => for_form(&anteroom, wish, form_answer, &response),
        Some(_) => response,
    };
    let is_done = answered.status().is_success() || answered.status().is_redirection();
    private(if signs_out && is_done { clear_site_data(answered) } else { answered })
}

/// What a form gets instead: its own redirect or page, with the cookies that the function set.
fn for_form(anteroom: &Anteroom, wish: Wish, form_answer: Answer, response: &Response) -> Response {
    let mut answered = match form_answer {
        Answer::SeeOther(location) => see_other(&location),
        Answer::Page(error) => answer(anteroom, wish, &error),
    };
    for cookie in response.headers().get_all(SET_COOKIE) {
        answered.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    debug_assert!(answered.headers().get_all(LOCATION).iter().count() <= 1, "one way to go");
    answered
}
