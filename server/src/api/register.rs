//! `POST /api/v1/register`

use auth::Visitor;
use axum::Json;
use axum::http::StatusCode;
use contract::{RegisterRequest, Whoami};

use super::body::JsonBody;
use crate::problem::{Problem, ProblemDetails};

/// Create an account, signed in at once.
#[utoipa::path(
    post,
    path = "/api/v1/register",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "Created and signed in", body = Whoami),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "From another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 409, description = "`username_taken`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Try again shortly; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn register(
    visitor: Visitor,
    JsonBody(request): JsonBody<RegisterRequest>,
) -> Result<(StatusCode, Json<Whoami>), Problem> {
    Ok((StatusCode::CREATED, Json(visitor.register(request).await?)))
}
