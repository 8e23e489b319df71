//! Every route, then every layer with the reason for its position.

use std::ops::Deref;
use std::sync::Arc;

use app::ssr::{Assets, CookiePolicy};
use auth::Auth;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::post;
use contract::ApiError;
use leptos::config::LeptosOptions;
use sessions::{SessionLayer, Sessions};
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;

use crate::config::{Network, PublicOrigin};
use crate::middleware::{answer_refusal, limit, recognise, refuse_unknown_origin, security_headers, survive};
use crate::pages::failure::{self, Wish};
use crate::site::Site;
use crate::{api, pages, server_functions};

/// What every handler may need; cheap to clone.
#[derive(Clone)]
pub struct Anteroom(Arc<Parts>);

/// The parts of [`Anteroom`].
pub struct Parts {
    /// Sign-in.
    pub auth: Auth,
    /// The session engine.
    pub sessions: Sessions,
    /// The site's name.
    pub brand: String,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<Network>,
    /// Where visitors find the site, if that is configured.
    pub public_origin: Option<PublicOrigin>,
    /// Whether visitors come over TLS.
    pub is_https: bool,
    /// Names of the style sheet, script and WebAssembly.
    pub assets: Assets,
    /// The port on which browsers learn of changes during development.
    pub reload_port: Option<u16>,
    /// What leptos wants to know.
    pub leptos: LeptosOptions,
}

impl Anteroom {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// How cookies beside the session's are set.
    #[must_use]
    pub fn cookie_policy(&self) -> CookiePolicy {
        CookiePolicy { secure: self.sessions.settings().cookie.secure }
    }
}

impl Deref for Anteroom {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The whole site.
pub fn router(anteroom: &Anteroom, site: &Site) -> Router {
    let (api_with_session, api_without_session, _) = api::router();
    let pages = pages::router()
        .fallback(pages::nowhere)
        // Pages only: an answer of the API is too small to gain, and files are compressed already.
        .layer(CompressionLayer::new());
    let with_session = Router::new()
        .merge(api_with_session)
        .route("/api/fn/{name}", post(server_functions::call))
        .merge(pages)
        // Needs the session, and is needed by everything that asks who is calling.
        .layer(from_fn_with_state(anteroom.clone(), recognise))
        // Before no file and no health check: those never ask the store.
        .layer(SessionLayer::new(anteroom.sessions.clone()));
    Router::new()
        .merge(with_session)
        .merge(api_without_session)
        .merge(site.router())
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(anteroom.clone())
        // Before anything that could change something, server functions included.
        .layer(csrf(anteroom))
        .layer(from_fn_with_state(anteroom.clone(), answer_refusal))
        .layer(from_fn_with_state(anteroom.clone(), refuse_unknown_origin))
        // Before anything that could read a body.
        .layer(from_fn_with_state(anteroom.clone(), limit))
        // Around everything that could panic.
        .layer(from_fn_with_state(anteroom.clone(), survive))
        // Outermost: every answer has these headers, a refusal and a panic's too.
        .layer(from_fn_with_state(anteroom.clone(), security_headers))
}

fn csrf(anteroom: &Anteroom) -> CsrfLayer {
    let layer = CsrfLayer::new();
    match &anteroom.public_origin {
        Some(origin) => layer.add_trusted_origin(origin.as_str()).unwrap_or_default(),
        None => layer,
    }
}

async fn method_not_allowed(State(anteroom): State<Anteroom>, request: Request) -> Response {
    failure::answer(&anteroom, Wish::of(&request), &ApiError::MethodNotAllowed)
}
