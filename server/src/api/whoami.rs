//! `GET /api/v1/whoami`

use auth::Visitor;
use axum::Json;
use contract::Whoami;

use crate::problem::{Problem, ProblemDetails};

/// Who is here; a guest gets 200 as well. Asking keeps nobody signed in.
#[utoipa::path(
    get,
    path = "/api/v1/whoami",
    responses(
        (status = 200, description = "Who is here", body = Whoami),
        (status = 503, description = "The session store does not answer", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub async fn whoami(visitor: Visitor) -> Result<Json<Whoami>, Problem> {
    visitor.set_passive();
    Ok(Json(visitor.whoami()?))
}
