//! `database.*`: where the accounts live.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{StoreUrl, reader::Reader, store_url::without_password, value::Value};

pub(super) const URL: &str = "database.url";
const TIMEOUT: &str = "database.timeout";

/// Where the accounts live.
#[derive(Clone, Debug)]
pub struct Database {
    /// `database.url`: `sqlite://` and the path of a file, relative to where the server is started, or
    /// `postgres://user@host/database`.
    pub url: DatabaseUrl,
    /// `database.timeout`: longest time that one call may take, or may wait for another's; later the database
    /// counts as down.
    pub timeout: Duration,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            url: reader.take(URL, DatabaseUrl::Sqlite(PathBuf::from("data/anteroom.db"))),
            timeout: reader.take_if(TIMEOUT, Duration::from_secs(2), is_timeout),
        }
    }

    /// The file of a `SQLite` database.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.url {
            DatabaseUrl::Sqlite(path) => Some(path),
            DatabaseUrl::Postgres(_) => None,
        }
    }

    /// The URL of a Postgres database.
    #[must_use]
    pub fn postgres(&self) -> Option<&StoreUrl> {
        match &self.url {
            DatabaseUrl::Sqlite(_) => None,
            DatabaseUrl::Postgres(url) => Some(url),
        }
    }
}

/// A database that this build knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The file of a `SQLite` database.
    Sqlite(PathBuf),
    /// A Postgres database.
    Postgres(StoreUrl),
}

impl Value for DatabaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return StoreUrl::parse(text).map(Self::Postgres);
        }
        let allowed = "it must be sqlite:// and the path of a file, such as sqlite://data/anteroom.db, or \
                       postgres://user@host/database";
        sqlite_path(text).map(Self::Sqlite).ok_or_else(|| allowed.to_owned())
    }

    fn show(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => url.show(),
        }
    }

    fn echo(text: &str) -> String {
        without_password(text)
    }
}

/// The path in a `sqlite://` URL. Parameters are refused, and so is a database in memory, which each
/// connection would have for itself.
pub(super) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?;
    (!path.is_empty() && !path.contains(['?', '#', '\0']) && !path.starts_with(':'))
        .then(|| PathBuf::from(path))
}

fn is_timeout(timeout: &Duration) -> Result<(), &'static str> {
    let allowed = Duration::from_millis(1)..=Duration::from_mins(1);
    if allowed.contains(timeout) { Ok(()) } else { Err("it must be longer than 0 and at most 1m") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused};

    #[test]
    fn a_path_is_relative_or_absolute() {
        for (url, path) in [("sqlite://data/a.db", "data/a.db"), ("sqlite:///srv/a.db", "/srv/a.db")] {
            assert_eq!(accepted(&[("database.url", url)]).database.path(), Some(Path::new(path)));
        }
    }

    #[test]
    fn postgres_is_shown_without_its_password() {
        let config = accepted(&[("database.url", "postgres://app:hunter2@db/app?sslmode=require")]);
        assert_eq!(config.explain().setting(URL).expect("known").value, "postgres://***@db/app?***");
        assert_eq!(
            config.database.postgres().map(StoreUrl::expose),
            Some("postgres://app:hunter2@db/app?sslmode=require")
        );
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn other_databases_are_refused() {
        for url in [
            "",
            "data/a.db",
            "sqlite:a.db",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://a.db?mode=rw",
            "mysql://db/a",
        ] {
            assert!(refused(&[("database.url", url)]).contains("it must be sqlite://"), "{url}");
        }
    }
}
