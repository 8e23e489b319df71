//! What browsers report of our pages' content security policy: a line in the log.

use auth::{Admission, Gate};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::routing::post;
use contract::ApiError;
use serde::Deserialize;

use crate::api::read_body;
use crate::middleware::client_address;
use crate::problem::Problem;
use crate::router::Anteroom;

/// The header that says where reports go (Reporting API, section 3.3).
pub const REPORTING_ENDPOINTS: HeaderName = HeaderName::from_static("reporting-endpoints");
/// Its value: the group that the policy's `report-to` names.
pub const ENDPOINTS: HeaderValue = HeaderValue::from_static("csp=\"/api/csp-reports\"");

/// Most reports of one request that are logged.
const MOST_REPORTS: usize = 8;
/// Most characters of what a browser, or anybody, reports.
const MOST_CHARACTERS: usize = 200;

/// One report (Reporting API, section 3.2); only what helps to find the fault.
#[derive(Deserialize)]
struct Report {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    body: Violation,
}

/// A violation of the policy (CSP Level 3, section 5.1). Addresses may hold what a visitor typed, so
/// they stay out of the log.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Violation {
    effective_directive: String,
    line_number: Option<u64>,
    column_number: Option<u64>,
}

/// The route that browsers send reports to.
pub fn router() -> Router<Anteroom> {
    Router::new().route("/api/csp-reports", post(take))
}

async fn take(State(anteroom): State<Anteroom>, request: Request) -> Result<StatusCode, Problem> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("application/reports+json")) {
        return Err(Problem(ApiError::UnsupportedMediaType));
    }
    let address = client_address(request.extensions(), request.headers(), &anteroom.trusted_proxies);
    let body = read_body(request.into_body()).await.map_err(Problem)?;
    let reports: Vec<Report> = serde_json::from_slice(&body).map_err(|_| Problem(ApiError::MalformedBody))?;
    if !matches!(anteroom.auth.throttle.admit_address(Gate::Report, address).await, Ok(Admission::Admitted)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    for Report { kind, body } in
        reports.iter().filter(|report| report.kind == "csp-violation").take(MOST_REPORTS)
    {
        tracing::warn!(
            event = "csp_violation",
            kind,
            directive = %body.effective_directive.chars().take(MOST_CHARACTERS).collect::<String>(),
            line = body.line_number,
            column = body.column_number,
            "a browser refused a part of a page"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}
