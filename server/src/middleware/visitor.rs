//! Who is calling, known before anything is rendered.

use auth::Visitor;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::USER_AGENT;
use axum::middleware::Next;
use axum::response::Response;
use sessions::CurrentSession;

use super::{clear_site_data, client_address};
use crate::router::Anteroom;

/// Puts the [`Visitor`] into the request's extensions, and has the browser forget what was theirs when they leave.
pub async fn recognise(
    State(anteroom): State<Anteroom>,
    Extension(session): Extension<CurrentSession>,
    mut request: Request,
    next: Next,
) -> Response {
    let address = client_address(request.extensions(), request.headers(), &anteroom.trusted_proxies);
    let user_agent = request.headers().get(USER_AGENT).cloned();
    let visitor = Visitor::recognise(anteroom.auth.clone(), session, address, user_agent).await;
    request.extensions_mut().insert(visitor.clone());
    let response = next.run(request).await;
    // Whatever it was that ended it: `/logout` is not the only way.
    if visitor.has_left().await { clear_site_data(response) } else { response }
}
