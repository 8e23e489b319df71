//! The edge: what every request passes before the routes, and every answer after them.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use auth::{ClientAddress, RequestId};
use axum::Router;
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use contract::ApiError;
use futures_util::FutureExt as _;
use tokio::time::error::Elapsed;
use tower::{Layer as _, Service as _};
use tower_http::csrf::{Csrf, CsrfLayer};

use crate::middleware::{
    add_security_headers, check_framing, check_origin, check_refusal, check_size, client_address, request_id,
};
use crate::pages::failure::{self, Wish};
use crate::router::Anteroom;

/// Longest time until the head of an answer.
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// The whole site, ready to answer; cheap to clone.
///
/// One function instead of a stack of layers: axum 0.8 boxes and clones every layer of a `Router` for
/// each request, which cost more than everything that they did.
#[derive(Clone)]
pub struct Edge {
    anteroom: Anteroom,
    routes: Csrf<Router>,
}

impl Edge {
    /// The site behind these routes.
    #[must_use]
    pub fn new(anteroom: Anteroom, routes: Router) -> Self {
        let csrf = match &anteroom.public_origin {
            Some(origin) => CsrfLayer::new().add_trusted_origin(origin.as_str()).unwrap_or_default(),
            None => CsrfLayer::new(),
        };
        Self { routes: csrf.layer(routes), anteroom }
    }

    /// Answers one request. Every answer has the security headers, a refusal and a panic's too.
    ///
    /// # Errors
    /// None: each failure is an answer.
    pub async fn answer(&self, request: Request) -> Result<Response, Infallible> {
        let (wish, asked) = (Wish::of(&request), Asked::of(&request, &self.anteroom));
        let answer = within(LONGEST_REQUEST, self.pass(request));
        // One request's panic is that request's 500, and nobody else's; the panic hook has logged where.
        let answer = match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_late)) => Err(ApiError::Timeout),
            Err(_panic) => Err(ApiError::Internal),
        };
        let is_foreign = matches!(answer, Err(ApiError::OriginRefused));
        let mut response = answer.unwrap_or_else(|error| self.refuse(wish, &error));
        asked.log_refusal(response.status(), is_foreign);
        add_security_headers(response.headers_mut(), self.anteroom.strict_transport);
        Ok(response)
    }

    /// Whatever follows a request that nobody understands must not be taken for another.
    fn refuse(&self, wish: Wish, error: &ApiError) -> Response {
        let mut response = failure::answer(&self.anteroom, wish, error);
        if *error == ApiError::MalformedRequest {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Before anything that could read a body, then before anything that could change something.
    async fn pass(&self, request: Request) -> Result<Response, ApiError> {
        check_framing(&request)?;
        check_size(&request)?;
        check_origin(&request)?;
        let Ok(response) = self.routes.clone().call(request).await;
        check_refusal(&response)?;
        Ok(response)
    }
}

/// What was asked for, and by whom, in case that it is refused.
struct Asked {
    method: Method,
    uri: Uri,
    address: ClientAddress,
    request: RequestId,
}

impl Asked {
    fn of(request: &Request, anteroom: &Anteroom) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            address: client_address(request.extensions(), request.headers(), &anteroom.trusted_proxies),
            request: request_id(request.extensions()),
        }
    }

    /// Logs what was refused for who asked for it, or for where it came from (ASVS 16.3.2). A path has no secrets,
    /// a query may have.
    fn log_refusal(&self, status: StatusCode, is_foreign: bool) {
        let Self { method, uri, address, request } = self;
        let (path, status) = (uri.path(), status.as_u16());
        if is_foreign {
            tracing::warn!(event = "origin_refused", %method, path, %address, %request, "a request came from another site, or does not say from where");
        } else if matches!(status, 401 | 403) {
            tracing::info!(event = "access_refused", status, %method, path, %address, %request, "refused for who asked");
        }
    }
}

/// Waits for at most `limit`; what is ready at once costs no timer.
async fn within<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => Box::pin(tokio::time::timeout(limit, work)).await,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::application::tests::anteroom;

    async fn boom() -> &'static str {
        panic!("a secret of /home/operator")
    }

    async fn ask(accept: &str) -> (StatusCode, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let edge = Edge::new(anteroom(&folder).await, Router::new().route("/boom", get(boom)));
        let request = Request::get("/boom").header("host", "a").header("accept", accept);
        let request = request.body(Body::empty()).expect("a request");
        let Ok(response) = edge.answer(request).await;
        let status = response.status();
        assert!(response.headers().contains_key("content-security-policy"));
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }

    /// ASVS V16.5.4, V16.5.1, V13.4.2.
    #[tokio::test]
    async fn a_panic_is_a_page_for_a_person_and_a_problem_for_a_program_and_tells_neither_a_secret() {
        for (accept, part) in [("text/html", "<!DOCTYPE html>"), ("*/*", "\"code\":\"internal\"")] {
            let (status, body) = ask(accept).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(body.contains(part) && !body.contains("secret"), "{body}");
        }
    }
}
