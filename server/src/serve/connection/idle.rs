//! How long an HTTP/2 connection has had nothing to do. HTTP/1.1 has its limit on the next request's head;
//! hyper 1.12 has none for HTTP/2, whose pings a client may answer for ever.

use std::future::Future;
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use tokio::sync::watch;

/// Counts the requests of one connection that are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle(watch::Sender<usize>);

impl Idle {
    /// Does this work, and is busy meanwhile.
    pub fn during<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.0.send_modify(|busy| *busy += 1);
        let done = Done(self.0.clone());
        async move {
            let output = work.await;
            drop(done);
            output
        }
    }

    /// An answer whose pieces are a sign of life. One of which the client takes nothing is none.
    pub fn watch(&self, answer: Response<Body>) -> Response<Body> {
        let idle = self.clone();
        let (mut head, body) = answer.into_parts();
        // http-body-util 0.1.5 forgets in `map_frame` how long the body is, which hyper would say.
        if let Some(length) = body.size_hint().exact().filter(|_| !body.is_end_stream()) {
            head.headers.entry(CONTENT_LENGTH).or_insert_with(|| length.into());
        }
        Response::from_parts(head, body).map(|body| {
            Body::new(body.map_frame(move |frame| {
                idle.0.send_modify(|_| ());
                frame
            }))
        })
    }

    /// Done when no work was done for that long, and nothing taken of an answer.
    pub async fn elapsed(self, longest: Duration) {
        let mut busy = self.0.subscribe();
        loop {
            if busy.wait_for(|busy| *busy == 0).await.is_err() {
                return;
            }
            if tokio::time::timeout(longest, busy.changed()).await.is_err() {
                return;
            }
        }
    }
}

struct Done(watch::Sender<usize>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_not_idle_while_a_request_is_answered() {
        let idle = Idle::default();
        let mut elapsed = pin!(idle.clone().elapsed(Duration::ZERO));
        let work = idle.during(pending::<()>());
        assert_eq!(elapsed.as_mut().now_or_never(), None);
        drop(work);
        elapsed.await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_of_which_something_is_taken_keeps_its_connection() {
        const LONGEST: Duration = Duration::from_mins(1);
        let idle = Idle::default();
        let pieces = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("piece"); 5]);
        let mut body = idle.watch(Response::new(Body::from_stream(pieces))).into_body();
        let elapsed = tokio::spawn(idle.elapsed(LONGEST));
        for _ in 0..5 {
            tokio::time::sleep(LONGEST * 2 / 3).await;
            assert!(!elapsed.is_finished());
            assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
        }
        tokio::time::sleep(LONGEST * 3 / 2).await;
        assert!(elapsed.is_finished(), "who takes nothing is idle");
    }
}
