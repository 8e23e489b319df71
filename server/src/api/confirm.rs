//! `POST /api/v1/confirm`

use axum::Json;
use contract::{PasswordRequest, Whoami};

use super::body::JsonBody;
use super::signed_in::SignedIn;
use crate::problem::{Problem, ProblemDetails};

/// Sign in again where one is signed in, which makes the sign-in recent. The session goes on under a new id.
#[utoipa::path(
    post,
    path = "/api/v1/confirm",
    request_body = PasswordRequest,
    responses(
        (status = 200, description = "Signed in again", body = Whoami),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`, or from another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Try again shortly; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn confirm(
    SignedIn(visitor): SignedIn,
    JsonBody(request): JsonBody<PasswordRequest>,
) -> Result<Json<Whoami>, Problem> {
    Ok(Json(visitor.confirm(request).await?))
}
