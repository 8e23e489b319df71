//! `GET /api/v1/events`

use auth::Visitor;
use axum::Json;
use contract::EventsView;

use crate::problem::{Problem, ProblemDetails};

/// The last events of the account: sign-ins, failures, changes. Asking keeps nobody signed in.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    responses(
        (status = 200, description = "The latest first, at most 20", body = EventsView),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "A store does not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn events(visitor: Visitor) -> Result<Json<EventsView>, Problem> {
    visitor.set_passive();
    Ok(Json(visitor.events().await?))
}
