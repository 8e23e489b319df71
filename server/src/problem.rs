//! Failures as `application/problem+json` (RFC 9457).

use std::collections::BTreeMap;

use auth::AuthError;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use contract::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

/// A failed REST call.
#[derive(Debug)]
pub struct Problem(pub ApiError);

/// The body of a failure (RFC 9457, with a stable `code`).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetails {
    /// `urn:anteroom:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The failure in a sentence.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The failure by its stable name.
    code: &'static str,
    /// Why the session ended, if that is the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Seconds to wait, if waiting helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'static str, Vec<FieldProblem>>,
}

/// What is wrong with a field.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The fault by its stable name.
    code: &'static str,
    /// The fault in a sentence.
    detail: String,
}

impl From<&ApiError> for ProblemDetails {
    fn from(error: &ApiError) -> Self {
        let mut errors = BTreeMap::<_, Vec<_>>::new();
        for one in error.fields() {
            let problem = FieldProblem { code: one.fault.code(), detail: one.fault.to_string() };
            errors.entry(one.field.as_str()).or_default().push(problem);
        }
        Self {
            kind: format!("urn:anteroom:{}", error.code()),
            title: error.sentence(),
            status: error.status(),
            code: error.code(),
            reason: match error {
                ApiError::SessionEnded { reason } => Some(reason.as_str()),
                _ => None,
            },
            retry_after: error.retry_after(),
            errors,
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&ProblemDetails::from(&self.0)).unwrap_or_default();
        let mut response = body.into_response();
        *response.status_mut() = status(&self.0);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, private"));
        if let Some(seconds) = self.0.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// The failure's status.
pub fn status(error: &ApiError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
