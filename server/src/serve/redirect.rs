//! The plain address beside TLS: it knows the way to the site, and nothing of the site.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};

use crate::middleware::{StrictTransport, add_security_headers};

const REFUSAL: &str = "This site is served over https only, and this request was not.\n";

/// Where the site is.
#[derive(Clone, Debug)]
pub struct Redirect {
    origin: String,
}

impl Redirect {
    /// To the site at this origin, whatever `Host` a request names.
    #[must_use]
    pub const fn to(origin: String) -> Self {
        Self { origin }
    }

    /// Sends whoever looks for a page to it. A program that calls the API in the clear has shown its secrets
    /// already: it is refused, so that somebody notices (ASVS V4.1.2).
    #[must_use]
    pub fn answer<B>(&self, request: &Request<B>) -> Response<Body> {
        let mut response = match self.location(request) {
            Some(location) => moved(location),
            None => refused(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Browsers ignore strict transport over plain http (RFC 6797, section 7.2).
        add_security_headers(headers, StrictTransport::Off);
        response
    }

    fn location<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        let target = request.uri().path_and_query()?.as_str();
        let is_page = matches!(*request.method(), Method::GET | Method::HEAD)
            && target.starts_with('/')
            && !is_api(request.uri().path());
        is_page.then(|| HeaderValue::try_from(format!("{}{target}", self.origin)).ok()).flatten()
    }
}

fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

fn moved(location: HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, location);
    response
}

fn refused() -> Response<Body> {
    let mut response = Response::new(Body::from(REFUSAL));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
