//! Every REST route in one table, and the OpenAPI document that is made from it.

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    account, confirm, events, health, login, logout, password, preferences, protected, register, session,
    sessions, whoami,
};
use crate::router::Anteroom;

/// What the document says of the API as a whole.
#[derive(Debug, OpenApi)]
#[openapi(info(
    title = "Anteroom",
    description = "Sessions and sign-in. Failures are `application/problem+json` with a stable `code`.",
))]
pub struct Documentation;

/// The routes that need a session, those that do not, and the document of both.
pub fn router() -> (Router<Anteroom>, Router<Anteroom>, utoipa::openapi::OpenApi) {
    let (with_session, with_session_document) = OpenApiRouter::with_openapi(Documentation::openapi())
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(logout::logout))
        .routes(routes!(whoami::whoami))
        .routes(routes!(session::inspect))
        .routes(routes!(preferences::set_preferences))
        .routes(routes!(confirm::confirm))
        .routes(routes!(password::change_password))
        .routes(routes!(account::remove_account))
        .routes(routes!(protected::protected))
        .routes(routes!(sessions::sessions, sessions::end_other_sessions))
        .routes(routes!(sessions::end_session))
        .routes(routes!(events::events))
        .split_for_parts();
    let (without_session, without_session_document) = OpenApiRouter::new()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .split_for_parts();
    let mut document = with_session_document;
    document.merge(without_session_document);
    let text = document.to_json().unwrap_or_default();
    let without_session = without_session
        .route("/api/openapi.json", get(|| async move { ([("content-type", "application/json")], text) }));
    (with_session, without_session, document)
}
