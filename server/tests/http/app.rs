//! A running server, and the people who call it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use auth::PasswordHasher;
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use server::application::Application;
use server::config::{Config, ConfigArgs};
use sessions::{Clock, FixedClock};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// Long enough, and nobody's first guess.
pub const PASSWORD: &str = "correct horse battery staple";

/// As good, and another one.
pub const OTHER_PASSWORD: &str = "tidy purple lanterns drift north";

/// A server on a port of its own.
pub struct TestApp {
    pub clock: Arc<FixedClock>,
    address: SocketAddr,
    redirect_address: Option<SocketAddr>,
    folder: Arc<TempDir>,
    _stop: oneshot::Sender<()>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// Starts with settings such as `sessions.anonymous=never`. Throttles are off unless set.
    pub async fn with(settings: &[&str]) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::begin(folder, Arc::new(FixedClock::default()), settings, hasher()).await
    }

    /// The same, where a sign-in costs hardly anything: for tests with many.
    pub async fn hashing_weakly(settings: &[&str]) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        let hasher = PasswordHasher::weak(2).expect("hashes");
        Self::begin(folder, Arc::new(FixedClock::default()), settings, hasher).await
    }

    /// Another server over the same database and by the same clock, with settings of its own.
    pub async fn beside(&self, settings: &[&str]) -> Self {
        Self::begin(Arc::clone(&self.folder), Arc::clone(&self.clock), settings, hasher()).await
    }

    async fn begin(
        folder: Arc<TempDir>,
        clock: Arc<FixedClock>,
        settings: &[&str],
        hasher: PasswordHasher,
    ) -> Self {
        let off = ["address_sign_in", "address_registration", "address_anonymous", "account"];
        let set = [
            vec!["server.address=127.0.0.1:0".to_owned()],
            // Tests are not about slow disks.
            vec!["sessions.store_timeout=30s".to_owned(), "database.timeout=30s".to_owned()],
            vec![format!("database.url=sqlite://{}", folder.path().join("data/test.db").display())],
            off.map(|name| format!("throttle.{name}=off")).to_vec(),
            settings.iter().map(|&setting| setting.to_owned()).collect(),
        ];
        let args = ConfigArgs { set: set.concat(), ..ConfigArgs::default() };
        let config = Config::load(&args, std::iter::empty(), |_| Err(std::io::ErrorKind::NotFound.into()));
        let config = config.expect("the settings are fine");
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let application = Application::build_with(&config, shared, hasher).await.expect("starts");
        let address = application.address().expect("is bound");
        let redirect_address = application.redirect_address().expect("is bound");
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(application.run(async {
            let _ = stopped.await;
        }));
        Self { clock, address, redirect_address, folder, _stop: stop }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where plain http is answered beside TLS.
    pub fn redirect_address(&self) -> Option<SocketAddr> {
        self.redirect_address
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn origin(&self) -> String {
        self.url("")
    }

    /// Where everything is that the server keeps on disk.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes what is in the database, behind the server's back.
    pub fn meddle(&self, sql: &str) {
        let connection = rusqlite::Connection::open(self.database()).expect("opens");
        connection.execute_batch(sql).expect("is SQL");
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.folder().join("data/test.db")
    }

    /// A program that calls the API.
    pub fn program(&self) -> Caller<'_> {
        Caller::new(self.origin(), Kind::Program)
    }

    /// A browser whose scripts run.
    pub fn browser(&self) -> Caller<'_> {
        Caller::new(self.origin(), Kind::Script)
    }

    /// A browser without JavaScript.
    pub fn plain_browser(&self) -> Caller<'_> {
        Caller::new(self.origin(), Kind::Form)
    }

    /// A program that has registered as this name.
    pub async fn member(&self, username: &str) -> Caller<'_> {
        let mut program = self.program();
        let answer = program.register(username, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        program
    }
}

/// As strong as visitors get it.
fn hasher() -> PasswordHasher {
    PasswordHasher::new(std::thread::available_parallelism().map_or(1, Into::into)).expect("hashes")
}

/// Which door somebody uses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Program,
    Script,
    Form,
}

/// Somebody who keeps cookies.
#[derive(Clone)]
pub struct Caller<'a> {
    origin: Cow<'a, str>,
    kind: Kind,
    client: Client,
    pub cookies: Vec<(String, String)>,
}

