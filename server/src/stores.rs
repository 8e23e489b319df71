//! The session engine over the store that the settings name.

use std::path::Path;
use std::sync::Arc;

use auth::lifecycles;
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::cached::{Cached, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::postgres::PostgresStore;
use sessions::store::redis::RedisStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{
    Anonymous, Backing, ClientBacking, ClientSide, Clock, KeyRing, Sealing, Sessions, SessionsBuilder, Store,
    StoreError,
};

use crate::application::{StartError, cannot_open, duration, policy, prepare_folder};
use crate::config::{self, AnonymousSessions, Config, SecretKey, StoreKind};

/// The session engine over the chosen store.
///
/// # Errors
/// [`StartError::Database`] or [`StartError::Store`] if the store cannot be opened or reached.
pub async fn open_sessions(config: &Config, clock: &Arc<dyn Clock>) -> Result<Sessions, StartError> {
    let settings = &config.sessions;
    let timeouts = &settings.timeouts;
    let builder = SessionsBuilder {
        clock: Arc::clone(clock),
        cookie: settings.cookie.clone(),
        key_prefix: settings.key_prefix.clone(),
        anonymous: match settings.anonymous {
            AnonymousSessions::Write => Anonymous::OnWrite,
            AnonymousSessions::Visit => Anonymous::OnVisit,
            AnonymousSessions::Never => Anonymous::Never,
        },
        anonymous_policy: policy(timeouts.anonymous_idle, timeouts.anonymous_absolute),
        touch_every: duration(timeouts.touch_every),
        store_timeout: settings.store_timeout,
        lifecycles: lifecycles(),
        history: config.inspector.enabled.then(Arc::default),
        ..SessionsBuilder::over(backing(config, clock).await?)
    };
    Ok(builder.build())
}

async fn backing(config: &Config, clock: &Arc<dyn Clock>) -> Result<Backing, StartError> {
    let settings = &config.sessions;
    let store: Arc<dyn Store> = match settings.store {
        StoreKind::Encrypted => return client_side(config, clock, Sealing::Encrypted),
        StoreKind::Signed => return client_side(config, clock, Sealing::Signed),
        StoreKind::Memory => Arc::new(MemoryStore::new(Arc::clone(clock))),
        StoreKind::Filesystem => {
            let path = settings.path.clone().unwrap_or(config.database.path().with_file_name("sessions"));
            let store = FilesystemStore::open(&path, &settings.key_prefix, Arc::clone(clock));
            Arc::new(store.map_err(|source| cannot_open(&path, source))?)
        }
        StoreKind::Sqlite => {
            let path = sqlite_path(config)?;
            let (prefix, patience) = (&settings.key_prefix, settings.store_timeout);
            let store = SqliteStore::open(path, prefix, patience, Arc::clone(clock));
            cached(store.map_err(|source| cannot_open(path, source))?, settings, clock)
        }
        StoreKind::Postgres => {
            let (url, prefix) = (url(settings), &settings.key_prefix);
            let store = PostgresStore::open(url, prefix, settings.store_timeout, Arc::clone(clock)).await;
            cached(store.map_err(|source| cannot_reach(settings, &source))?, settings, clock)
        }
        StoreKind::Redis => {
            let (url, prefix) = (url(settings), &settings.key_prefix);
            let store = RedisStore::open(url, prefix, settings.store_timeout, Arc::clone(clock)).await;
            let store = store.map_err(|source| cannot_reach(settings, &source))?;
            // A cluster tells nobody what others have written.
            if store.is_cluster() { Arc::new(store) } else { cached(store, settings, clock) }
        }
    };
    Ok(Backing::Server { store, signer: if settings.sign_ids { ring(&settings.keys) } else { None } })
}

/// What has ended is remembered beside the accounts, unless another file is named.
fn client_side(config: &Config, clock: &Arc<dyn Clock>, sealing: Sealing) -> Result<Backing, StartError> {
    let settings = &config.sessions;
    let path = sqlite_path(config)?;
    let (prefix, patience) = (&settings.key_prefix, settings.store_timeout);
    let revocations = SqliteRevocations::open(path, prefix, patience, clock.now());
    let revocations = Arc::new(revocations.map_err(|source| cannot_open(path, source))?);
    let ring = ring(&settings.keys).ok_or(StartError::NoKeys)?;
    let codec = ClientSide::new(sealing, ring);
    Ok(Backing::Client(ClientBacking::new(codec, revocations, duration(settings.revoked_within))))
}

fn cached<S: Watched>(store: S, settings: &config::Sessions, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    match settings.cache_bytes {
        0 => Arc::new(store),
        bytes => Arc::new(Cached::new(store, bytes, Arc::clone(clock))),
    }
}

fn sqlite_path(config: &Config) -> Result<&Path, StartError> {
    let path = config.sessions.path.as_deref().unwrap_or(config.database.path());
    prepare_folder(path)?;
    Ok(path)
}

/// The settings hold one where the store needs it.
fn url(settings: &config::Sessions) -> &str {
    settings.url.as_ref().map_or("", |url| url.expose())
}

fn ring(keys: &[SecretKey]) -> Option<KeyRing> {
    KeyRing::new(keys.iter().map(|key| *key.expose()))
}

/// Says where without the password.
fn cannot_reach(settings: &config::Sessions, source: &StoreError) -> StartError {
    let place = settings.url.as_ref().map_or_else(String::new, config::StoreUrl::without_password);
    let root = std::iter::successors(Some(source as &dyn std::error::Error), |error| error.source()).last();
    let why = root.map_or_else(|| source.to_string(), ToString::to_string);
    StartError::Store { place, why }
}
