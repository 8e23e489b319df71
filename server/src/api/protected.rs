//! `GET /api/v1/protected`

use auth::Visitor;
use axum::Json;
use contract::ProtectedView;

use crate::problem::{Problem, ProblemDetails};

/// The example of a protected resource.
#[utoipa::path(
    get,
    path = "/api/v1/protected",
    responses(
        (status = 200, description = "A greeting", body = ProtectedView),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The session store does not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn protected(visitor: Visitor) -> Result<Json<ProtectedView>, Problem> {
    let member = visitor.member()?;
    Ok(Json(ProtectedView { message: format!("Welcome {}!", member.username) }))
}
