//! The rows: each store, as it is and behind the cache.

/// A store, and whether what was read last is kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// In the process.
    Memory,
    /// In files.
    Filesystem,
    /// The same behind the cache, as the site has it.
    FilesystemCached,
    /// In a SQLite file.
    Sqlite,
    /// The same behind the cache, as the site has it.
    SqliteCached,
    /// In PostgreSQL.
    Postgres,
    /// The same behind the cache, as the site has it.
    PostgresCached,
    /// In Redis.
    Redis,
    /// The same behind the cache, as the site has it.
    RedisCached,
    /// In encrypted cookies.
    Encrypted,
    /// In signed cookies.
    Signed,
}

/// What a row is called, how its server is told, and what share of bare axum it should reach.
struct Facts {
    name: &'static str,
    arguments: &'static [&'static str],
    aim: Option<f64>,
}

impl Mode {
    /// All rows, in order.
    pub const ALL: [Self; 11] = [
        Self::Memory,
        Self::Filesystem,
        Self::FilesystemCached,
        Self::Sqlite,
        Self::SqliteCached,
        Self::Postgres,
        Self::PostgresCached,
        Self::Redis,
        Self::RedisCached,
        Self::Encrypted,
        Self::Signed,
    ];

    fn facts(self) -> Facts {
        let facts = |name, arguments, aim| Facts { name, arguments, aim };
        match self {
            Self::Memory => facts("memory", &["--store", "memory"], Some(0.85)),
            Self::Filesystem => facts("filesystem", &["--store", "filesystem"], None),
            Self::FilesystemCached => {
                facts("filesystem, cached", &["--store", "filesystem", "--cached"], Some(0.5))
            }
            Self::Sqlite => facts("sqlite", &["--store", "sqlite"], None),
            Self::SqliteCached => facts("sqlite, cached", &["--store", "sqlite", "--cached"], Some(0.6)),
            Self::Postgres => facts("postgres", &["--store", "postgres"], None),
            Self::PostgresCached => facts("postgres, cached", &["--store", "postgres", "--cached"], None),
            Self::Redis => facts("redis", &["--store", "redis"], Some(0.5)),
            Self::RedisCached => facts("redis, cached", &["--store", "redis", "--cached"], Some(0.7)),
            Self::Encrypted => facts("encrypted", &["--store", "encrypted"], Some(0.6)),
            Self::Signed => facts("signed", &["--store", "signed"], Some(0.6)),
        }
    }

    /// The first column.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// What tells the server which it is.
    pub fn arguments(self) -> &'static [&'static str] {
        self.facts().arguments
    }

    /// What tells the generator which it is.
    pub fn store(self) -> &'static [&'static str] {
        self.arguments().get(..2).unwrap_or_default()
    }

    /// The share of bare axum's requests a second that it should reach. Files and SQLite are judged as the site has
    /// them, behind the cache.
    pub fn aim(self) -> Option<f64> {
        self.facts().aim
    }

    /// Whether Redis or PostgreSQL is needed.
    pub fn needs_a_server(self) -> bool {
        matches!(self, Self::Postgres | Self::PostgresCached | Self::Redis | Self::RedisCached)
    }

    /// Whether sessions are stored at all.
    pub fn stores(self) -> bool {
        !matches!(self, Self::Encrypted | Self::Signed)
    }

    /// Of the sizes that were asked for, those that make a difference.
    pub fn sizes(self, asked: &[u64]) -> Vec<u64> {
        if self.stores() { asked.to_vec() } else { vec![0] }
    }

    /// Whether a sweep has something to do.
    pub fn is_swept(self) -> bool {
        self.stores() && !matches!(self, Self::Redis | Self::RedisCached)
    }
}
