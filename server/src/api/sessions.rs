//! `GET /api/v1/sessions`, `DELETE /api/v1/sessions` and `DELETE /api/v1/sessions/{handle}`

use auth::Visitor;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use contract::SessionsView;

use crate::problem::{Problem, ProblemDetails};

/// The account's sessions, newest first. Asking keeps nobody signed in.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    responses(
        (status = 200, description = "The sessions; where the store cannot list them, this one alone", body = SessionsView),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The session store does not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn sessions(visitor: Visitor) -> Result<Json<SessionsView>, Problem> {
    visitor.set_passive();
    Ok(Json(visitor.sessions().await?))
}

/// End one session of the account; ending this one signs out.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{handle}",
    params(("handle" = String, Path, description = "As the list names it")),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`recent_sign_in_required`, unless it is this one: `POST /api/v1/confirm` first; or from another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "The account has no such session", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "It may not have ended; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn end_session(visitor: Visitor, Path(handle): Path<String>) -> Result<StatusCode, Problem> {
    visitor.end_session(&handle).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End all sessions of the account but this one.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions",
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "`sign_in_required` or `session_ended`", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 403, description = "`recent_sign_in_required`: `POST /api/v1/confirm` first; or from another site", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Some may not have ended; try again shortly", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn end_other_sessions(visitor: Visitor) -> Result<StatusCode, Problem> {
    visitor.end_other_sessions().await?;
    Ok(StatusCode::NO_CONTENT)
}
