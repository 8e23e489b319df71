//! Failures as whoever asked can read them: a page for people, a problem document for programs.

use app::Visit;
use app::ssr::error_page;
use auth::Visitor;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT, RETRY_AFTER};
use axum::response::{Html, IntoResponse, Response};
use contract::{ApiError, Whoami};

use crate::middleware::{page_policy, private};
use crate::problem::{Problem, status};
use crate::reports::{ENDPOINTS, REPORTING_ENDPOINTS};
use crate::router::Anteroom;

/// What a failed request had asked for, and in whose words to say so.
#[derive(Clone, Debug)]
pub struct Wish {
    wants_page: bool,
    whoami: Whoami,
}

impl Wish {
    /// A person's browser asks for HTML; the REST API answers programs only.
    pub fn of(request: &Request) -> Self {
        let wants_page = accepts_html(request) && !request.uri().path().starts_with("/api/v1/");
        // Outside the session layer nobody is known yet, and the failure is told to a guest.
        let visitor = request.extensions().get::<Visitor>();
        Self { wants_page, whoami: visitor.map(Visitor::whoami_or_guest).unwrap_or_default() }
    }
}

/// Whether the request accepts HTML by name.
pub fn accepts_html(request: &Request) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The failure's answer.
pub fn answer(anteroom: &Anteroom, wish: Wish, error: &ApiError) -> Response {
    if !wish.wants_page {
        return Problem(error.clone()).into_response();
    }
    let visit = Visit { brand: anteroom.brand.clone(), whoami: wish.whoami, ..Visit::default() };
    let mut response = Html(error_page(&visit, &anteroom.assets, error)).into_response();
    *response.status_mut() = status(error);
    let headers = response.headers_mut();
    headers.insert(axum::http::header::CONTENT_SECURITY_POLICY, page_policy("none", None));
    headers.insert(REPORTING_ENDPOINTS, ENDPOINTS);
    if let Some(seconds) = error.retry_after() {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    private(response)
}
