//! The tower layer: reads the cookie, hands out the session, settles the outcome.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CACHE_CONTROL, RETRY_AFTER, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tower_sessions::{Session, session, session_store};

use crate::current::{SetCookie, Settled, Visit, meaning};
use crate::{CurrentSession, Sessions};

/// Gives each request a [`CurrentSession`] and a [`Session`], and writes the cookie if it changed.
///
/// Saved whatever the status code. Answers whose session was read or written are marked
/// `no-store, private` and `Vary: Cookie`. If a change cannot be stored the answer is 503 with
/// `Retry-After`, or 500 if it does not fit into its cookie (the log says how large it would be); what was stored before
/// stands, and its cookie is set.
#[derive(Clone, Debug)]
pub struct SessionLayer {
    sessions: Sessions,
}

impl SessionLayer {
    /// The layer over this engine.
    #[must_use]
    pub fn new(sessions: Sessions) -> Self {
        Self { sessions }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { sessions: self.sessions.clone(), inner }
    }
}

/// The service that [`SessionLayer`] makes.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    sessions: Sessions,
    inner: S,
}

impl<S, RequestBody, ResponseBody> Service<Request<RequestBody>> for SessionService<S>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    ResponseBody: Default + Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ResponseBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let current = CurrentSession::of_request(self.sessions.clone(), request.headers());
        let handed = Handed { visit: Arc::clone(&current.visit), session: current.session.clone() };
        request.extensions_mut().insert(current.session.clone());
        request.extensions_mut().insert(current);
        let response = self.inner.call(request);
        ResponseFuture::Answering { response, handed }
    }
}

pin_project! {
    /// The answer of the inner service, and then what becomes of the session.
    #[project = Stage]
    pub enum ResponseFuture<F, ResponseBody> {
        /// The inner service answers.
        Answering {
            #[pin]
            response: F,
            handed: Handed,
        },
        /// A store is asked.
        Settling { settled: Pin<Box<dyn Future<Output = Response<ResponseBody>> + Send>> },
    }
}

impl<F, ResponseBody, E> Future for ResponseFuture<F, ResponseBody>
where
    F: Future<Output = Result<Response<ResponseBody>, E>>,
    ResponseBody: Default + Send + 'static,
{
    type Output = F::Output;

    /// Most requests leave nothing to do, and need nothing to do it in. For the others, what answered is gone before
    /// a store is asked: a handler that was given up in there may hold on to the session.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let (response, handed) = match self.as_mut().project() {
            Stage::Settling { settled } => return settled.as_mut().poll(context).map(Ok),
            Stage::Answering { response, handed } => (ready!(response.poll(context))?, handed),
        };
        if let Some(settled) = handed.settled() {
            return Poll::Ready(Ok(with_headers(response, settled)));
        }
        let handed = handed.clone();
        let settled = Box::pin(async move {
            match handed.settle().await {
                Ok(settled) => with_headers(response, settled),
                Err(error) => with_headers(failed(&error), handed.visit.settle_after_failure().await),
            }
        });
        self.set(Self::Settling { settled });
        self.poll(context)
    }
}

/// What the request was given.
#[derive(Clone)]
pub struct Handed {
    visit: Arc<Visit>,
    session: Session,
}

impl Handed {
    /// What the answer must carry, if nothing is to be stored.
    fn settled(&self) -> Option<Settled> {
        let is_unchanged = !self.session.is_modified() && !self.visit.has_ending();
        if is_unchanged { self.visit.settled() } else { None }
    }

    /// Saves what the handler changed through [`Session`] and has not saved, and settles.
    async fn settle(&self) -> Result<Settled, session::Error> {
        if self.session.is_modified() {
            self.session.save().await?;
        }
        self.visit.settle_ending().await.map_err(meaning)?;
        Ok(self.visit.settle().await.map_err(meaning)?)
    }
}

fn with_headers<B>(mut response: Response<B>, settled: Settled) -> Response<B> {
    let headers = response.headers_mut();
    if let Some(cookie) = settled.set_cookie.and_then(|SetCookie(cookie)| HeaderValue::try_from(cookie).ok())
    {
        headers.append(SET_COOKIE, cookie);
    }
    if settled.was_read {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, private"));
        vary_by_cookie(headers);
    }
    response
}

/// Says so once, whatever the handler has said already.
fn vary_by_cookie(headers: &mut HeaderMap) {
    let says_so = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"cookie");
    if !headers.get_all(VARY).iter().any(says_so) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

fn failed<B: Default>(error: &session::Error) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = match error {
        session::Error::SerdeJson(_) | session::Error::Store(session_store::Error::Encode(_)) => {
            tracing::error!(%error, "a session could not be settled");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        // That the store is away was logged when it went.
        session::Error::Store(session_store::Error::Backend(_) | session_store::Error::Decode(_)) => {
            tracing::debug!(%error, "a session could not be settled");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    response
}
