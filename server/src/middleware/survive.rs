//! One request's panic is that request's 500, and nobody else's.

use std::panic::AssertUnwindSafe;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use contract::ApiError;
use futures_util::FutureExt as _;

use crate::pages::failure::{Wish, answer};
use crate::router::Anteroom;

/// Answers 500 for a request that panics; the panic hook has logged where.
pub async fn survive(State(anteroom): State<Anteroom>, request: Request, next: Next) -> Response {
    let wish = Wish::of(&request);
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    run.await.unwrap_or_else(|_| answer(&anteroom, wish, &ApiError::Internal))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::application::tests::anteroom;

    async fn boom() -> &'static str {
        panic!("a secret of /home/operator")
    }

    async fn ask(accept: &str) -> (StatusCode, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let layer = from_fn_with_state(anteroom(&folder), survive);
        let router = Router::new().route("/boom", get(boom)).layer(layer);
        let request = Request::get("/boom").header("accept", accept).body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("answers");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        (status, String::from_utf8(body.to_vec()).expect("text"))
    }

    #[tokio::test]
    async fn a_person_gets_a_page_and_a_program_a_problem_and_neither_a_secret() {
        for (accept, part) in [("text/html", "<!DOCTYPE html>"), ("*/*", "\"code\":\"internal\"")] {
            let (status, body) = ask(accept).await;
            assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
            assert!(body.contains(part) && !body.contains("secret"), "{body}");
        }
    }
}
