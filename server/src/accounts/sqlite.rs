//! Accounts in a SQLite file: the default.
//!
//! Every call waits for the disk on the blocking pool: a sign-in hashes a password for longer than any
//! of these take.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth::{Account, AccountKey, Accounts, AccountsError, Clock, PasswordHash};
use contract::Username;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, params};
use sessions::store::sqlite::file;

/// How long another's lock on the file is waited for: somebody waits for a sign-in anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Each entry is applied once, in order; entries are only ever added.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE accounts (
        key      BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        folded   TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        created  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
"];

/// A SQLite database with a table of accounts.
#[derive(Clone)]
pub struct SqliteAccounts {
    connection: Arc<Mutex<Connection>>,
    clock: Arc<dyn Clock>,
}

impl SqliteAccounts {
    /// Opens the file at `path`, creates it and its table if they are missing, and brings an older
    /// table up to date.
    ///
    /// # Errors
    /// [`AccountsError`] if the file cannot be opened or written.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, AccountsError> {
        let connection = connect(path, clock.as_ref()).map_err(AccountsError::new)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), clock })
    }

    async fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, AccountsError> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || act(&connection.lock()));
        done.await.map_err(AccountsError::new)?.map_err(AccountsError::new)
    }
}

impl fmt::Debug for SqliteAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteAccounts")
    }
}

#[async_trait]
impl Accounts for SqliteAccounts {
    async fn find(&self, username: &Username) -> Result<Option<Account>, AccountsError> {
        let folded = username.folded();
        let row = self.call(move |connection| {
            connection
                .prepare_cached("SELECT key, username, password FROM accounts WHERE folded = ?1")?
                .query_row([folded], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?)))
                .optional()
        });
        row.await?
            .map(|(key, username, password)| {
                Ok(Account {
                    key: AccountKey::from_bytes(key),
                    username: stored(&username)?,
                    password: PasswordHash::from_phc(password),
                })
            })
            .transpose()
    }

    async fn insert(&self, account: &Account) -> Result<bool, AccountsError> {
        let (account, now) = (account.clone(), self.clock.now().unix_timestamp());
        let inserted = self.call(move |connection| {
            connection.execute(
                "INSERT INTO accounts (key, username, folded, password, created) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (folded) DO NOTHING",
                params![
                    account.key.as_bytes(),
                    account.username.as_str(),
                    account.username.folded(),
                    account.password.as_phc(),
                    now
                ],
            )
        });
        Ok(inserted.await? == 1)
    }

    async fn set_password(&self, key: AccountKey, password: &PasswordHash) -> Result<(), AccountsError> {
        let password = password.clone();
        let updated = self.call(move |connection| {
            connection.execute(
                "UPDATE accounts SET password = ?2 WHERE key = ?1",
                params![key.as_bytes(), password.as_phc()],
            )
        });
        updated.await.map(drop)
    }

    async fn remove(&self, key: AccountKey) -> Result<bool, AccountsError> {
        let removed = self.call(move |connection| {
            connection.execute("DELETE FROM accounts WHERE key = ?1", [key.as_bytes()])
        });
        Ok(removed.await? == 1)
    }

    async fn names(&self) -> Result<Vec<Username>, AccountsError> {
        let names = self.call(|connection| {
            connection
                .prepare_cached("SELECT username FROM accounts ORDER BY folded")?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        names.await?.iter().map(|name| stored(name)).collect()
    }

    async fn check(&self) -> Result<(), AccountsError> {
        self.call(|connection| {
            connection.query_row("SELECT count(*) FROM accounts_migrations", [], |_| Ok(()))
        })
        .await
    }
}

fn connect(path: &Path, clock: &dyn Clock) -> rusqlite::Result<Connection> {
    let mut connection = file::connect(path, PATIENCE)?;
    file::migrate(&mut connection, "accounts", &MIGRATIONS, clock.now())?;
    Ok(connection)
}

fn stored(username: &str) -> Result<Username, AccountsError> {
    Username::parse(username).map_err(|fault| AccountsError::new(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use sessions::SystemClock;

    use super::*;

    fn account(username: &str) -> Account {
        Account {
            key: AccountKey::random(),
            username: Username::parse(username).expect("well-formed"),
            password: PasswordHash::from_phc("$argon2id$".into()),
        }
    }

    fn open(folder: &tempfile::TempDir) -> SqliteAccounts {
        SqliteAccounts::open(&folder.path().join("a.db"), Arc::new(SystemClock)).expect("opens")
    }

    #[tokio::test]
    async fn a_name_is_taken_in_any_case() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = open(&folder);
        assert!(accounts.insert(&account("Ada")).await.expect("inserts"));
        assert!(!accounts.insert(&account("aDA")).await.expect("answers"));
        let found = accounts.find(&Username::parse("ADA").expect("well-formed")).await.expect("finds");
        assert_eq!(found.expect("is there").username.as_str(), "Ada");
    }

    #[tokio::test]
    async fn accounts_survive_a_restart_and_are_gone_when_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let ada = account("ada");
        open(&folder).insert(&ada).await.expect("inserts");
        let accounts = open(&folder);
        assert_eq!(accounts.names().await.expect("lists"), std::slice::from_ref(&ada.username));
        assert!(accounts.remove(ada.key).await.expect("removes"));
        assert!(!accounts.remove(ada.key).await.expect("answers"));
        assert!(accounts.find(&ada.username).await.expect("looks").is_none());
    }

    #[tokio::test]
    async fn of_fifty_parallel_registrations_of_one_name_one_succeeds() {
        let folder = tempfile::tempdir().expect("a folder");
        let accounts = open(&folder);
        let attempts: Vec<_> = (0..50)
            .map(|_| {
                let accounts = accounts.clone();
                tokio::spawn(async move { accounts.insert(&account("ada")).await.expect("answers") })
            })
            .collect();
        let mut taken = 0;
        for attempt in attempts {
            taken += usize::from(attempt.await.expect("runs"));
        }
        assert_eq!(taken, 1);
    }
}
