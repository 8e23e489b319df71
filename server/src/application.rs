//! The application: built from its settings, then run until it is told to stop.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use auth::{Auth, AuthParts, BreachedPasswords, PasswordHasher, PasswordRules};
use leptos::config::LeptosOptions;
use sessions::{Clock, Sessions, StoreError};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::breached::RangeService;
use crate::config::duration::time_span;
use crate::config::{Config, PublicOrigin, StoreUrl};
use crate::database::Database;
use crate::edge::Edge;
use crate::middleware::StrictTransport;
use crate::router::{Anteroom, Parts, router};
use crate::serve::{self, Door, Redirect};
use crate::site::Site;
use crate::stores::{open_sessions, open_tally};
use crate::throttle::CountingThrottle;
use crate::tls::{Tls, TlsError};

/// A server that has bound its address and not yet begun to answer.
pub struct Application {
    listener: TcpListener,
    redirecting: Option<TcpListener>,
    origin: String,
    tls: Option<Arc<Tls>>,
    edge: Edge,
    auth: Auth,
    sessions: Sessions,
    sweep_every: Option<std::time::Duration>,
}

/// What stops a start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("cannot serve over TLS: {0}")]
    Tls(#[from] TlsError),
    /// The database, or the session store's file or folder, cannot be opened.
    #[error("cannot open {path}: {source}")]
    Database {
        /// The file or folder.
        path: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A database or a store across a network cannot be reached, or its tables not be made.
    #[error("cannot open {what} at {place}: {why}")]
    Store {
        /// What it is for.
        what: &'static str,
        /// Where, without a password.
        place: String,
        /// Why.
        why: String,
    },
    /// Development has no key of its own and cannot keep one.
    #[error("cannot keep a key in {path}: {why}")]
    Key {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// A file that the settings name cannot be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The site's files cannot be read.
    #[error("cannot read the site's files: {0}")]
    Site(#[source] io::Error),
    /// The system has no randomness.
    #[error("cannot prepare password hashing: {0}")]
    Hashing(#[source] auth::AuthError),
}

impl Application {
    /// Binds the address, opens and migrates the database, and wires everything together.
    ///
    /// # Errors
    /// [`StartError`], in a sentence.
    pub async fn build(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        Self::build_with(config, clock, hasher()?).await
    }

    /// The same with another hasher: tests sign in more often than people do.
    ///
    /// # Errors
    /// As [`Application::build`].
    pub async fn build_with(
        config: &Config,
        clock: Arc<dyn Clock>,
        hasher: PasswordHasher,
    ) -> Result<Self, StartError> {
        // Rendering spawns; leptos_axum 0.8.10 starts the executor only with its own route list. A second
        // start, as in tests, is told so and changes nothing.
        let _ = any_spawner::Executor::init_tokio();
        let tls = config.server.tls.certificate.as_ref().map(Tls::load).transpose()?.map(Arc::new);
        let site = Site::find(config.leptos.site_root.clone()).map_err(StartError::Site)?;
        let anteroom = wire(config, &clock, hasher, &site).await?;
        let (auth, sessions) = (anteroom.auth.clone(), anteroom.sessions.clone());
        follow_up(&auth, &sessions).await;
        let listener = bind(config.server.address).await?;
        let redirecting = match config.server.tls.redirect_address {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        let origin = origin(config, &listener)?;
        let routes = router(&anteroom, &site);
        let edge = Edge::new(anteroom, routes);
        let sweep_every = config.sessions.sweep_every;
        Ok(Self { listener, redirecting, origin, tls, edge, auth, sessions, sweep_every })
    }

    /// The address that was bound; with port 0 in the settings, the port that it got.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The address that only sends to https, if there is one.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn redirect_address(&self) -> io::Result<Option<SocketAddr>> {
        self.redirecting.as_ref().map(TcpListener::local_addr).transpose()
    }

    /// Where a browser finds the site.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The certificate, if the server itself speaks TLS; to be loaded anew while it runs.
    #[must_use]
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    /// Answers until `stop` is done, then lets requests finish for at most 25 seconds.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let sweeping = tokio::spawn(serve::sweep(self.auth, self.sessions, self.sweep_every));
        let door = match &self.tls {
            Some(tls) => Door::Secure(self.edge, TlsAcceptor::from(tls.config())),
            None => Door::Plain(self.edge),
        };
        let redirect = Door::Redirect(Redirect::to(self.origin));
        let doors = [Some((self.listener, door)), self.redirecting.map(|listener| (listener, redirect))];
        serve::serve(doors.into_iter().flatten().collect(), stop).await;
        sweeping.abort();
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Address { address, source })
}

/// Without TLS of its own a server behind a proxy still says where it listens itself.
fn origin(config: &Config, listener: &TcpListener) -> Result<String, StartError> {
    let address = config.server.address;
    let bound = listener.local_addr().map_err(|source| StartError::Address { address, source })?;
    Ok(match &config.server.public_origin {
        Some(origin) if config.server.tls.is_on() => origin.to_string(),
        _ if config.server.tls.is_on() => format!("https://{bound}"),
        _ => format!("http://{bound}"),
    })
}

/// Does at once what a process before this one was killed over. While the store does not answer it is left to
/// the sweeps.
async fn follow_up(auth: &Auth, sessions: &Sessions) {
    let now = sessions.settings().clock.now();
    if let Err(error) = auth.end_pending(sessions, now + time::Duration::SECOND).await {
        tracing::warn!(%error, "sessions that were to end are still there");
    }
}

async fn wire(
    config: &Config,
    clock: &Arc<dyn Clock>,
    hasher: PasswordHasher,
    site: &Site,
) -> Result<Anteroom, StartError> {
    Ok(Anteroom::new(Parts {
        auth: open_auth_with(config, clock, hasher).await?,
        sessions: open_sessions(config, clock).await?,
        brand: config.server.brand.clone(),
        trusted_proxies: config.server.trusted_proxies.clone(),
        public_origin: config.server.public_origin.clone(),
        strict_transport: strict_transport(config),
        inspector: config.inspector.enabled,
        assets: site.assets.clone(),
        reload_port: config.leptos.reload_port,
        leptos: leptos_options(config),
    }))
}

/// The accounts and the rules of sign-in.
///
/// # Errors
/// [`StartError::Database`], [`StartError::Store`] or [`StartError::Hashing`].
pub async fn open_auth(config: &Config, clock: &Arc<dyn Clock>) -> Result<Auth, StartError> {
    open_auth_with(config, clock, hasher()?).await
}

async fn open_auth_with(
    config: &Config,
    clock: &Arc<dyn Clock>,
    hasher: PasswordHasher,
) -> Result<Auth, StartError> {
    let Database { accounts, devices, history, tally } = Database::open(config, clock).await?;
    let tally = open_tally(config).await?.unwrap_or(tally);
    let timeouts = &config.sessions.timeouts;
    Ok(Auth::new(AuthParts {
        accounts,
        devices,
        history,
        throttle: Arc::new(CountingThrottle::new(tally, config.throttle, Arc::clone(clock))),
        hasher,
        rules: password_rules(config),
        signed_in: timeouts.signed_in(),
        recent: time_span(config.accounts.recent_sign_in),
        kept_in: timeouts.kept_in(),
    }))
}

fn hasher() -> Result<PasswordHasher, StartError> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    PasswordHasher::new(cores).map_err(StartError::Hashing)
}

fn password_rules(config: &Config) -> PasswordRules {
    // Of `app.example.org` somebody thinks of `example`; shorter names are in too many words.
    let host = config.server.public_origin.as_ref().map_or("", PublicOrigin::host);
    let names = host.rsplit('.').skip(1).filter(|name| name.len() >= 5).map(str::to_owned);
    let breached = config.accounts.breached_passwords.clone();
    PasswordRules {
        minimum: config.accounts.password_minimum,
        context: names.chain([config.server.brand.clone()]).collect(),
        breached: breached.map(|url| Arc::new(RangeService::new(url)) as Arc<dyn BreachedPasswords>),
    }
}

fn strict_transport(config: &Config) -> StrictTransport {
    if config.server.tls.is_self_signed() {
        StrictTransport::Trial
    } else if config.server.is_https() {
        StrictTransport::Lasting
    } else {
        StrictTransport::Off
    }
}

fn leptos_options(config: &Config) -> LeptosOptions {
    let builder = LeptosOptions::builder().output_name("anteroom");
    match config.leptos.reload_port {
        Some(port) => builder.reload_port(u32::from(port)).env(leptos::config::Env::DEV).build(),
        None => builder.env(leptos::config::Env::PROD).build(),
    }
}

/// Makes the folder of a database, for its owner alone.
pub(crate) fn prepare_folder(path: &Path) -> Result<(), StartError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    folder.map_or(Ok(()), |folder| builder.create(folder)).map_err(|source| cannot_open(path, source))
}

pub(crate) fn cannot_open(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    let root = std::iter::successors(Some(&source as &dyn std::error::Error), |error| error.source()).last();
    let source = root.map_or_else(|| source.to_string(), ToString::to_string).into();
    StartError::Database { path: path.display().to_string(), source }
}

/// Says where without the password.
pub(crate) fn cannot_reach(what: &'static str, url: Option<&StoreUrl>, source: &StoreError) -> StartError {
    let root = std::iter::successors(Some(source as &dyn std::error::Error), |error| error.source()).last();
    let why = root.map_or_else(|| source.to_string(), ToString::to_string);
    StartError::Store { what, place: url.map_or_else(String::new, StoreUrl::without_password), why }
}

#[cfg(test)]
pub(crate) mod tests {
    use sessions::SystemClock;

    use super::*;
    use crate::config::ConfigArgs;

    /// The parts of a server whose database is in `folder`.
    pub(crate) async fn anteroom(folder: &tempfile::TempDir) -> Anteroom {
        let set = vec![format!("database.url=sqlite://{}", folder.path().join("test.db").display())];
        let args = ConfigArgs { set, ..ConfigArgs::default() };
        let config = Config::load(&args, std::iter::empty(), |_| Err(io::ErrorKind::NotFound.into()));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let site = Site::find(None).expect("with or without files");
        let hasher = hasher().expect("hashes");
        wire(&config.expect("the settings are fine"), &clock, hasher, &site).await.expect("opens")
    }
}
