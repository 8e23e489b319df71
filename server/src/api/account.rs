//! `DELETE /api/v1/account`

use axum::http::StatusCode;
use contract::PasswordRequest;

use super::body::JsonBody;
use super::signed_in::SignedIn;
use crate::problem::{Problem, ProblemDetails};

/// Remove the account: its name, its password, and all its sessions. Its name is free again.
#[utoipa::path(
    delete,
    path = "/api/v1/account",
    request_body = PasswordRequest,
    responses(
        (status = 204, description = "Removed, and signed out everywhere"),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`, or from another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The account is still there; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn remove_account(
    SignedIn(visitor): SignedIn,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<StatusCode, Problem> {
    visitor.remove_account(request).await?;
    Ok(StatusCode::NO_CONTENT)
}
