//! `database.*`: where the accounts live.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{
    Server, StoreUrl,
    reader::Reader,
    store_url::{Way, WayKeys, without_password},
    value::Value,
};

pub(super) const URL: &str = "database.url";
const URL_FILE: &str = "database.url_file";
const TLS_CA: &str = "database.tls_ca";
const ALLOW_PLAINTEXT: &str = "database.allow_plaintext";
const TIMEOUT: &str = "database.timeout";

/// Where the accounts live.
#[derive(Clone, Debug)]
pub struct Database {
    /// `database.url`: `sqlite://` and the path of a file, relative to where the server is started, or
    /// `postgres://user@host/database` for several servers; or `database.url_file`: a file that holds `database.url`, which only its
    /// owner can read.
    pub url: DatabaseUrl,
    /// `database.tls_ca`: PEM file of the authority that has signed Postgres's certificate, beside public ones.
    pub tls_ca: Option<PathBuf>,
    /// `database.allow_plaintext`: whether Postgres may be across a network without TLS, where others can listen.
    pub allow_plaintext: bool,
    /// `database.timeout`: longest time that one call may take, or may wait for another's; later the database
    /// counts as down.
    pub timeout: Duration,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Self {
        reader.take_from_file(URL_FILE, URL);
        let tls_ca: Option<PathBuf> = reader.optional(TLS_CA);
        let url = match (reader.take(URL, DatabaseUrl::Sqlite(PathBuf::from("data/anteroom.db"))), &tls_ca) {
            (DatabaseUrl::Postgres(url), Some(authority)) => DatabaseUrl::Postgres(url.trusting(authority)),
            (url, _) => url,
        };
        Self {
            url,
            tls_ca,
            allow_plaintext: reader.take(ALLOW_PLAINTEXT, false),
            timeout: reader.take_if(TIMEOUT, Duration::from_secs(2), is_timeout),
        }
    }

    pub(super) fn check(&self, reader: &mut Reader, server: &Server) {
        if let DatabaseUrl::Postgres(url) = &self.url {
            let keys = WayKeys { url: URL, tls_ca: TLS_CA, allow_plaintext: ALLOW_PLAINTEXT };
            let way =
                Way { url, has_authority: self.tls_ca.is_some(), allow_plaintext: self.allow_plaintext };
            way.check(&keys, reader, server);
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

    /// ASVS V12.3.1.
    #[test]
    fn an_open_way_to_postgres_is_refused_unless_that_is_accepted_by_name() {
        let url = (URL, "postgres://app@db/app");
        let text = refused(&[url]);
        assert!(
            text.contains("use sslmode=verify-full, or accept it with database.allow_plaintext"),
            "{text}"
        );
        assert_eq!(accepted(&[url, (ALLOW_PLAINTEXT, "true")]).warnings.len(), 1);
    }

    #[test]
    fn an_authority_goes_with_the_url() {
        let url = (URL, "postgres://app@db/app?sslmode=verify-full");
        let config = accepted(&[url, (TLS_CA, "a b/ca.pem")]);
        let expected = "postgres://app@db/app?sslmode=verify-full&sslrootcert=a%20b/ca.pem";
        assert_eq!(config.database.postgres().map(StoreUrl::expose), Some(expected));
    }

    #[test]
    fn postgres_is_shown_without_its_password() {
        let config = accepted(&[("database.url", "postgres://app:hunter2@db/app?sslmode=verify-full")]);
        assert_eq!(config.explain().setting(URL).expect("known").value, "postgres://***@db/app?***");
        assert_eq!(
            config.database.postgres().map(StoreUrl::expose),
            Some("postgres://app:hunter2@db/app?sslmode=verify-full")
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
