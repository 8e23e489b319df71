//! Requests that change something must come from our own pages.

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use axum::response::Response;
use contract::ApiError;
use tower_http::csrf::ProtectionError;

/// Refuses what `CsrfLayer` of tower-http 0.7.1 lets pass: a request with neither `Sec-Fetch-Site` nor
/// `Origin`. Old browsers send such forms across sites; programs send JSON, or nothing, to the API.
///
/// # Errors
/// [`ApiError::OriginRefused`].
pub fn check_origin(request: &Request) -> Result<(), ApiError> {
    if may_be_ours(request) {
        return Ok(());
    }
    Err(ApiError::OriginRefused)
}

/// Finds out whether `CsrfLayer` refused; it answers itself, in nobody's words.
///
/// # Errors
/// [`ApiError::OriginRefused`].
pub fn check_refusal(response: &Response) -> Result<(), ApiError> {
    match response.extensions().get::<ProtectionError>() {
        Some(_) => Err(ApiError::OriginRefused),
        None => Ok(()),
    }
}

fn may_be_ours(request: &Request) -> bool {
    let is_safe = request.method().is_safe();
    let says = |name| request.headers().get(name).is_some_and(|value| !value.is_empty());
    is_safe || says("sec-fetch-site") || says(ORIGIN.as_str()) || is_program(request)
}

/// What a form cannot send across sites without asking first (Fetch, section 3.2.2), and calls of the
/// API that have nothing to say.
fn is_program(request: &Request) -> bool {
    if !request.uri().path().starts_with("/api/v1/") {
        return false;
    }
    let essence =
        request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = essence
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    // In HTTP/2 no header tells of a body.
    is_json || request.body().is_end_stream()
}
