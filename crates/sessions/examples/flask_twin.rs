//! The application of Flask-Session's own tests, over this crate: the same routes and the same answers, so that
//! the same checks can be made of both.
//!
//! `cargo run -p sessions --example flask_twin` prints its address. It reads the server's settings
//! (`anteroom.toml`, `ANTEROOM_SERVER__ADDRESS`, `ANTEROOM_SESSIONS__STORE` and the others).
//!
//! | route | form field | answer |
//! |---|---|---|
//! | `POST /set`, `POST /modify` | `value` | `value set` |
//! | `GET /get` | – | the value, or `no value set` |
//! | `POST /delete` | – | `value deleted` |
//! | `GET /` | – | touches no session |
//! | `POST /login` | `username` | signs in without a password, for load tests, within `sessions.idle` and `absolute` |
//! | `GET /whoami` | – | the name as JSON, or `null` |
//! | `POST /logout` | – | signs out |

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Extension, Form, Json, Router};
use serde::Deserialize;
use serde_json::Value;
use server::config::{Config, ConfigArgs};
use server::stores::open_sessions;
use sessions::{
    AccountKey, Clock, CurrentSession, Pace, Policy, SessionLayer, Sessions, SignIn, StoreError, SystemClock,
    Values,
};
use tower_sessions::Session;

const VALUE: &str = "value";
const NAME: &str = "name";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::from_process(&ConfigArgs::default())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let sessions = open_sessions(&config, &clock).await?;
    if let Some(every) = config.sessions.sweep_every {
        tokio::spawn(sweep(sessions.clone(), every));
    }
    let listener = tokio::net::TcpListener::bind(config.server.address).await?;
    writeln!(std::io::stdout(), "http://{}", listener.local_addr()?)?;
    axum::serve(listener, router(SessionLayer::new(sessions), config.sessions.timeouts.signed_in())).await?;
    Ok(())
}

/// Clears away what has expired; where the store fails, at the next time.
async fn sweep(sessions: Sessions, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        if let Err(error) = sessions.sweep(usize::MAX, Pace::Gentle).await {
            // Nothing is left to do if standard error is closed.
            let _ = writeln!(std::io::stderr(), "not swept: {error}");
        }
    }
}

fn router(layer: SessionLayer, policy: Policy) -> Router {
    Router::new()
        .route("/set", post(set))
        .route("/modify", post(set))
        .route("/get", get(value))
        .route("/delete", post(delete))
        .route("/login", post(login).layer(Extension(policy)))
        .route("/whoami", get(whoami))
        .route("/logout", post(logout))
        .layer(layer)
        .route("/", get(|| async { "no session was touched" }))
}

#[derive(Deserialize)]
struct ValueForm {
    value: String,
}

#[derive(Deserialize)]
struct LoginForm {
    username: String,
}

/// Why a session could not be read or written.
enum Trouble {
    /// The store does not answer.
    Unavailable,
    /// The session does not fit into its cookie, whose size this names.
    TooLarge(String),
}

impl axum::response::IntoResponse for Trouble {
    fn into_response(self) -> axum::response::Response {
        match self {
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Self::TooLarge(sentence) => (StatusCode::PAYLOAD_TOO_LARGE, sentence).into_response(),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooLarge(_) | StoreError::TooDeep(_) => Self::TooLarge(error.to_string()),
            StoreError::Unavailable(_) | StoreError::Corrupt(_) => Self::Unavailable,
        }
    }
}

impl From<tower_sessions::session::Error> for Trouble {
    fn from(_: tower_sessions::session::Error) -> Self {
        Self::Unavailable
    }
}

async fn set(
    Extension(current): Extension<CurrentSession>,
    Form(form): Form<ValueForm>,
) -> Result<&'static str, Trouble> {
    // Unlike `Session`, which is saved with the answer, it says at once what is too large for a cookie.
    current.change(Values::from([(VALUE, form.value)]), []).await?;
    Ok("value set")
}

async fn value(Extension(session): Extension<Session>) -> Result<String, Trouble> {
    let value: Option<String> = session.get(VALUE).await?;
    Ok(value.unwrap_or_else(|| "no value set".to_owned()))
}

async fn delete(Extension(session): Extension<Session>) -> Result<&'static str, Trouble> {
    session.remove_value(VALUE).await?;
    Ok("value deleted")
}

async fn login(
    Extension(current): Extension<CurrentSession>,
    Extension(policy): Extension<Policy>,
    Form(form): Form<LoginForm>,
) -> Result<StatusCode, Trouble> {
    let values = Values::from([(NAME, form.username)]);
    let sign_in = SignIn { account: AccountKey::random(), policy, values };
    current.sign_in(sign_in).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn whoami(Extension(current): Extension<CurrentSession>) -> Result<Json<Value>, Trouble> {
    current.set_passive();
    let presence = current.presence().await?;
    let name = presence.record().and_then(|record| record.values.get(NAME)).cloned();
    Ok(Json(name.unwrap_or_default()))
}

async fn logout(Extension(current): Extension<CurrentSession>) -> Result<StatusCode, Trouble> {
    current.sign_out().await?;
    Ok(StatusCode::NO_CONTENT)
}
