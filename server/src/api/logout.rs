//! `POST /api/v1/logout`

use auth::Visitor;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::middleware::clear_site_data;
use crate::problem::{Problem, ProblemDetails};

/// Sign out; fine for guests too.
#[utoipa::path(
    post,
    path = "/api/v1/logout",
    responses(
        (status = 204, description = "Signed out, or was a guest"),
        (status = 403, description = "From another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nobody was signed out; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn logout(visitor: Visitor) -> Result<Response, Problem> {
    visitor.logout().await?;
    Ok(clear_site_data(StatusCode::NO_CONTENT.into_response()))
}
