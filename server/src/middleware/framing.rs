//! Requests that two readers may understand differently, of which hyper 1.12 lets some pass.

use axum::extract::Request;
use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Version};
use contract::ApiError;

/// Refuses an HTTP/1 request whose host or whose end is not beyond doubt. HTTP/2 knows neither question.
///
/// # Errors
/// [`ApiError::MalformedRequest`].
pub fn check_framing(request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let is_clear = match request.version() {
        Version::HTTP_11 => headers.get_all(HOST).iter().count() == 1 && is_framed_clearly(headers),
        Version::HTTP_10 => headers.get_all(HOST).iter().count() <= 1 && is_framed_clearly(headers),
        _ => true,
    };
    if is_clear { Ok(()) } else { Err(ApiError::MalformedRequest) }
}

/// No transfer coding but `chunked`, once: of several hyper looks at the last alone (RFC 9112, section 6.1).
fn is_framed_clearly(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}
