//! `sessions.store`: where sessions live.

use crate::config::value::Words;

/// Where sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// A file for each session in a folder: survives restarts, shared by the processes of one machine.
    Filesystem,
    /// In the memory of this process: gone with it, not shared.
    Memory,
    /// In a `SQLite` file: survives restarts, shared by the processes of one machine.
    Sqlite,
    /// In a Postgres database: survives restarts, shared by many servers.
    Postgres,
    /// In Redis, alone or as a cluster: shared by many servers, survives as Redis itself does.
    Redis,
    /// In the cookie, where only the server can read it.
    Encrypted,
    /// In the cookie, where everybody who has it can read it and nobody can change it.
    Signed,
}

impl Words for StoreKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("memory", Self::Memory),
        ("filesystem", Self::Filesystem),
        ("sqlite", Self::Sqlite),
        ("postgres", Self::Postgres),
        ("redis", Self::Redis),
        ("encrypted", Self::Encrypted),
        ("signed", Self::Signed),
    ];
}

impl StoreKind {
    /// Whether the cookie holds the record.
    #[must_use]
    pub const fn is_client_side(self) -> bool {
        matches!(self, Self::Encrypted | Self::Signed)
    }

    /// What the URL of a store across a network begins with, and an example of one.
    pub(super) const fn network(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::Postgres => Some((&["postgres", "postgresql"], "postgres://user@host/database")),
            Self::Redis => Some((&["redis", "rediss", "unix", "redis+unix"], "redis://127.0.0.1/")),
            Self::Filesystem | Self::Memory | Self::Sqlite | Self::Encrypted | Self::Signed => None,
        }
    }
}
