//! `POST /api/v1/login`

use auth::Visitor;
use axum::Json;
use contract::{LoginRequest, LoginView};

use super::body::JsonBody;
use crate::problem::{Problem, ProblemDetails};

/// Sign in.
#[utoipa::path(
    post,
    path = "/api/v1/login",
    request_body = LoginRequest,
    responses(
        (status = 200, description = "Signed in, on a new session", body = LoginView),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_credentials`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "From another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Try again shortly; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn login(
    visitor: Visitor,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<LoginView>, Problem> {
    Ok(Json(visitor.login(request).await?))
}
