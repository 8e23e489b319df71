//! `GET /healthz` and `GET /readyz`

use axum::Json;
use axum::extract::State;
use contract::ApiError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemDetails};
use crate::router::Anteroom;

/// A healthy answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "Alive", body = Health)))]
pub async fn healthz() -> Json<Health> {
    OK
}

/// Whether the session store and the accounts' database answer.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "Both answer", body = Health),
        (status = 503, description = "One of them does not", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn readyz(State(anteroom): State<Anteroom>) -> Result<Json<Health>, Problem> {
    match (anteroom.sessions.check().await, anteroom.auth.accounts.check().await) {
        (Ok(()), Ok(())) => Ok(OK),
        _ => Err(Problem(ApiError::Unavailable { retry_after: 1 })),
    }
}
