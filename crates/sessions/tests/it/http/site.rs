//! A small application, and the browsers that visit it.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{CACHE_CONTROL, COOKIE, RETRY_AFTER, SET_COOKIE, VARY};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sessions::revocations::Revocations;
use sessions::revocations::memory::MemoryRevocations;
use sessions::revocations::postgres::PostgresRevocations;
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::cached::{Cached, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::postgres::PostgresStore;
use sessions::store::redis::RedisStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{
    AccountKey, Anonymous, Backing, Capabilities, Change, ClientBacking, ClientSide, Clock, CurrentSession,
    Fate, FixedClock, Key, KeyRing, Lifecycle, Lifecycles, Loaded, MOST_NESTED, Pauses, Policy, Presence,
    Reason, Record, Sealing, SessionLayer, Sessions, SessionsBuilder, SignIn, Store, StoreError, Summary,
    TypedKey, Values,
};
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use tower_sessions::{Session, session};

use crate::PATIENCE;
use crate::servers::postgres::Schema;
use crate::servers::redis as servers;

const THEME: TypedKey<String> = TypedKey::new("theme", Lifecycle::BROWSER);
const USER: TypedKey<String> = TypedKey::new("user", Lifecycle::SESSION);
const BASKET: TypedKey<String> =
    TypedKey::new("basket", Lifecycle { sign_in: Fate::Merge(joined), ..Lifecycle::PERSON });

/// The application with its store and its clock.
pub struct Site {
    pub clock: Arc<FixedClock>,
    pub is_client_side: bool,
    backing: Backing,
    sessions: Sessions,
    router: Router,
    has_read: Arc<Semaphore>,
    may_go_on: Arc<Semaphore>,
    folder: Option<tempfile::TempDir>,
}

impl Site {
    pub fn memory() -> Self {
        Self::over(|clock| Arc::new(MemoryStore::new(clock)))
    }

    pub fn filesystem() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let site =
            Self::over(|clock| Arc::new(FilesystemStore::open(folder.path(), "", clock).expect("opens")));
        Self { folder: Some(folder), ..site }
    }

    pub async fn postgres() -> Self {
        let schema = Schema::create().await;
        let clock = Arc::new(FixedClock::default());
        let opened =
            PostgresStore::open(&schema.url, "", PATIENCE, Arc::clone(&clock) as Arc<dyn Clock>).await;
        Self::with(clock, on_server(Arc::new(opened.expect("opens"))))
    }

    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sessions.db");
        let site =
            Self::over(|clock| Arc::new(SqliteStore::open(&path, "", PATIENCE, clock).expect("opens")));
        Self { folder: Some(folder), ..site }
    }

    pub fn filesystem_cached() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Self::cached(|clock| FilesystemStore::open(folder.path(), "", clock).expect("opens"));
        Self { folder: Some(folder), ..site }
    }

    pub fn sqlite_cached() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sessions.db");
        let site = Self::cached(|clock| SqliteStore::open(&path, "", PATIENCE, clock).expect("opens"));
        Self { folder: Some(folder), ..site }
    }

    pub async fn postgres_cached() -> Self {
        let schema = Schema::create().await;
        let clock = Arc::new(FixedClock::default());
        let opened =
            PostgresStore::open(&schema.url, "", PATIENCE, Arc::clone(&clock) as Arc<dyn Clock>).await;
        let cached = Cached::new(opened.expect("opens"), 1 << 20, Arc::clone(&clock) as Arc<dyn Clock>);
        Self::with(clock, on_server(Arc::new(cached)))
    }

    fn cached<S: Watched>(open: impl FnOnce(Arc<dyn Clock>) -> S) -> Self {
        Self::over(|clock| Arc::new(Cached::new(open(Arc::clone(&clock)), 1 << 20, clock)))
    }

    pub async fn redis_cluster() -> Self {
        let [node, ..] = servers::cluster();
        let clock = Arc::new(FixedClock::default());
        let store = Self::redis_store(node, &clock).await;
        Self::with(clock, on_server(Arc::new(store)))
    }

    pub async fn redis() -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(Self::redis_store(servers::shared(), &clock).await);
        Self::with(clock, on_server(store))
    }

    pub async fn redis_cached() -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = Self::redis_store(servers::shared(), &clock).await;
        let cached = Cached::new(store, 1 << 20, Arc::clone(&clock) as Arc<dyn Clock>);
        Self::with(clock, on_server(Arc::new(cached)))
    }

    async fn redis_store(server: &servers::Redis, clock: &Arc<FixedClock>) -> RedisStore {
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        let (url, prefix) = (server.url(), servers::new_prefix());
        RedisStore::open(&url, &prefix, PATIENCE, clock).await.expect("opens")
    }

    pub fn over(store: impl FnOnce(Arc<dyn Clock>) -> Arc<dyn Store>) -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = store(Arc::clone(&clock) as Arc<dyn Clock>);
        Self::with(clock, on_server(store))
    }

    pub fn signed_ids() -> Self {
        let clock = Arc::new(FixedClock::default());
        let store = Arc::new(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>));
        Self::with(clock, Backing::Server { store, signer: KeyRing::new([[1; 32]]) })
    }

    /// What has ended is in a file.
    pub fn encrypted() -> Self {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), FixedClock::default());
        let path = folder.path().join("ended.db");
        let revocations = SqliteRevocations::open(&path, "", PATIENCE, clock.now()).expect("opens");
        let site = Self::client_side(Sealing::Encrypted, Arc::new(revocations));
        Self { folder: Some(folder), ..site }
    }

    pub fn signed() -> Self {
        Self::client_side(Sealing::Signed, Arc::new(MemoryRevocations::default()))
    }

    /// What has ended is in a database.
    pub async fn signed_and_postgres() -> Self {
        let schema = Schema::create().await;
        let now = FixedClock::default().now();
        let revocations = PostgresRevocations::open(&schema.url, "", PATIENCE, now).await.expect("opens");
        Self::client_side(Sealing::Signed, Arc::new(revocations))
    }

    fn client_side(sealing: Sealing, revocations: Arc<dyn Revocations>) -> Self {
        let ring = KeyRing::new([[1; 32]]).expect("a key");
        let client = ClientBacking::new(ClientSide::new(sealing, ring), revocations, Duration::seconds(5));
        Self::with(Arc::new(FixedClock::default()), Backing::Client(client))
    }

    /// Over what judges by this clock.
    pub fn with(clock: Arc<FixedClock>, backing: Backing) -> Self {
        Self::begun_when(Anonymous::default(), "", clock, backing)
    }

    /// One of several applications over the same.
    pub fn of_application(prefix: &str, clock: Arc<FixedClock>, backing: Backing) -> Self {
        Self::begun_when(Anonymous::default(), prefix, clock, backing)
    }

    /// The same application, whose guests get a session at another moment.
    pub fn beginning(self, anonymous: Anonymous) -> Self {
        let begun = Self::begun_when(anonymous, "", Arc::clone(&self.clock), self.backing.clone());
        Self { folder: self.folder, ..begun }
    }

    fn begun_when(anonymous: Anonymous, prefix: &str, clock: Arc<FixedClock>, backing: Backing) -> Self {
        let is_client_side = backing.capabilities().is_client_side;
        let (has_read, may_go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let sessions = SessionsBuilder {
            store_timeout: PATIENCE,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            lifecycles: Lifecycles::default().declare(&THEME).declare(&USER).declare(&BASKET),
            anonymous,
            key_prefix: prefix.to_owned(),
            ..SessionsBuilder::over(backing.clone())
        }
        .build();
        let slow = Slow { has_read: Arc::clone(&has_read), may_go_on: Arc::clone(&may_go_on) };
        let router = Router::new()
            .route("/public", get(|| async { "hello" }))
            .route("/get/{key}", get(read))
            .route("/set/{key}/{value}", get(write))
            .route("/slow/{key}/{value}", get(write_slowly))
            .route("/slow-answer/{key}/{value}", get(answer_slowly))
            .route("/slow-read/{key}", get(read_slowly))
            .route("/slow-cycle", get(cycle_slowly))
            .route("/slow-end-all", get(end_all_slowly))
            .route("/impatient-login/{name}", get(login_impatiently))
            .route("/login/{name}", get(|path, current| login(path, current, Policy::SIGNED_IN)))
            .route("/end-all", get(end_all))
            .route("/in-and-out", get(sign_in_and_out))
            .route("/login-bare", get(login_bare))
            .route("/login-with/{fruit}", get(login_with_basket))
            .route("/login-kept/{name}", get(|path, current| login(path, current, Policy::KEPT_IN)))
            .route(
                "/logout",
                get(|Extension(current): Extension<CurrentSession>| async move { ended(&current).await }),
            )
            .route("/passive", get(read_passively))
            .route("/cycle-and-fail", get(cycle_and_fail))
            .route("/steps/{steps}", get(take_steps))
            .route("/account", get(has_account))
            .route("/reason", get(reason))
            .route("/end-others", get(end_others))
            .route("/fill/{size}", get(fill))
            .layer(Extension(slow))
            .layer(SessionLayer::new(sessions.clone()));
        Self { clock, is_client_side, backing, sessions, router, has_read, may_go_on, folder: None }
    }

    /// How many sessions of an account the store lists; none where nothing is listed.
    pub async fn listed(&self, name: &str) -> usize {
        let listed = self.sessions.of_account(account(name)).await.expect("lists");
        listed.map_or(0, |listed| listed.len())
    }

    /// When the only session of an account was used last, as far as is noted.
    pub async fn last_seen(&self, name: &str) -> OffsetDateTime {
        let listed = self.sessions.of_account(account(name)).await.expect("lists");
        let [one] = &listed.expect("can be listed")[..] else { unreachable!("there is one") };
        one.record.last_seen
    }

    pub async fn wait_until_slow_has_read(&self) {
        self.has_read.acquire().await.expect("open").forget();
    }

    pub fn let_slow_go_on(&self) {
        self.may_go_on.add_permits(1);
    }
}

