//! Every route, and which of them know who is calling.

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
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::config::{Network, PublicOrigin};
use crate::middleware::{StrictTransport, recognise};
use crate::pages::failure::{self, Wish};
use crate::site::Site;
use crate::{api, pages, reports, server_functions};

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
    /// For how long browsers are told to come back over TLS alone.
    pub strict_transport: StrictTransport,
    /// Whether visitors may look inside their session.
    pub inspector: bool,
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

/// Smallest page that is worth compressing. A smaller one goes out in the first flight of packets
/// (RFC 6928) anyhow, and brotli would cost more than rendering it.
const COMPRESSED_FROM: u64 = 8 * 1024;

/// Every route of the site.
pub fn router(anteroom: &Anteroom, site: &Site) -> Router {
    let (api_with_session, api_without_session, _) = api::router();
    let pages = pages::router()
        .fallback(pages::nowhere)
        // Pages only: an answer of the API is too small to gain, and files are compressed already.
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_FROM)));
    let with_session = Router::new()
        .merge(api_with_session)
        .route("/api/fn/{name}", post(server_functions::call))
        .merge(pages)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(anteroom.clone());
    let known = ServiceBuilder::new()
        .layer(SessionLayer::new(anteroom.sessions.clone()))
        // Needs the session, and is needed by everything that asks who is calling.
        .layer(from_fn_with_state(anteroom.clone(), recognise))
        .service(with_session);
    Router::new()
        // These never ask the session store.
        .merge(api_without_session)
        .merge(reports::router())
        .merge(site.router(anteroom))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(anteroom.clone())
        // Around the whole of them, not around each as `layer` would: one clone for a request, not one a layer.
        .fallback_service(known)
}

async fn method_not_allowed(State(anteroom): State<Anteroom>, request: Request) -> Response {
    failure::answer(&anteroom, Wish::of(&request), &ApiError::MethodNotAllowed)
}
