//! Databases for accounts, each empty and of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auth::{AccountHistory, Accounts, KnownDevices};
use server::accounts::{PostgresAccounts, SqliteAccounts};
use sessions::store::{postgres, sqlite};
use sessions::{Clock, FixedClock};
use tempfile::TempDir;

use crate::servers::postgres::Schema;

/// Tests are not about slow disks.
pub const PATIENCE: Duration = Duration::from_secs(30);

type Opened = (Arc<dyn Accounts>, Arc<dyn KnownDevices>, Arc<dyn AccountHistory>);

/// A place for a database. What is opened there twice is the same database.
pub enum Place {
    File(TempDir),
    Schema(Schema),
}

impl Place {
    pub fn sqlite() -> Self {
        Self::File(tempfile::tempdir().expect("a folder"))
    }

    pub async fn postgres() -> Self {
        Self::Schema(Schema::create().await)
    }

    /// One of each kind.
    pub async fn each() -> [Self; 2] {
        [Self::sqlite(), Self::postgres().await]
    }

    /// The setting that names it.
    pub fn setting(&self) -> String {
        match self {
            Self::File(folder) => format!("database.url=sqlite://{}", path(folder).display()),
            Self::Schema(schema) => format!("database.url={}", schema.url),
        }
    }

    /// Its accounts, as a server has them that starts now.
    pub async fn accounts(&self, clock: &Arc<FixedClock>) -> (Arc<dyn Accounts>, Arc<dyn KnownDevices>) {
        let (accounts, devices, _) = self.open(clock).await;
        (accounts, devices)
    }

    /// Its accounts and their last events.
    pub async fn history(&self, clock: &Arc<FixedClock>) -> (Arc<dyn Accounts>, Arc<dyn AccountHistory>) {
        let (accounts, _, history) = self.open(clock).await;
        (accounts, history)
    }

    async fn open(&self, clock: &Arc<FixedClock>) -> Opened {
        let (now, clock) = (clock.now(), Arc::clone(clock) as Arc<dyn Clock>);
        match self {
            Self::File(folder) => {
                let tables = SqliteAccounts::MIGRATIONS;
                let opened = sqlite::Database::open(&path(folder), PATIENCE, &tables, now).expect("opens");
                let accounts = Arc::new(SqliteAccounts::new(opened, clock));
                (Arc::clone(&accounts) as _, Arc::clone(&accounts) as _, accounts)
            }
            Self::Schema(schema) => {
                let tables = PostgresAccounts::MIGRATIONS;
                let opened = postgres::Database::open(&schema.url, PATIENCE, &tables, now).await;
                let accounts = Arc::new(PostgresAccounts::new(opened.expect("opens"), clock));
                (Arc::clone(&accounts) as _, Arc::clone(&accounts) as _, accounts)
            }
        }
    }
}

pub fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("accounts.db")
}
