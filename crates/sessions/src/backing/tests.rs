//! Who waits for a store, waits for so long and no longer; a sweep leaves time to others.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration as Wait, Instant};

use async_trait::async_trait;
use http::header::COOKIE;
use http::{Request, Response};
use tower_layer::Layer as _;
use tower_service::Service as _;

use super::*;
use crate::revocations::memory::MemoryRevocations;
use crate::revocations::{EndedEarly, Standing};
use crate::store::memory::MemoryStore;
use crate::{
    AccountKey, Change, CurrentSession, FixedClock, Key, Loaded, Pauses, Policy, Reason, SessionLayer,
    SessionsBuilder, Summary,
};

/// Never answers.
#[derive(Debug)]
struct Silent;

#[async_trait]
impl Store for Silent {
    async fn insert(&self, _: &Key, _: &Record) -> Result<bool, StoreError> {
        pending().await
    }

    async fn load(&self, _: &Key) -> Result<Loaded, StoreError> {
        pending().await
    }

    async fn apply(&self, _: &Key, _: &Change) -> Result<Option<Record>, StoreError> {
        pending().await
    }

    async fn touch(&self, _: &Key, _: OffsetDateTime) -> Result<bool, StoreError> {
        pending().await
    }

    async fn end(&self, _: &Key, _: Reason) -> Result<(), StoreError> {
        pending().await
    }

    async fn of_account(&self, _: AccountKey) -> Result<Vec<Summary>, StoreError> {
        pending().await
    }

    async fn end_of_account(&self, _: AccountKey, _: Option<&Key>, _: Reason) -> Result<u64, StoreError> {
        pending().await
    }

    async fn sweep(&self, _: usize, _: &Pauses) -> Result<u64, StoreError> {
        pending().await
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "silent",
            is_client_side: false,
            survives_restart: false,
            shared: false,
            listable: true,
            expires_by_itself: false,
        }
    }
}

#[async_trait]
impl Revocations for Silent {
    async fn standing(&self, _: &Key, _: Option<AccountKey>) -> Result<Standing, StoreError> {
        pending().await
    }

    async fn end(&self, _: &EndedEarly) -> Result<bool, StoreError> {
        pending().await
    }

    async fn raise(&self, _: AccountKey, _: Reason, _: OffsetDateTime) -> Result<u64, StoreError> {
        pending().await
    }

    async fn sweep(&self, _: OffsetDateTime, _: usize) -> Result<u64, StoreError> {
        pending().await
    }
}

/// The engine over a store that never answers, and over such revocations.
fn silent() -> [Sessions; 2] {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let client = ClientBacking::new(codec, Arc::new(Silent), Duration::ZERO);
    [Backing::Server { store: Arc::new(Silent), signer: None }, Backing::Client(client)].map(|backing| {
        let clock = Arc::new(FixedClock::default());
        let store_timeout = Wait::from_millis(10);
        SessionsBuilder { clock, store_timeout, ..SessionsBuilder::over(backing) }.build()
    })
}

/// What a call answers that should have been given up long before.
async fn answer_of<T>(call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(Wait::from_secs(10), call).await.expect("it is given up in time")
}

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn nobody_waits_for_ever_to_end_an_account_s_sessions() {
    let account = AccountKey::random();
    for sessions in silent() {
        let record = Record::new(Policy::SIGNED_IN, sessions.now());
        let living = Living { id: SessionId::random(), record: &record, epoch: 0 };
        assert!(is_unavailable(&answer_of(sessions.end_of_account(account, Reason::Revoked)).await));
        assert!(is_unavailable(&answer_of(sessions.end_others(living, account, Reason::Revoked)).await));
    }
}

/// ASVS V15.4.3.
#[tokio::test]
async fn nobody_waits_for_ever_for_an_account_s_sessions() {
    let [over_a_store, _] = silent();
    assert!(is_unavailable(&answer_of(over_a_store.of_account(AccountKey::random())).await));
}

/// Answers for a handler that takes too long, and keeps it until it is dropped itself: as tower-http 0.7's timeout does.
struct GivenUp(Pin<Box<dyn Future<Output = ()> + Send>>);

impl Future for GivenUp {
    type Output = Result<Response<()>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(self.0.as_mut().poll(context).is_pending(), "the store is silent");
        Poll::Ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_handler_that_was_given_up() {
    let [sessions, _] = silent();
    let inner = tower::service_fn(|request: Request<()>| {
        let current = request.extensions().get::<CurrentSession>().cloned().expect("is given");
        GivenUp(Box::pin(async move { drop(current.presence().await) }))
    });
    let cookie = format!("__Host-id={}", SessionId::random().encode());
    let request = Request::get("/").header(COOKIE, cookie).body(()).expect("a request");
    let answer = SessionLayer::new(sessions).layer(inner).call(request);
    let answer = tokio::time::timeout(Wait::from_secs(10), answer).await.expect("is answered in time");
    assert_eq!(answer.expect("never fails").status(), 200);
}

/// The engine over a store, and over cookies.
fn in_memory(clock: &Arc<FixedClock>) -> [Sessions; 2] {
    let codec = ClientSide::new(Sealing::Signed, KeyRing::new([[1; 32]]).expect("a key"));
    let client = ClientBacking::new(codec, Arc::new(MemoryRevocations::default()), Duration::ZERO);
    let store = Arc::new(MemoryStore::new(Arc::clone(clock) as _));
    [Backing::Server { store, signer: None }, Backing::Client(client)].map(|backing| {
        SessionsBuilder { clock: Arc::clone(clock) as _, ..SessionsBuilder::over(backing) }.build()
    })
}

#[tokio::test]
async fn a_gentle_sweep_hears_of_each_session_that_is_begun() {
    for sessions in in_memory(&Arc::default()) {
        let pauses = sessions.pauses(Pace::Gentle);
        let mut pause = pauses.pieces(Wait::from_millis(1), 0);
        assert!(pause.next().is_some());
        sessions.insert(&Record::new(Policy::ANONYMOUS, sessions.now())).await.expect("is stored");
        assert_eq!(pause.next(), None);
    }
}

#[tokio::test]
async fn a_gentle_sweep_pauses_between_its_steps() {
    let clock = Arc::new(FixedClock::default());
    let [sessions, _] = in_memory(&clock);
    for _ in 0..200 {
        sessions.insert(&Record::new(Policy::ANONYMOUS, sessions.now())).await.expect("is stored");
    }
    clock.advance(Policy::ANONYMOUS.absolute);
    let began = Instant::now();
    assert_eq!(sessions.sweep(200, Pace::Gentle).await.expect("sweeps"), 200);
    assert!(
        began.elapsed() > Wait::from_millis(50),
        "some hundred steps, and a timer's millisecond after each"
    );
}
