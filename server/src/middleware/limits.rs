//! How large a request may be, and how long it may take.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::Response;
use contract::ApiError;

use crate::pages::failure;
use crate::router::Anteroom;

/// Most bytes of a body. The largest honest one, a password of 256 code points percent-encoded in a
/// form, has less than 4 KiB.
pub const MOST_BODY_BYTES: usize = 16 * 1024;
/// Most bytes of an address.
const MOST_URI_BYTES: usize = 8 * 1024;
/// Longest time until the head of an answer.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// Refuses what is too large before anything of it is read, and gives up on what takes too long.
pub async fn limit(State(anteroom): State<Anteroom>, request: Request, next: Next) -> Response {
    let wish = failure::Wish::of(&request);
    let refused = if uri_bytes(&request) > MOST_URI_BYTES {
        Some(ApiError::UriTooLong)
    } else if declared_bytes(&request) > MOST_BODY_BYTES as u64 {
        Some(ApiError::BodyTooLarge)
    } else {
        None
    };
    if let Some(error) = refused {
        return failure::answer(&anteroom, wish, &error);
    }
    match tokio::time::timeout(LONGEST_REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => failure::answer(&anteroom, wish, &ApiError::Timeout),
    }
}

fn uri_bytes(request: &Request) -> usize {
    request.uri().path_and_query().map_or(0, |path| path.as_str().len())
}

fn declared_bytes(request: &Request) -> u64 {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}