fn on_server(store: Arc<dyn Store>) -> Backing {
    Backing::Server { store, signer: None }
}

/// Holds a request in the middle of its work.
#[derive(Clone)]
struct Slow {
    has_read: Arc<Semaphore>,
    may_go_on: Arc<Semaphore>,
}

impl Slow {
    async fn wait(&self) {
        self.has_read.add_permits(1);
        self.may_go_on.acquire().await.expect("open").forget();
    }
}

async fn read(Path(key): Path<String>, Extension(session): Extension<Session>) -> Result<String, StatusCode> {
    let value = session.get_value(&key).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(value.unwrap_or(Value::Null).to_string())
}

async fn write(
    Path((key, value)): Path<(String, String)>,
    Extension(session): Extension<Session>,
) -> Result<(), StatusCode> {
    session.insert(&key, value).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

async fn write_slowly(
    Path((key, value)): Path<(String, String)>,
    Extension(session): Extension<Session>,
    Extension(slow): Extension<Slow>,
) {
    session.get_value("user").await.expect("reads");
    slow.wait().await;
    session.insert(&key, value).await.expect("inserts");
}

/// Writes at once, and answers later.
async fn answer_slowly(
    Path((key, value)): Path<(String, String)>,
    Extension(current): Extension<CurrentSession>,
    slow: Extension<Slow>,
) {
    current.change(Values::from([(key, value)]), []).await.expect("changes");
    slow.wait().await;
}

async fn read_slowly(path: Path<String>, session: Extension<Session>, slow: Extension<Slow>) -> String {
    let read = read(path, session).await.expect("reads");
    slow.wait().await;
    read
}

/// Says whether the session goes on under another id.
async fn cycle_slowly(Extension(current): Extension<CurrentSession>, slow: Extension<Slow>) -> String {
    current.presence().await.expect("answers");
    slow.wait().await;
    current.cycle_id().await.expect("answers").to_string()
}

async fn end_all(Extension(current): Extension<CurrentSession>) -> StatusCode {
    match current.end_all(Reason::Revoked).await {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// As where a password turns out to be an old one.
async fn sign_in_and_out(Extension(current): Extension<CurrentSession>) -> StatusCode {
    let sign_in = SignIn { account: account("ada"), policy: Policy::SIGNED_IN, values: Values::new() };
    current.sign_in(sign_in).await.expect("signs in");
    match current.sign_out().await {
        Ok(()) => StatusCode::UNAUTHORIZED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn end_all_slowly(Extension(current): Extension<CurrentSession>, slow: Extension<Slow>) {
    current.presence().await.expect("answers");
    slow.wait().await;
    current.end_all(Reason::Revoked).await.expect("ends");
}

/// Gives up where the store takes longer than this.
async fn login_impatiently(name: Path<String>, current: Extension<CurrentSession>) -> StatusCode {
    let done =
        tokio::time::timeout(std::time::Duration::from_millis(50), login(name, current, Policy::SIGNED_IN));
    if done.await.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn login(Path(name): Path<String>, Extension(current): Extension<CurrentSession>, policy: Policy) {
    let account = account(&name);
    let sign_in = SignIn { account, policy, values: Values::from([USER.holding(name)]) };
    current.sign_in(sign_in).await.expect("signs in");
}

async fn login_bare(Extension(current): Extension<CurrentSession>) {
    let sign_in = SignIn { account: account("ada"), policy: Policy::SIGNED_IN, values: Values::new() };
    current.sign_in(sign_in).await.expect("signs in");
}

/// Everybody is Ada here.
async fn login_with_basket(Path(fruit): Path<String>, Extension(current): Extension<CurrentSession>) {
    let values = Values::from([USER.holding("ada".to_owned()), BASKET.holding(fruit)]);
    let sign_in = SignIn { account: account("ada"), policy: Policy::SIGNED_IN, values };
    current.sign_in(sign_in).await.expect("signs in");
}

/// What a guest has collected, then what was there of the account's.
fn joined(old: Value, new: Value) -> Value {
    match (old, new) {
        (Value::String(old), Value::String(new)) => format!("{old}+{new}").into(),
        (_, new) => new,
    }
}

fn account(name: &str) -> AccountKey {
    let mut bits = [0; 16];
    bits.iter_mut().zip(name.bytes()).for_each(|(bit, byte)| *bit = byte);
    AccountKey::from_bytes(bits)
}

async fn ended(current: &CurrentSession) {
    current.sign_out().await.expect("signs out");
}

async fn read_passively(
    Extension(current): Extension<CurrentSession>,
    session: Extension<Session>,
) -> Result<String, StatusCode> {
    current.set_passive();
    read(Path("user".to_owned()), session).await
}

async fn cycle_and_fail(Extension(session): Extension<Session>) -> StatusCode {
    session.cycle_id().await.expect("cycles");
    StatusCode::INTERNAL_SERVER_ERROR
}

/// What is done through [`Session`] and [`CurrentSession`], in this order; an error of the first ends nothing.
async fn take_steps(
    Path(steps): Path<String>,
    Extension(session): Extension<Session>,
    Extension(current): Extension<CurrentSession>,
    Extension(slow): Extension<Slow>,
) {
    for step in steps.split(',') {
        match step {
            "out" => current.sign_out().await.expect("signs out"),
            "end-all" => {
                current.end_all(Reason::Revoked).await.expect("ends");
            }
            "wait" => slow.wait().await,
            "current-cycle" => {
                current.cycle_id().await.expect("answers");
            }
            "current-set" => {
                current.change(Values::from([("cart", "current")]), []).await.expect("changes");
            }
            "in-ada" | "in-bob" => {
                let name = step.trim_start_matches("in-").to_owned();
                login(Path(name), Extension(current.clone()), Policy::SIGNED_IN).await;
            }
            _ => {
                let done = take_step(step, &session).await;
                done.unwrap_or_else(|error| tracing::debug!(%error, step));
            }
        }
    }
}

async fn take_step(step: &str, session: &Session) -> Result<(), session::Error> {
    match step {
        "read" => session.get_value("user").await.map(drop),
        "set" => session.insert("fresh", true).await,
        "append" => {
            let before: Option<String> = session.get("cart").await?;
            session.insert("cart", before.unwrap_or_default() + "+").await
        }
        "back" => session.insert("cart", "hers").await,
        "deep" => {
            session.insert("deep", (0..=MOST_NESTED).fold(Value::Null, |inner, _| json!([inner]))).await
        }
        "large" => session.insert("large", "x".repeat(5000)).await,
        "remove" => session.remove_value("user").await.map(drop),
        "clear" => {
            session.clear().await;
            Ok(())
        }
        "cycle" => session.cycle_id().await,
        "save" => session.save().await,
        "flush" => session.flush().await,
        "delete" => session.delete().await,
        other => unreachable!("{other}"),
    }
}

async fn has_account(Extension(current): Extension<CurrentSession>) -> String {
    let presence = current.presence().await.expect("answers");
    presence.record().is_some_and(|record| record.account.is_some()).to_string()
}

async fn reason(Extension(current): Extension<CurrentSession>) -> String {
    match current.presence().await.expect("answers") {
        Presence::Nobody => "nobody".to_owned(),
        Presence::Living(_) => "living".to_owned(),
        Presence::Ended { reason, .. } => reason.map_or("unknown", Reason::as_str).to_owned(),
    }
}

async fn end_others(Extension(current): Extension<CurrentSession>) {
    current.end_others(Reason::PasswordChanged).await.expect("ends");
}

/// Says what the error says.
async fn fill(Path(size): Path<usize>, Extension(current): Extension<CurrentSession>) -> String {
    let set = Values::from([("large", "x".repeat(size))]);
    match current.change(set, []).await {
        Ok(_) => "fits".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// A browser that keeps one cookie.
#[derive(Clone)]
pub struct Browser {
    pub router: Router,
    pub cookie: Option<String>,
}

/// What a browser got.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: String,
    pub set_cookie: Option<String>,
    pub caching: Option<String>,
    pub retry_after: Option<String>,
}

impl Answer {
    pub fn ok(body: &str) -> Self {
        Self {
            status: StatusCode::OK,
            body: body.to_owned(),
            set_cookie: None,
            caching: None,
            retry_after: None,
        }
    }
}

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        (self.status, &self.body) == (other.status, &other.body)
    }
}

impl Browser {
    pub fn of(site: &Site) -> Self {
        Self { router: site.router.clone(), cookie: None }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        match self.cookie.as_ref().map(|cookie| format!("__Host-id={cookie}")) {
            Some(header) => self.get_with(path, &header).await,
            None => self.send(Request::get(path)).await,
        }
    }

    /// With this `Cookie` header.
    pub async fn get_with(&mut self, path: &str, header: &str) -> Answer {
        self.send(Request::get(path).header(COOKIE, header)).await
    }

    async fn send(&mut self, request: http::request::Builder) -> Answer {
        let request = request.body(Body::empty()).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("answers");
        let (head, body) = response.into_parts();
        let header = |name| head.headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        let set_cookie = header(SET_COOKIE);
        let caching =
            header(CACHE_CONTROL).zip(header(VARY)).map(|(cache, vary)| format!("{cache}; vary {vary}"));
        if let Some(set) = &set_cookie {
            let value =
                set.strip_prefix("__Host-id=").and_then(|rest| rest.split(';').next()).expect("a value");
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        Answer {
            status: head.status,
            body: String::from_utf8(bytes.to_vec()).expect("text"),
            set_cookie,
            caching,
            retry_after: header(RETRY_AFTER),
        }
    }
}

/// A store that never answers.
#[derive(Debug)]
pub struct Broken;

#[async_trait]
impl Store for Broken {
    async fn insert(&self, _: &Key, _: &Record) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn load(&self, _: &Key) -> Result<Loaded, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn apply(&self, _: &Key, _: &Change) -> Result<Option<Record>, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn touch(&self, _: &Key, _: OffsetDateTime) -> Result<bool, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn end(&self, _: &Key, _: Reason) -> Result<Option<Record>, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn of_account(&self, _: AccountKey) -> Result<Vec<Summary>, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn end_of_account(&self, _: AccountKey, _: Option<&Key>, _: Reason) -> Result<u64, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    async fn sweep(&self, _: usize, _: &Pauses) -> Result<u64, StoreError> {
        Err(StoreError::unavailable("broken"))
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "broken",
            is_client_side: false,
            survives_restart: false,
            shared: false,
            listable: false,
            expires_by_itself: false,
        }
    }
}
