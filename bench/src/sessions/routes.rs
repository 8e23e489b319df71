//! One route for each thing that a session is used for.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::Serialize;
use sessions::{
    AccountKey, Backing, Cookie, CurrentSession, Pace, Policy, SessionLayer, Sessions, SessionsBuilder,
    SignIn,
};
use tower_sessions::Session;

use super::Filled;
use crate::population;

/// So many are swept at a time.
const SWEEP_BATCH: usize = 100;
/// Beside requests a sweep of a million takes hours.
const SWEEP_FOR: Duration = Duration::from_secs(10);

/// `GET /whoami`, `POST /set`, `POST /sign-in`; `GET /touch`, which is whoami with each use noted; `POST /sweep`
/// with how many; `GET /filled`.
pub fn router(backing: Backing, filled: Filled) -> Router {
    let sessions = engine(backing.clone(), time::Duration::minutes(1));
    let touching = engine(backing, time::Duration::ZERO);
    let touch = Router::new().route("/touch", get(touch)).layer(SessionLayer::new(touching));
    Router::new()
        .route("/whoami", get(whoami))
        .route("/set", post(set))
        .route("/sign-in", post(sign_in))
        .layer(SessionLayer::new(sessions.clone()))
        .merge(touch)
        .route("/sweep", post(sweep).with_state(sessions))
        .route("/filled", get(async move || Json(filled)))
}

fn engine(backing: Backing, touch_every: time::Duration) -> Sessions {
    SessionsBuilder {
        cookie: Cookie::plain(),
        key_prefix: population::PREFIX.to_owned(),
        touch_every,
        // The store's own, so that a slow moment is measured and no failure.
        store_timeout: std::time::Duration::from_secs(30),
        ..SessionsBuilder::over(backing)
    }
    .build()
}

#[derive(Serialize)]
struct Whoami {
    authenticated: bool,
    username: String,
}

async fn whoami(Extension(current): Extension<CurrentSession>) -> Result<Json<Whoami>, StatusCode> {
    current.set_passive();
    touch(Extension(current)).await
}

/// 401 for a guest: nobody here is one.
async fn touch(Extension(current): Extension<CurrentSession>) -> Result<Json<Whoami>, StatusCode> {
    let presence = current.presence().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let name = presence.record().and_then(|record| record.values.get("name")?.as_str());
    let username = name.ok_or(StatusCode::UNAUTHORIZED)?.to_owned();
    Ok(Json(Whoami { authenticated: true, username }))
}

async fn set(Extension(session): Extension<Session>, value: String) -> Result<&'static str, StatusCode> {
    session.insert("value", value).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok("value set")
}

async fn sign_in(Extension(current): Extension<CurrentSession>) -> Result<&'static str, StatusCode> {
    let values = population::values("ada");
    let sign_in = SignIn { account: AccountKey::random(), policy: Policy::SIGNED_IN, values };
    current.sign_in(sign_in).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok("signed in")
}

/// Sweeps as the site's server does, until so many or all are swept, or time is up. Answers how many.
async fn sweep(State(sessions): State<Sessions>, most: String) -> Result<String, StatusCode> {
    let most: u64 = most.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let (began, mut swept) = (Instant::now(), 0);
    while swept < most && began.elapsed() < SWEEP_FOR {
        let batch =
            sessions.sweep(SWEEP_BATCH, Pace::Gentle).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        swept += batch;
        if batch < SWEEP_BATCH as u64 {
            break;
        }
        tokio::task::yield_now().await;
    }
    Ok(swept.to_string())
}
