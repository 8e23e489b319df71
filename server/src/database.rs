//! The accounts' database, and everything that is kept in it.

use std::sync::Arc;

use auth::{AccountHistory, Accounts, Clock, KnownDevices};
use sessions::store::{Migrations, postgres, sqlite};

use crate::accounts::{PostgresAccounts, SqliteAccounts, Watched};
use crate::application::{StartError, cannot_open, cannot_reach, prepare_folder};
use crate::config::{Config, DatabaseUrl};
use crate::throttle::{PostgresTally, SqliteTally, Tally};

/// What the accounts' database keeps.
pub struct Database {
    /// The accounts.
    pub accounts: Arc<dyn Accounts>,
    /// The browsers that have signed in to them.
    pub devices: Arc<dyn KnownDevices>,
    /// Their last events.
    pub history: Arc<dyn AccountHistory>,
    /// The attempts, unless they are counted elsewhere.
    pub tally: Arc<dyn Tally>,
}

impl Database {
    /// Opens the database that the settings name, and brings its tables up to date.
    ///
    /// # Errors
    /// [`StartError::Database`] or [`StartError::Store`].
    pub async fn open(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self, StartError> {
        let settings = &config.database;
        match &settings.url {
            DatabaseUrl::Sqlite(path) => {
                prepare_folder(path)?;
                let opened = sqlite::Database::open(path, settings.timeout, &in_sqlite(), clock.now());
                Ok(Self::over_sqlite(opened.map_err(|source| cannot_open(path, source))?, clock))
            }
            DatabaseUrl::Postgres(url) => {
                let tables = in_postgres();
                let opened = postgres::Database::open(url.expose(), settings.timeout, &tables, clock.now());
                let opened = opened
                    .await
                    .map_err(|source| cannot_reach("the accounts' database", Some(url), &source))?;
                Ok(Self::over_postgres(opened, clock))
            }
        }
    }

    fn over_sqlite(database: sqlite::Database, clock: &Arc<dyn Clock>) -> Self {
        let accounts = SqliteAccounts::new(database.clone(), Arc::clone(clock));
        let accounts = Arc::new(Watched::new(accounts, Arc::clone(clock)));
        let tally = Arc::new(SqliteTally::new(database));
        Self { devices: Arc::clone(&accounts) as _, history: Arc::clone(&accounts) as _, accounts, tally }
    }

    fn over_postgres(database: postgres::Database, clock: &Arc<dyn Clock>) -> Self {
        let accounts = PostgresAccounts::new(database.clone(), Arc::clone(clock));
        let accounts = Arc::new(Watched::new(accounts, Arc::clone(clock)));
        let tally = Arc::new(PostgresTally::new(database));
        Self { devices: Arc::clone(&accounts) as _, history: Arc::clone(&accounts) as _, accounts, tally }
    }
}

/// The tables of a SQLite database of accounts.
pub(crate) fn in_sqlite() -> Vec<Migrations> {
    [&SqliteAccounts::MIGRATIONS[..], &[SqliteTally::MIGRATIONS]].concat()
}

/// The tables of a PostgreSQL database of accounts.
pub(crate) fn in_postgres() -> Vec<Migrations> {
    [&PostgresAccounts::MIGRATIONS[..], &[PostgresTally::MIGRATIONS]].concat()
}