/// What somebody got.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| unreachable!("JSON: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    pub fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().expect("text")).collect()
    }

    /// The `Set-Cookie` line of this cookie.
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let begin = format!("{name}=");
        self.set_cookies().into_iter().find(|line| line.starts_with(&begin))
    }

    pub fn code(&self) -> String {
        self.json().get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

impl<'a> Caller<'a> {
    /// Somebody who goes to the server at this origin.
    pub fn new(origin: impl Into<Cow<'a, str>>, kind: Kind) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        Self { origin: origin.into(), kind, client, cookies: Vec::new() }
    }

    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A request without any header of a browser but its cookies.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.origin));
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("answers");
        let (status, headers) = (response.status(), response.headers().clone());
        for set in headers.get_all(SET_COOKIE) {
            self.keep(set.to_str().expect("text"));
        }
        Answer { status, headers, body: response.text().await.expect("text") }
    }

    fn keep(&mut self, set: &str) {
        let (name, rest) = set.split_once('=').expect("a pair");
        let value = rest.split(';').next().unwrap_or_default();
        self.cookies.retain(|(known, _)| known != name);
        if !set.contains("Max-Age=0;") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let accept = if self.kind == Kind::Program { "*/*" } else { "text/html" };
        self.send(self.bare(Method::GET, path).header(ACCEPT, accept)).await
    }

    pub async fn json(&mut self, method: Method, path: &str, body: Value) -> Answer {
        let request = self.bare(method, path).header(CONTENT_TYPE, "application/json").body(body.to_string());
        self.send(request).await
    }

    /// Posts a form as this kind of browser does.
    pub async fn form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let accept =
            if self.kind == Kind::Form { "text/html,application/xhtml+xml" } else { "application/json" };
        let request = self.bare(Method::POST, path).header(ORIGIN, &*self.origin).header(ACCEPT, accept);
        self.send(request.form(fields)).await
    }

    pub async fn register(&mut self, username: &str, password: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                let body = json!({ "username": username, "password": password });
                self.json(Method::POST, "/api/v1/register", body).await
            }
            Kind::Script | Kind::Form => {
                self.form("/api/fn/register", &[("username", username), ("password", password)]).await
            }
        }
    }

    pub async fn login(&mut self, username: &str, password: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                let body = json!({ "username": username, "password": password });
                self.json(Method::POST, "/api/v1/login", body).await
            }
            Kind::Script | Kind::Form => {
                self.form("/api/fn/login", &[("username", username), ("password", password)]).await
            }
        }
    }

    pub async fn logout(&mut self) -> Answer {
        match self.kind {
            Kind::Program => self.send(self.bare(Method::POST, "/api/v1/logout")).await,
            Kind::Script | Kind::Form => self.form("/api/fn/logout", &[]).await,
        }
    }

    pub async fn choose(&mut self, field: &str, value: &str) -> Answer {
        match self.kind {
            Kind::Program => self.json(Method::PATCH, "/api/v1/preferences", json!({ field: value })).await,
            Kind::Script | Kind::Form => self.form("/api/fn/set_preferences", &[(field, value)]).await,
        }
    }

    pub async fn end_session(&mut self, handle: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                self.send(self.bare(Method::DELETE, &format!("/api/v1/sessions/{handle}"))).await
            }
            Kind::Script | Kind::Form => self.form("/api/fn/end_session", &[("handle", handle)]).await,
        }
    }

    pub async fn end_other_sessions(&mut self) -> Answer {
        match self.kind {
            Kind::Program => self.send(self.bare(Method::DELETE, "/api/v1/sessions")).await,
            Kind::Script | Kind::Form => self.form("/api/fn/end_other_sessions", &[]).await,
        }
    }

    pub async fn change_password(&mut self, current: &str, new: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                let body = json!({ "current_password": current, "new_password": new });
                self.json(Method::PUT, "/api/v1/password", body).await
            }
            Kind::Script | Kind::Form => {
                let fields = [("current_password", current), ("new_password", new)];
                self.form("/api/fn/change_password", &fields).await
            }
        }
    }

    /// Says the password once more.
    pub async fn confirm(&mut self, password: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                self.json(Method::POST, "/api/v1/confirm", json!({ "password": password })).await
            }
            Kind::Script | Kind::Form => self.form("/api/fn/confirm", &[("password", password)]).await,
        }
    }

    pub async fn remove_account(&mut self, password: &str) -> Answer {
        match self.kind {
            Kind::Program => {
                self.json(Method::DELETE, "/api/v1/account", json!({ "password": password })).await
            }
            Kind::Script | Kind::Form => self.form("/api/fn/remove_account", &[("password", password)]).await,
        }
    }

    /// The name of whoever is signed in, or why nobody is any more.
    pub async fn standing(&mut self) -> String {
        let answer = self.get("/api/v1/protected").await;
        let (told, name) =
            if answer.status == 200 { (self.whoami().await, "username") } else { (answer.json(), "reason") };
        told.get(name).and_then(Value::as_str).unwrap_or("guest").to_owned()
    }

    pub async fn whoami(&mut self) -> Value {
        self.get("/api/v1/whoami").await.json()
    }
}
