//! Requests that change something must come from our own pages.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN, TRANSFER_ENCODING};
use axum::middleware::Next;
use axum::response::Response;
use contract::ApiError;
use tower_http::csrf::ProtectionError;

use crate::pages::failure::{self, Wish};
use crate::router::Anteroom;

/// Refuses what `CsrfLayer` of tower-http 0.7.1 lets pass: a request with neither `Sec-Fetch-Site` nor
/// `Origin`. Old browsers send such forms across sites; programs send JSON, or nothing, to the API.
pub async fn refuse_unknown_origin(
    State(anteroom): State<Anteroom>,
    request: Request,
    next: Next,
) -> Response {
    if may_be_ours(&request) {
        return next.run(request).await;
    }
    tracing::warn!(
        event = "origin_refused",
        path = request.uri().path(),
        "a request does not say where it comes from"
    );
    failure::answer(&anteroom, Wish::of(&request), &ApiError::OriginRefused)
}

/// Says what `CsrfLayer` refused, in the words of whoever asked; the layer itself does not know them.
pub async fn answer_refusal(State(anteroom): State<Anteroom>, request: Request, next: Next) -> Response {
    let wish = Wish::of(&request);
    let response = next.run(request).await;
    match response.extensions().get::<ProtectionError>() {
        Some(error) => {
            tracing::warn!(event = "origin_refused", %error, "a request came from another site");
            failure::answer(&anteroom, wish, &ApiError::OriginRefused)
        }
        None => response,
    }
}

fn may_be_ours(request: &Request) -> bool {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let says = |name| request.headers().get(name).is_some_and(|value| !value.is_empty());
    is_safe || says("sec-fetch-site") || says(ORIGIN.as_str()) || is_program(request)
}

/// What a form cannot send across sites without asking first (Fetch, section 3.2.2), and calls of the
/// API that have nothing to say.
fn is_program(request: &Request) -> bool {
    if !request.uri().path().starts_with("/api/v1/") {
        return false;
    }
    let headers = request.headers();
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = essence
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    let is_empty = headers.get(CONTENT_LENGTH).is_none_or(|length| length == "0")
        && !headers.contains_key(TRANSFER_ENCODING);
    is_json || is_empty
}
