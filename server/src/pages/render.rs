//! Rendering, through Leptos.

use app::Visit;
use app::routes::{ACCOUNT, SESSION};
use app::ssr::{CookiePolicy, Enclosure, remembered_username, shell};
use auth::Visitor;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use rand::Rng as _;

use crate::middleware::{page_policy, private};
use crate::reports::{ENDPOINTS, REPORTING_ENDPOINTS};
use crate::router::Anteroom;

/// The nonce of one page; in the request's extensions.
#[derive(Clone, Debug)]
struct Nonced(String);

impl Nonced {
    /// 128 fresh random bits (CSP Level 3, section 7.1).
    #[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
    fn new() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(STANDARD_NO_PAD.encode(bytes))
    }
}

/// The page at the request's path, for this visitor.
pub async fn page(anteroom: &Anteroom, visitor: &Visitor, mut request: Request) -> Response {
    let nonce = Nonced::new();
    let policy = page_policy(&nonce.0, anteroom.reload_port);
    let visit = visit(anteroom, visitor, request.headers());
    if let Some(enclosure) = enclosure(anteroom, visitor, request.uri().path()).await {
        request.extensions_mut().insert(enclosure);
    }
    request.extensions_mut().insert(visit);
    request.extensions_mut().insert(nonce);
    let options = anteroom.leptos.clone();
    let render =
        leptos_axum::render_app_async_with_context(context(anteroom), move || shell(options.clone()));
    let mut response = in_one_piece(render(request).await).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(REPORTING_ENDPOINTS, ENDPOINTS);
    // Says what the body is, even where leptos_axum 0.8.10 already has.
    response
        .headers_mut()
        .insert(axum::http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    private(response)
}

/// The page is complete before its head is sent, so its length is known: no chunks on the wire, and
/// whether it is worth compressing can be told.
async fn in_one_piece(response: Response) -> Response {
    let (head, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(page) => Response::from_parts(head, Body::from(page)),
        Err(error) => {
            tracing::error!(%error, "a page broke off");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What goes along with the page at this path. Without it the page comes all the same, and its script asks.
async fn enclosure(anteroom: &Anteroom, visitor: &Visitor, path: &str) -> Option<Enclosure> {
    match path {
        SESSION if anteroom.inspector => Some(Enclosure::inspection(visitor.inspect().await.ok().as_ref())),
        ACCOUNT => {
            let sessions = visitor.sessions().await.ok()?;
            Some(Enclosure::account(&sessions, &visitor.events().await.unwrap_or_default()))
        }
        _ => None,
    }
}

/// What a page is told of its visitor.
fn visit(anteroom: &Anteroom, visitor: &Visitor, headers: &HeaderMap) -> Visit {
    Visit {
        whoami: visitor.whoami_or_guest(),
        remembered_username: remembered_username(headers, anteroom.cookie_policy()),
        brand: anteroom.brand.clone(),
        password_minimum: anteroom.auth.rules.minimum,
        inspector: anteroom.inspector,
    }
}

/// What pages and server functions find in their context. Both get the same, from the request's
/// extensions, since leptos provides its own nonce before it calls this.
pub fn context(anteroom: &Anteroom) -> impl Fn() + Clone + Send + Sync + 'static {
    let (assets, cookies): (_, CookiePolicy) = (anteroom.assets.clone(), anteroom.cookie_policy());
    move || {
        provide_context(assets.clone());
        provide_context(cookies);
        let Some(parts) = use_context::<Parts>() else { return };
        if let Some(visit) = parts.extensions.get::<Visit>() {
            provide_context(visit.clone());
        }
        if let Some(enclosure) = parts.extensions.get::<Enclosure>() {
            enclosure.provide();
        }
        if let Some(Nonced(nonce)) = parts.extensions.get::<Nonced>() {
            provide_context(Nonce::from_value(nonce.as_str()));
        }
    }
}
