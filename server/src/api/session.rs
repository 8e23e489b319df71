//! `GET /api/v1/session`

use auth::Visitor;
use axum::Json;
use axum::extract::State;
use contract::{ApiError, InspectionView};

use crate::problem::{Problem, ProblemDetails};
use crate::router::Anteroom;

/// The inside of the caller's own session, for the inspector. Asking keeps nobody signed in.
#[utoipa::path(
    get,
    path = "/api/v1/session",
    responses(
        (status = 200, description = "The session; of a guest, perhaps none", body = InspectionView),
        (status = 404, description = "The inspector is off (`inspector.enabled`)", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The session store does not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn inspect(
    State(anteroom): State<Anteroom>,
    visitor: Visitor,
) -> Result<Json<InspectionView>, Problem> {
    if !anteroom.inspector {
        return Err(Problem(ApiError::NotFound));
    }
    Ok(Json(visitor.inspect().await?))
}
