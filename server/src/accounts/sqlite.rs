//! Accounts in a SQLite file: the default.
//!
//! Every call waits for the disk on the blocking pool: a sign-in hashes a password for longer than any
//! of these take.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use auth::{Account, AccountKey, Accounts, AccountsError, Clock, PasswordHash, PendingEnd};
use contract::Username;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use sessions::Reason;
use sessions::store::Migrations;
use sessions::store::sqlite::file;
use time::OffsetDateTime;

/// How long another's lock on the file is waited for: somebody waits for a sign-in anyway.
const PATIENCE: Duration = Duration::from_secs(5);

/// Each entry is applied once, in order; entries are only ever added.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE accounts (
        key      BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        folded   TEXT NOT NULL UNIQUE,
        password TEXT NOT NULL,
        created  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
    "
    CREATE TABLE pending_ends (
        account BLOB PRIMARY KEY,
        reason  TEXT NOT NULL,
        noted   INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    ",
];

/// The account, the hash that is expected, the hash to put in its place.
const REPLACE_HASH: &str = "UPDATE accounts SET password = ?3 WHERE key = ?1 AND password = ?2";
/// The account, why its sessions have to end, and when that was noted.
const NOTE_END: &str = "INSERT OR REPLACE INTO pending_ends (account, reason, noted) VALUES (?1, ?2, ?3)";

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

    /// The account whose `column` has this value.
    async fn account(
        &self,
        column: &'static str,
        value: impl ToSql + Send + 'static,
    ) -> Result<Option<Account>, AccountsError> {
        let found = self.call(move |connection| {
            let sql = format!("SELECT key, username, password FROM accounts WHERE {column} = ?1");
            connection.prepare_cached(&sql)?.query_row([value], row).optional()
        });
        let Some((key, username, password)) = found.await? else { return Ok(None) };
        let (key, password) = (AccountKey::from_bytes(key), PasswordHash::from_phc(password));
        Ok(Some(Account { key, username: stored(&username)?, password }))
    }

    /// Makes a change to one account and, if there was something to change, notes in the same transaction that
    /// sessions have to end.
    async fn change_and_note(
        &self,
        change: &'static str,
        key: AccountKey,
        hashes: Vec<String>,
        reason: Reason,
    ) -> Result<bool, AccountsError> {
        let now = self.clock.now().unix_timestamp();
        self.call(move |connection| {
            let transaction = connection.unchecked_transaction()?;
            let key = key.as_bytes().as_slice();
            let values = std::iter::once(&key as &dyn ToSql).chain(hashes.iter().map(|hash| hash as _));
            let changed = transaction.execute(change, rusqlite::params_from_iter(values))?;
            if changed == 1 {
                transaction.execute(NOTE_END, params![key, reason.as_str(), now])?;
            }
            transaction.commit()?;
            Ok(changed == 1)
        })
        .await
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
        self.account("folded", username.folded()).await
    }

    async fn by_key(&self, key: AccountKey) -> Result<Option<Account>, AccountsError> {
        self.account("key", *key.as_bytes()).await
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

    async fn renew_hash(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<bool, AccountsError> {
        let [from, to] = [from, to].map(PasswordHash::clone);
        let renewed = self.call(move |connection| {
            connection.execute(REPLACE_HASH, params![key.as_bytes(), from.as_phc(), to.as_phc()])
        });
        Ok(renewed.await? == 1)
    }

    async fn change_password(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<bool, AccountsError> {
        let hashes = [from, to].map(|hash| hash.as_phc().to_owned());
        self.change_and_note(REPLACE_HASH, key, hashes.to_vec(), Reason::PasswordChanged).await
    }

    async fn remove(&self, key: AccountKey) -> Result<bool, AccountsError> {
        let remove = "DELETE FROM accounts WHERE key = ?1";
        self.change_and_note(remove, key, Vec::new(), Reason::AccountRemoved).await
    }

    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError> {
        let ends = self.call(move |connection| {
            connection
                .prepare_cached("SELECT account, reason FROM pending_ends WHERE noted < ?1 ORDER BY noted")?
                .query_map([before.unix_timestamp()], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        let ends = ends.await?.into_iter().filter_map(|(account, reason)| {
            let reason = Reason::from_name(&reason)?;
            Some(PendingEnd { account: AccountKey::from_bytes(account), reason })
        });
        Ok(ends.collect())
    }

    async fn settle_end(&self, PendingEnd { account, reason }: PendingEnd) -> Result<(), AccountsError> {
        let settled = self.call(move |connection| {
            connection.execute(
                "DELETE FROM pending_ends WHERE account = ?1 AND reason = ?2",
                params![account.as_bytes(), reason.as_str()],
            )
        });
        settled.await.map(drop)
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
    file::migrate(&mut connection, &Migrations { name: "accounts", steps: &MIGRATIONS }, clock.now())?;
    Ok(connection)
}

fn row(row: &Row<'_>) -> rusqlite::Result<([u8; 16], String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
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
    async fn an_account_is_found_by_its_key_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let (accounts, ada) = (open(&folder), account("ada"));
        accounts.insert(&ada).await.expect("inserts");
        accounts.insert(&account("bob")).await.expect("inserts");
        let found = accounts.by_key(ada.key).await.expect("finds").expect("is there");
        assert_eq!((found.key, found.username), (ada.key, ada.username));
        assert!(accounts.by_key(AccountKey::random()).await.expect("looks").is_none());
    }

    #[tokio::test]
    async fn of_two_who_replace_one_hash_the_second_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (accounts, ada) = (open(&folder), account("ada"));
        accounts.insert(&ada).await.expect("inserts");
        let [changed, renewed] = ["changed", "renewed"].map(|phc| PasswordHash::from_phc(phc.into()));
        assert!(accounts.change_password(ada.key, &ada.password, &changed).await.expect("changes"));
        assert!(!accounts.renew_hash(ada.key, &ada.password, &renewed).await.expect("answers"));
        assert!(!accounts.change_password(ada.key, &ada.password, &renewed).await.expect("answers"));
        let found = accounts.by_key(ada.key).await.expect("finds").expect("is there");
        assert_eq!(found.password, changed);
    }

    #[tokio::test]
    async fn what_ends_sessions_is_noted_until_they_have_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ada, bob) = (account("ada"), account("bob"));
        let accounts = open(&folder);
        for account in [&ada, &bob] {
            accounts.insert(account).await.expect("inserts");
        }
        accounts.change_password(ada.key, &ada.password, &ada.password).await.expect("changes");
        accounts.remove(ada.key).await.expect("removes");
        accounts.renew_hash(bob.key, &bob.password, &bob.password).await.expect("renews");
        let accounts = open(&folder);
        let later = SystemClock.now() + time::Duration::minutes(1);
        let pending = accounts.pending_ends(later).await.expect("lists");
        let removed = PendingEnd { account: ada.key, reason: Reason::AccountRemoved };
        assert_eq!(pending, [removed]);
        assert_eq!(
            accounts.pending_ends(SystemClock.now() - time::Duration::minutes(1)).await.expect("lists"),
            []
        );
        accounts
            .settle_end(PendingEnd { reason: Reason::PasswordChanged, ..removed })
            .await
            .expect("answers");
        assert_eq!(accounts.pending_ends(later).await.expect("lists"), [removed]);
        accounts.settle_end(removed).await.expect("settles");
        assert_eq!(accounts.pending_ends(later).await.expect("lists"), []);
    }

    /// ASVS V2.3.4.
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
