//! The session engine over the store that the settings name.

use std::path::Path;
use std::sync::Arc;

use auth::lifecycles;
use sessions::revocations::Revocations;
use sessions::revocations::postgres::PostgresRevocations;
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::cached::{Cached, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::postgres::PostgresStore;
use sessions::store::redis::{Address, RedisStore};
use sessions::store::sqlite::SqliteStore;
use sessions::{
    Anonymous, Backing, ClientBacking, ClientSide, Clock, Sealing, Sessions, SessionsBuilder, Store,
    StoreError,
};

use crate::application::{self, StartError, cannot_open, prepare_folder};
use crate::config::duration::time_span;
use crate::config::{self, AnonymousSessions, Config, StoreKind};
use crate::keys::key_ring;
use crate::throttle::{RedisTally, Tally};

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
        anonymous_policy: timeouts.anonymous(),
        touch_every: time_span(timeouts.touch_every),
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
        StoreKind::Encrypted => return client_side(config, clock, Sealing::Encrypted).await,
        StoreKind::Signed => return client_side(config, clock, Sealing::Signed).await,
        StoreKind::Memory => Arc::new(MemoryStore::new(Arc::clone(clock))),
        StoreKind::Filesystem => {
            let beside = config.database.path().map(|path| path.with_file_name("sessions"));
            let path = settings.path.clone().or(beside).unwrap_or_default();
            let store = FilesystemStore::open(&path, &settings.key_prefix, Arc::clone(clock));
            cached(store.map_err(|source| cannot_open(&path, source))?, settings, clock)
        }
        StoreKind::Sqlite => {
            let path = sqlite_path(config)?;
            let (prefix, patience) = (&settings.key_prefix, settings.store_timeout);
            let store = SqliteStore::open(path, prefix, patience, Arc::clone(clock));
            cached(store.map_err(|source| cannot_open(path, source))?, settings, clock)
        }
        StoreKind::Postgres => {
            let (url, prefix) = (url(config), &settings.key_prefix);
            let store = PostgresStore::open(url, prefix, settings.store_timeout, Arc::clone(clock)).await;
            cached(store.map_err(|source| cannot_reach(config, &source))?, settings, clock)
        }
        StoreKind::Redis => {
            let (authority, prefix) = (authority(settings)?, &settings.key_prefix);
            let address = address(config, authority.as_deref());
            let store = RedisStore::open(address, prefix, settings.store_timeout, Arc::clone(clock)).await;
            let store = store.map_err(|source| cannot_reach(config, &source))?;
            // A cluster tells nobody what others have written.
            if store.is_cluster() { Arc::new(store) } else { cached(store, settings, clock) }
        }
    };
    let signer = if settings.sign_ids { Some(key_ring(config)?) } else { None };
    Ok(Backing::Server { store, signer })
}

/// What has ended is remembered beside the accounts, unless a file is named.
async fn client_side(
    config: &Config,
    clock: &Arc<dyn Clock>,
    sealing: Sealing,
) -> Result<Backing, StartError> {
    let settings = &config.sessions;
    let (prefix, timeout, now) = (&settings.key_prefix, settings.store_timeout, clock.now());
    let revocations: Arc<dyn Revocations> = if config.sessions_file().is_some() {
        let path = sqlite_path(config)?;
        let revocations = SqliteRevocations::open(path, prefix, timeout, now);
        Arc::new(revocations.map_err(|source| cannot_open(path, source))?)
    } else {
        let revocations = PostgresRevocations::open(url(config), prefix, timeout, now).await;
        Arc::new(revocations.map_err(|source| cannot_reach(config, &source))?)
    };
    let codec = ClientSide::new(sealing, key_ring(config)?);
    Ok(Backing::Client(ClientBacking::new(codec, revocations, time_span(settings.revoked_within))))
}

/// Where attempts are counted, if not beside the accounts: in Redis, where the sessions are there.
///
/// # Errors
/// [`StartError::Store`] if it cannot be reached.
pub async fn open_tally(config: &Config) -> Result<Option<Arc<dyn Tally>>, StartError> {
    let settings = &config.sessions;
    if settings.store != StoreKind::Redis {
        return Ok(None);
    }
    let authority = authority(settings)?;
    let tally =
        RedisTally::open(address(config, authority.as_deref()), &settings.key_prefix, settings.store_timeout)
            .await;
    Ok(Some(Arc::new(tally.map_err(|source| cannot_reach(config, &source))?)))
}

fn cached<S: Watched>(store: S, settings: &config::Sessions, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    match settings.cache_bytes {
        0 => Arc::new(store),
        bytes => Arc::new(Cached::new(store, bytes, Arc::clone(clock))),
    }
}

/// The settings name one where it is needed.
fn sqlite_path(config: &Config) -> Result<&Path, StartError> {
    let path = config.sessions_file().unwrap_or(Path::new(""));
    prepare_folder(path)?;
    Ok(path)
}

/// The settings hold one where the store needs it.
fn url(config: &Config) -> &str {
    config.sessions_url().map_or("", config::StoreUrl::expose)
}

/// The certificate by which alone a store is believed, if one is named.
fn authority(settings: &config::Sessions) -> Result<Option<Vec<u8>>, StartError> {
    let Some(path) = &settings.tls_ca else { return Ok(None) };
    let unreadable = |source| StartError::File { path: path.display().to_string(), source };
    std::fs::read(path).map(Some).map_err(unreadable)
}

fn address<'a>(config: &'a Config, authority: Option<&'a [u8]>) -> Address<'a> {
    let address = Address::from(url(config));
    authority.map_or(address, |authority| address.trusting_only(authority))
}

fn cannot_reach(config: &Config, source: &StoreError) -> StartError {
    application::cannot_reach("the session store", config.sessions_url(), source)
}
