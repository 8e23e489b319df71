//! The stores, each in a place of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use local_servers::{Postgres, Redis};
use sessions::revocations::sqlite::SqliteRevocations;
use sessions::store::cached::{Cached, Watched};
use sessions::store::filesystem::FilesystemStore;
use sessions::store::memory::MemoryStore;
use sessions::store::postgres::PostgresStore;
use sessions::store::redis::RedisStore;
use sessions::store::sqlite::SqliteStore;
use sessions::{Backing, ClientBacking, Clock, Sealing, Store, SystemClock};

use super::footprint;
use crate::population::{self, PREFIX};

/// As much as the site's server keeps, unless told otherwise.
const CACHE_BYTES: usize = 16 << 20;
/// Filling may be slow; requests are given up earlier, by the engine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where sessions are.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// In the process
    Memory,
    /// In files
    Filesystem,
    /// In a SQLite file
    Sqlite,
    /// In PostgreSQL
    Postgres,
    /// In Redis
    Redis,
    /// In encrypted cookies
    Encrypted,
    /// In signed cookies
    Signed,
}

impl Kind {
    /// How cookies hold the records, if they do.
    pub const fn sealing(self) -> Option<Sealing> {
        match self {
            Self::Encrypted => Some(Sealing::Encrypted),
            Self::Signed => Some(Sealing::Signed),
            Self::Memory | Self::Filesystem | Self::Sqlite | Self::Postgres | Self::Redis => None,
        }
    }
}

/// Where a store keeps what it has.
pub enum Place {
    /// The process.
    Memory,
    /// A folder.
    Folder { kind: Kind, folder: PathBuf },
    /// PostgreSQL, just started.
    Postgres(Postgres),
    /// Redis, just started. It writes nothing to disk.
    Redis(Redis),
}

impl Place {
    /// Makes it. PostgreSQL synchronises what it commits, as it does unless told otherwise.
    pub fn prepare(kind: Kind, folder: &Path) -> Result<Self> {
        Ok(match kind {
            Kind::Memory => Self::Memory,
            Kind::Postgres => Self::Postgres(Postgres::start(&["shared_buffers=256MB"])?),
            Kind::Redis => Self::Redis(Redis::start(&[])?),
            Kind::Filesystem | Kind::Sqlite | Kind::Encrypted | Kind::Signed => {
                std::fs::create_dir_all(folder).context("the folder cannot be made")?;
                Self::Folder { kind, folder: folder.to_owned() }
            }
        })
    }

    /// The same kind of place in another folder, if this is one.
    pub fn in_folder(&self, other: &Path) -> Option<Self> {
        match self {
            Self::Folder { kind, .. } => Some(Self::Folder { kind: *kind, folder: other.to_owned() }),
            Self::Memory | Self::Postgres(_) | Self::Redis(_) => None,
        }
    }

    /// How much is there, in bytes.
    pub fn footprint(&self) -> Result<u64> {
        match self {
            Self::Memory => footprint::of_this_process(),
            Self::Folder { folder, .. } => footprint::of_folder(folder),
            Self::Postgres(server) => footprint::of_folder(&server.tables()),
            Self::Redis(server) => server.used_memory(),
        }
    }

    /// The store, to be filled. `None`: cookies hold the records.
    pub async fn store(&self) -> Result<Option<Arc<dyn Store>>> {
        Ok(match self {
            Self::Memory => Some(Arc::new(MemoryStore::new(clock()))),
            Self::Folder { kind: Kind::Filesystem, folder } => {
                Some(Arc::new(FilesystemStore::open(folder, PREFIX, clock())?))
            }
            Self::Folder { kind: Kind::Sqlite, folder } => Some(Arc::new(sqlite(folder)?)),
            Self::Folder { .. } => None,
            // Whoever fills a database at once waits for its disk at the end.
            Self::Postgres(server) => {
                let url = server.url("postgres?options=-c%20synchronous_commit%3Doff");
                Some(Arc::new(PostgresStore::open(&url, PREFIX, PATIENCE, clock()).await?))
            }
            Self::Redis(_) => Some(Arc::new(self.redis().await?)),
        })
    }

    /// The store as requests use it; what is in memory only comes from `filled`.
    pub async fn open(&self, filled: Option<Arc<dyn Store>>, is_cached: bool) -> Result<Backing> {
        let store: Arc<dyn Store> = match self {
            Self::Memory => filled.context("memory was filled")?,
            Self::Folder { kind: Kind::Filesystem, folder } => {
                cached(FilesystemStore::open(folder, PREFIX, clock())?, is_cached)
            }
            Self::Folder { kind, folder } => match kind.sealing() {
                Some(sealing) => return client_side(sealing, folder),
                None => cached(sqlite(folder)?, is_cached),
            },
            Self::Postgres(server) => {
                let url = server.url("postgres");
                cached(PostgresStore::open(&url, PREFIX, PATIENCE, clock()).await?, is_cached)
            }
            Self::Redis(_) => cached(self.redis().await?, is_cached),
        };
        Ok(Backing::Server { store, signer: None })
    }

    async fn redis(&self) -> Result<RedisStore> {
        let Self::Redis(server) = self else { anyhow::bail!("this is no Redis") };
        Ok(RedisStore::open(&server.url(), PREFIX, PATIENCE, clock()).await?)
    }
}

fn sqlite(folder: &Path) -> Result<SqliteStore> {
    Ok(SqliteStore::open(&folder.join("sessions.db"), PREFIX, PATIENCE, clock())?)
}

fn client_side(sealing: Sealing, folder: &Path) -> Result<Backing> {
    let now = clock().now();
    let revocations = SqliteRevocations::open(&folder.join("ended.db"), PREFIX, PATIENCE, now)?;
    let believed_for = time::Duration::seconds(5);
    Ok(Backing::Client(ClientBacking::new(population::codec(sealing), Arc::new(revocations), believed_for)))
}

fn cached<S: Watched>(store: S, is_cached: bool) -> Arc<dyn Store> {
    if is_cached { Arc::new(Cached::new(store, CACHE_BYTES, clock())) } else { Arc::new(store) }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}
