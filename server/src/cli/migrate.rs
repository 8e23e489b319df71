//! `server migrate`

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sessions::revocations::postgres::PostgresRevocations;
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::Migrations;
use sessions::store::postgres::{self, PostgresStore};
use sessions::store::sqlite::{SqliteStore, file};
use sessions::{Clock, SystemClock};

use super::{Failure, say};
use crate::application::{cannot_open, cannot_reach};
use crate::config::{Config, DatabaseUrl, StoreKind, StoreUrl};
use crate::database::{Database, in_postgres, in_sqlite};
use crate::stores::open_sessions;

/// Creates and updates all tables that the settings call for.
pub(super) async fn migrate(config: &Config) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Database::open(config, &clock).await?;
    open_sessions(config, &clock).await?;
    say("the tables are up to date")
}

/// Says whether they are up to date, and changes nothing.
pub(super) async fn check(config: &Config) -> Result<(), Failure> {
    let mut missing = 0;
    for (place, tables) in places(config) {
        missing += place.missing(&tables).await?;
    }
    match missing {
        0 => say("the tables are up to date"),
        1 => Err("1 migration is missing; `server migrate` applies it".into()),
        _ => Err(format!("{missing} migrations are missing; `server migrate` applies them").into()),
    }
}

/// Where tables are.
enum Place<'a> {
    File(&'a Path, Duration),
    Server(&'static str, &'a StoreUrl, Duration),
}

impl Place<'_> {
    async fn missing(&self, tables: &[Migrations]) -> Result<usize, Failure> {
        let mut missing = 0;
        match self {
            Self::File(path, patience) => {
                for part in tables {
                    let lacks = file::missing(path, *patience, part);
                    missing += lacks.map_err(|source| cannot_open(path, source))?;
                }
            }
            Self::Server(what, url, timeout) => {
                let unreachable = |source| cannot_reach(what, Some(url), &source);
                let database =
                    postgres::Database::connect(url.expose(), *timeout).await.map_err(unreachable)?;
                for part in tables {
                    missing += database.missing(part).await.map_err(unreachable)?;
                }
            }
        }
        Ok(missing)
    }
}

/// Each place with the tables that the settings call for there.
fn places(config: &Config) -> Vec<(Place<'_>, Vec<Migrations>)> {
    let patience = config.database.timeout;
    let accounts = match &config.database.url {
        DatabaseUrl::Sqlite(path) => (Place::File(path, patience), in_sqlite()),
        DatabaseUrl::Postgres(url) => (Place::Server("the accounts' database", url, patience), in_postgres()),
    };
    let (file, url) = (config.sessions_file(), config.sessions_url());
    let of_sessions = |in_file: Migrations, on_server: Migrations| {
        let file = file.map(|path| (Place::File(path, patience), vec![in_file]));
        let server = url.map(|url| (Place::Server("the session store", url, patience), vec![on_server]));
        file.or(server)
    };
    let sessions = match config.sessions.store {
        StoreKind::Sqlite | StoreKind::Postgres => {
            of_sessions(SqliteStore::MIGRATIONS, PostgresStore::MIGRATIONS)
        }
        StoreKind::Encrypted | StoreKind::Signed => {
            of_sessions(SqliteRevocations::MIGRATIONS, PostgresRevocations::MIGRATIONS)
        }
        StoreKind::Filesystem | StoreKind::Memory | StoreKind::Redis => None,
    };
    std::iter::once(accounts).chain(sessions).collect()
}
