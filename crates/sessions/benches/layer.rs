//! What the layer adds to a request, over the memory store and without a network.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use criterion::{BatchSize, Criterion};
use http::header::COOKIE;
use http::{Request, Response, StatusCode};
use sessions::store::memory::MemoryStore;
use sessions::{
    AccountKey, Clock as _, Cookie, CurrentSession, Policy, Record, SessionId, SessionLayer, Sessions,
    SessionsBuilder, Store as _, SystemClock,
};
use tokio::runtime::{Builder, Runtime};
use tower::{Service, ServiceExt as _};

/// The server's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many sessions are in use: more than a processor's nearest caches hold.
const STORED: usize = 10_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (sessions, cookies) = runtime.block_on(filled());
    let bare = Router::new().route("/", get(async || "ada"));
    let idle = bare.clone().layer(tower::layer::layer_fn(|service| service));
    let layered = Router::new().route("/", get(name)).layer(SessionLayer::new(sessions));
    asked(&mut criterion, &runtime, "no layer", bare, &[None]);
    asked(&mut criterion, &runtime, "a layer that does nothing", idle, &[None]);
    asked(&mut criterion, &runtime, "layer, no cookie", layered.clone(), &[None]);
    asked(&mut criterion, &runtime, "layer, signed in", layered, &cookies);
    criterion.final_summary();
}

/// The name in the session, read as a page that everybody sees would: nobody's is none either.
async fn name(Extension(current): Extension<CurrentSession>) -> Result<String, StatusCode> {
    let presence = current.presence().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let name = presence.record().and_then(|record| record.values.get("name")?.as_str());
    Ok(name.unwrap_or("nobody").to_owned())
}

fn asked(
    criterion: &mut Criterion,
    runtime: &Runtime,
    what: &str,
    router: Router,
    cookies: &[Option<String>],
) {
    let mut router = router.into_service::<Body>();
    let mut cookies = cookies.iter().cycle();
    let mut request = || {
        let request = Request::get("/");
        let cookie = cookies.next().expect("a cycle has no end");
        let request = cookie.iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
        request.body(Body::empty()).expect("a request")
    };
    criterion.bench_function(what, |bench| {
        bench.iter_batched(
            &mut request,
            |request| runtime.block_on(answer(&mut router, request)),
            BatchSize::SmallInput,
        );
    });
}

async fn answer(
    router: &mut impl Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    request: Request<Body>,
) -> StatusCode {
    let Ok(ready) = router.ready().await;
    let Ok(answer) = ready.call(request).await;
    answer.status()
}

async fn filled() -> (Sessions, Vec<Option<String>>) {
    let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
    let mut cookies = Vec::new();
    for number in 0..STORED {
        let id = SessionId::random();
        store.insert(&id.key(""), &record(number)).await.expect("memory takes it");
        cookies.push(Some(format!("id={}", id.encode())));
    }
    (SessionsBuilder { cookie: Cookie::plain(), ..SessionsBuilder::new(store) }.build(), cookies)
}

fn record(number: usize) -> Record {
    let mut record = Record::new(Policy::SIGNED_IN, SystemClock.now());
    record.account = Some(AccountKey::from_bytes((number as u128).to_be_bytes()));
    let name = format!("visitor{number}");
    record.values = [("name", name.as_str()), ("theme", "dark"), ("device", "Firefox on Linux")].into();
    record
}
