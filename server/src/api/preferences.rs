//! `PATCH /api/v1/preferences`

use auth::Visitor;
use axum::Json;
use contract::{PreferencesRequest, Whoami};

use super::body::JsonBody;
use crate::problem::{Problem, ProblemDetails};

/// Choose a language, a theme, or both; works for guests, whose session begins with it.
#[utoipa::path(
    patch,
    path = "/api/v1/preferences",
    request_body = PreferencesRequest,
    responses(
        (status = 200, description = "Chosen", body = Whoami),
        (status = 400, description = "No JSON", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "From another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 413, description = "Too large", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 415, description = "Not `application/json`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 422, description = "Fields were refused", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "`throttled`; see `Retry-After`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was changed; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn set_preferences(
    visitor: Visitor,
    JsonBody(request): JsonBody<PreferencesRequest>,
) -> Result<Json<Whoami>, Problem> {
    Ok(Json(visitor.set_preferences(request).await?))
}
