//! Accounts in a SQLite file: the default.

mod devices;
mod history;
mod schema;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth::{Account, AccountKey, Accounts, AccountsError, Clock, PasswordHash, PendingEnd};
use contract::Username;
use rusqlite::{OptionalExtension as _, ToSql, params};
use sessions::Reason;
use sessions::store::Migrations;
use sessions::store::sqlite::Database;
use time::OffsetDateTime;

use super::{account, pending, stored};
use crate::moments::{millis, moment};

/// The account, the hash that is expected, the hash to put in its place.
const REPLACE_HASH: &str = "UPDATE accounts SET password = ?3 WHERE key = ?1 AND password = ?2";
/// The account, why its sessions have to end, and when that was noted: later than any note before.
const NOTE_END: &str = "
    INSERT INTO pending_ends (account, reason, noted) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET reason = ?2, noted = max(?3, noted + 1) RETURNING noted";
/// Of an account whose password is another, or that is gone.
const FORGET_DEVICES: &str = "DELETE FROM known_devices WHERE account = ?1";

/// A SQLite database with a table of accounts.
#[derive(Clone)]
pub struct SqliteAccounts {
    database: Database,
    clock: Arc<dyn Clock>,
}

impl SqliteAccounts {
    /// The tables of accounts, of the browsers that have signed in to them, and of their last events.
    pub const MIGRATIONS: [Migrations; 3] = [schema::ACCOUNTS, schema::DEVICES, schema::EVENTS];

    /// Accounts in this database, whose tables are up to date.
    #[must_use]
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// The account whose `column` has this value.
    fn account(&self, column: &'static str, value: impl ToSql) -> Result<Option<Account>, AccountsError> {
        let found = self.database.read(|reader| {
            let sql = format!("SELECT key, username, password FROM accounts WHERE {column} = ?1");
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            reader.prepare_cached(&sql)?.query_row([value], row).optional()
        });
        found.map_err(AccountsError::new)?.map(account).transpose()
    }

    /// Makes a change to one account and, if there was something to change, forgets in the same transaction
    /// which browsers have signed in to it, and notes that sessions have to end. Returns that note.
    async fn change_and_note(
        &self,
        change: &'static str,
        key: AccountKey,
        hashes: Vec<String>,
        reason: Reason,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        let now = millis(self.clock.now());
        let changed = self.database.write(move |transaction| {
            let bytes = key.as_bytes().as_slice();
            let values = std::iter::once(&bytes as &dyn ToSql).chain(hashes.iter().map(|hash| hash as _));
            if transaction.execute(change, rusqlite::params_from_iter(values))? == 0 {
                return Ok(None);
            }
            transaction.execute(FORGET_DEVICES, [bytes])?;
            let noted =
                transaction.query_row(NOTE_END, params![bytes, reason.as_str(), now], |row| row.get(0))?;
            Ok(Some(PendingEnd { account: key, reason, noted: moment(noted) }))
        });
        changed.await.map_err(AccountsError::new)
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
        self.account("folded", username.folded())
    }

    async fn by_key(&self, key: AccountKey) -> Result<Option<Account>, AccountsError> {
        self.account("key", *key.as_bytes())
    }

    async fn insert(&self, account: &Account) -> Result<bool, AccountsError> {
        let (account, now) = (account.clone(), self.clock.now().unix_timestamp());
        let inserted = self.database.write(move |transaction| {
            Ok(transaction.execute(
                "INSERT INTO accounts (key, username, folded, password, created) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (folded) DO NOTHING",
                params![
                    account.key.as_bytes(),
                    account.username.as_str(),
                    account.username.folded(),
                    account.password.as_phc(),
                    now
                ],
            )?)
        });
        Ok(inserted.await.map_err(AccountsError::new)? == 1)
    }

    async fn renew_hash(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<bool, AccountsError> {
        let [from, to] = [from, to].map(PasswordHash::clone);
        let renewed = self.database.write(move |transaction| {
            Ok(transaction.execute(REPLACE_HASH, params![key.as_bytes(), from.as_phc(), to.as_phc()])?)
        });
        Ok(renewed.await.map_err(AccountsError::new)? == 1)
    }

    async fn change_password(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        let hashes = [from, to].map(|hash| hash.as_phc().to_owned());
        self.change_and_note(REPLACE_HASH, key, hashes.to_vec(), Reason::PasswordChanged).await
    }

    async fn remove(
        &self,
        key: AccountKey,
        password: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        let remove = "DELETE FROM accounts WHERE key = ?1 AND password = ?2";
        self.change_and_note(remove, key, vec![password.as_phc().to_owned()], Reason::AccountRemoved).await
    }

    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError> {
        let ends = self.database.read(|reader| {
            reader
                .prepare_cached(
                    "SELECT account, reason, noted FROM pending_ends WHERE noted < ?1 ORDER BY noted",
                )?
                .query_map([millis(before)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(ends.map_err(AccountsError::new)?.into_iter().filter_map(pending).collect())
    }

    async fn settle_end(&self, pending: PendingEnd) -> Result<(), AccountsError> {
        let settled = self.database.write(move |transaction| {
            Ok(transaction.execute(
                "DELETE FROM pending_ends WHERE account = ?1 AND noted = ?2",
                params![pending.account.as_bytes(), millis(pending.noted)],
            )?)
        });
        settled.await.map(drop).map_err(AccountsError::new)
    }

    async fn names(&self) -> Result<Vec<Username>, AccountsError> {
        let names = self.database.read(|reader| {
            reader
                .prepare_cached("SELECT username FROM accounts ORDER BY folded")?
                .query_map([], |row| row.get::<_, String>(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        names.map_err(AccountsError::new)?.iter().map(|name| stored(name)).collect()
    }

    async fn check(&self) -> Result<(), AccountsError> {
        let checked = self
            .database
            .read(|reader| reader.query_row("SELECT count(*) FROM accounts_migrations", [], |_| Ok(())));
        checked.map_err(AccountsError::new)
    }
}
