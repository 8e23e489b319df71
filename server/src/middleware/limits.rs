//! How large a request may be.

use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use contract::{ADDRESS_MAXIMUM_BYTES, ApiError};

/// Most bytes of a body. The largest honest one, a password of 256 code points percent-encoded in a
/// form, has less than 4 KiB.
pub const MOST_BODY_BYTES: usize = 16 * 1024;

/// Refuses what is too large by its own account, before anything of it is read.
///
/// # Errors
/// [`ApiError::UriTooLong`] or [`ApiError::BodyTooLarge`].
pub fn check_size(request: &Request) -> Result<(), ApiError> {
    if uri_bytes(request) > ADDRESS_MAXIMUM_BYTES {
        Err(ApiError::UriTooLong)
    } else if declared_bytes(request) > MOST_BODY_BYTES as u64 {
        Err(ApiError::BodyTooLarge)
    } else {
        Ok(())
    }
}

fn uri_bytes(request: &Request) -> usize {
    request.uri().path_and_query().map_or(0, |path| path.as_str().len())
}

fn declared_bytes(request: &Request) -> u64 {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}
