//! `database.*`: where the accounts live.

use std::path::{Path, PathBuf};

use super::{reader::Reader, store_url::without_password, value::Value};

/// Where the accounts live.
#[derive(Clone, Debug)]
pub struct Database {
    /// `database.url`: `sqlite://` and the path of a file, relative to where the server is started.
    pub url: DatabaseUrl,
}

impl Database {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self { url: reader.take("database.url", DatabaseUrl::Sqlite(PathBuf::from("data/anteroom.db"))) }
    }

    /// The file of the `SQLite` database.
    #[must_use]
    pub fn path(&self) -> &Path {
        let DatabaseUrl::Sqlite(path) = &self.url;
        path
    }
}

/// A database that this build knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The file of a `SQLite` database.
    Sqlite(PathBuf),
}

impl Value for DatabaseUrl {
    fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err("Postgres is not supported yet by this build, which has only sqlite://".to_owned());
        }
        match sqlite_path(text) {
            Some(path) => Ok(Self::Sqlite(path)),
            None => {
                Err("it must be sqlite:// and the path of a file, such as sqlite://data/anteroom.db"
                    .to_owned())
            }
        }
    }

    fn show(&self) -> String {
        let Self::Sqlite(path) = self;
        format!("sqlite://{}", path.display())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused};

    #[test]
    fn a_path_is_relative_or_absolute() {
        for (url, path) in [("sqlite://data/a.db", "data/a.db"), ("sqlite:///srv/a.db", "/srv/a.db")] {
            assert_eq!(accepted(&[("database.url", url)]).database.path(), Path::new(path));
        }
    }

    #[test]
    fn postgres_is_known_and_its_password_not_repeated() {
        let text = refused(&[("database.url", "postgres://app:hunter2@db/app")]);
        assert_eq!(
            text,
            "database.url is postgres://***@db/app (--set), but Postgres is not supported yet by this build, \
             which has only sqlite://."
        );
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
