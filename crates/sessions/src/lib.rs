//! A session engine for tower and axum services.
//!
//! Handlers see the ecosystem's [`tower_sessions::Session`]; below it stands a contract of our own,
//! [`Store`], which keeps what whole-record stores cannot:
//!
//! - a request in flight at sign-out never brings the session back;
//! - parallel writes to different keys all survive, since a save is a *change*, not a record;
//! - a read never writes; an expired record never loads; ids are stored only as SHA-256;
//! - idle and absolute limits are in the record, so each sign-in keeps its own.
//!
//! The same layer keeps records in the cookie itself ([`Backing::Client`]), encrypted or signed, and can end
//! them all the same ([`revocations`]).
//!
//! [`SessionLayer`] reads the cookie and gives each request a [`CurrentSession`] and a
//! [`tower_sessions::Session`] in its extensions; when the response head is ready it settles what
//! changed and writes the cookie, if there is one to write. Put it before application routes only,
//! never before static files.
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::{Extension, Router, extract::Path, http::StatusCode, routing::{get, post}};
//! use sessions::store::memory::MemoryStore;
//! use sessions::{
//!     AccountKey, CurrentSession, Lifecycle, Lifecycles, Policy, SessionLayer, SessionsBuilder, SignIn,
//!     SystemClock, TypedKey, Values,
//! };
//! use tower_sessions::Session;
//!
//! /// Each value says what becomes of it: a theme stays with the browser, a name goes with its session.
//! const THEME: TypedKey<String> = TypedKey::new("theme", Lifecycle::BROWSER);
//! const NAME: TypedKey<String> = TypedKey::new("name", Lifecycle::SESSION);
//!
//! /// Values by name, as with any store of tower-sessions: loaded when first asked for, saved with the answer.
//! async fn visits(Extension(session): Extension<Session>) -> Result<String, StatusCode> {
//!     let seen: u32 = session.get("visits").await.map_err(|_| away())?.unwrap_or_default();
//!     session.insert("visits", seen + 1).await.map_err(|_| away())?;
//!     Ok(format!("You were here {seen} times."))
//! }
//!
//! /// Whose the session is; the password is checked before this. The session gets a new id.
//! async fn sign_in(name: Path<String>, current: Extension<CurrentSession>) -> Result<(), StatusCode> {
//!     let account = AccountKey::random(); // as your table of accounts has it
//!     let values = Values::from([NAME.holding(name.0)]);
//!     let sign_in = SignIn { account, policy: Policy::SIGNED_IN, values };
//!     current.sign_in(sign_in).await.map(drop).map_err(|_| away())
//! }
//!
//! async fn sign_out(current: Extension<CurrentSession>) -> Result<(), StatusCode> {
//!     current.sign_out().await.map_err(|_| away())
//! }
//!
//! /// The store does not answer, which says nothing about the session.
//! fn away() -> StatusCode {
//!     StatusCode::SERVICE_UNAVAILABLE
//! }
//!
//! let sessions = SessionsBuilder {
//!     // What is not declared goes on at sign-in, and with nobody else.
//!     lifecycles: Lifecycles::default().declare(&THEME).declare(&NAME),
//!     ..SessionsBuilder::new(Arc::new(MemoryStore::new(Arc::new(SystemClock))))
//! };
//! let router: Router = Router::new()
//!     .route("/", get(visits))
//!     .route("/sign-in/{name}", post(sign_in))
//!     .route("/sign-out", post(sign_out))
//!     .layer(SessionLayer::new(sessions.build()));
//! ```
//!
//! The cookie of [`SessionsBuilder::new`] is for https; over plain http, in development, set
//! [`cookie`](SessionsBuilder::cookie) to [`Cookie::plain`]. Call [`Sessions::sweep`] every few minutes.
//!
//! The rules that each store obeys are public in `conformance` (feature `conformance`).

mod account_key;
mod availability;
mod backing;
mod by_key;
mod change;
mod client_side;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod cookie;
mod current;
pub mod history;
mod id;
mod key_ring;
mod layer;
mod lifecycle;
mod pace;
mod policy;
mod pre_authentication;
mod reason;
mod record;
mod refused;
pub mod revocations;
mod settings;
mod signature;
pub mod signed_id;
pub mod store;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod timing;
mod typed_key;
mod values;

pub use account_key::AccountKey;
pub use availability::Availability;
pub use backing::{Backing, ClientBacking};
pub use change::Change;
pub use client_side::{ClientSide, Contents, Opened, Sealing, TooLarge};
pub use clock::{Clock, FixedClock, SystemClock};
pub use cookie::{Cookie, SameSite};
pub use current::{CurrentSession, Holds, Inspection, Presence, SignIn};
pub use id::{Key, SessionId};
pub use key_ring::KeyRing;
pub use layer::SessionLayer;
pub use lifecycle::{Fate, Lifecycle, Lifecycles};
pub use pace::{Pace, Pauses};
pub use policy::Policy;
pub use reason::Reason;
pub use record::Record;
pub use refused::Refused;
pub use settings::{Anonymous, Sessions, SessionsBuilder};
pub use store::{Capabilities, Loaded, Store, StoreError, Summary};
pub use typed_key::TypedKey;
pub use values::{MOST_NESTED, TooDeep, Values};
