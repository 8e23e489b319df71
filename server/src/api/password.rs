//! `PUT /api/v1/password`

use axum::http::StatusCode;
use contract::ChangePasswordRequest;

use super::body::JsonBody;
use super::signed_in::SignedIn;
use crate::problem::{Problem, ProblemDetails};

/// Change the password. All other sessions of the account end, and this one gets a new id.
#[utoipa::path(
    put,
    path = "/api/v1/password",
    request_body = ChangePasswordRequest,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`; `recent_sign_in_required`: `POST /api/v1/confirm` first; or from another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The password is still the old one; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn change_password(
    SignedIn(visitor): SignedIn,
    JsonBody(request): JsonBody<ChangePasswordRequest>,
) -> Result<StatusCode, Problem> {
    visitor.change_password(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
