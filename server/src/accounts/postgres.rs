//! Accounts in PostgreSQL: for many servers over one database.

mod devices;
mod history;
mod schema;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth::{Account, AccountKey, Accounts, AccountsError, Clock, PasswordHash, PendingEnd};
use contract::Username;
use sessions::Reason;
use sessions::store::Migrations;
use sessions::store::postgres::Database;
use sqlx::{Connection as _, PgConnection};
use time::OffsetDateTime;

use super::{PendingRow, Row, account, pending, stored};
use crate::moments::{millis, moment};

/// A PostgreSQL database with a table of accounts.
#[derive(Clone)]
pub struct PostgresAccounts {
    database: Database,
    clock: Arc<dyn Clock>,
}

const INSERT: &str = "
    INSERT INTO accounts (key, username, folded, password, created) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (folded) DO NOTHING";

/// The account, the hash that is expected, the hash to put in its place.
const REPLACE_HASH: &str = "UPDATE accounts SET password = $3 WHERE key = $1 AND password = $2";

const REMOVE: &str = "DELETE FROM accounts WHERE key = $1 AND password = $2";

/// For an account whose password is another; of one that is gone they are too, by their reference to it.
const FORGET_DEVICES: &str = "DELETE FROM known_devices WHERE account = $1";
const FORGET_EVENTS: &str = "DELETE FROM account_events WHERE account = $1";

/// The account, why its sessions have to end, and when that was noted: later than any note before.
const NOTE_END: &str = "
    INSERT INTO pending_ends AS before (account, reason, noted) VALUES ($1, $2, $3)
    ON CONFLICT (account) DO UPDATE SET reason = $2, noted = greatest($3, before.noted + 1) RETURNING noted";

impl PostgresAccounts {
    /// The tables of accounts, of the browsers that have signed in to them, and of their last events.
    pub const MIGRATIONS: [Migrations; 3] = [schema::ACCOUNTS, schema::DEVICES, schema::EVENTS];

    /// Accounts in this database, whose tables are up to date.
    #[must_use]
    pub fn new(database: Database, clock: Arc<dyn Clock>) -> Self {
        Self { database, clock }
    }

    /// The account that a query finds by one value.
    async fn account<V>(&self, query: &'static str, value: V) -> Result<Option<Account>, AccountsError>
    where
        V: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + 'static,
    {
        let found = self.database.query(move |connection| {
            Box::pin(async move {
                let row: Option<Row> = sqlx::query_as(query).bind(value).fetch_optional(connection).await?;
                Ok(row)
            })
        });
        found.await.map_err(AccountsError::new)?.map(account).transpose()
    }

    /// Makes a change to one account and, if there was something to change, forgets what else there is of it and
    /// notes that sessions have to end, in the same transaction. Returns that note.
    async fn change_and_note(&self, change: Change) -> Result<Option<PendingEnd>, AccountsError> {
        let now = millis(self.clock.now());
        let changed =
            self.database.query(move |connection| Box::pin(change_and_note(connection, change, now)));
        changed.await.map_err(AccountsError::new)
    }
}

/// What becomes of an account.
struct Change {
    account: AccountKey,
    reason: Reason,
    /// A statement that takes the account's key and these hashes.
    statement: &'static str,
    hashes: Vec<PasswordHash>,
    /// What is forgotten then, by the account's key.
    forget: &'static str,
}

/// One statement would not do: it sees of other tables what was there when it began, and not what was written by
/// whoever held the account's row until then.
async fn change_and_note(
    connection: &mut PgConnection,
    change: Change,
    now: i64,
) -> sqlx::Result<Option<PendingEnd>> {
    let Change { account, reason, statement, hashes, forget } = change;
    let mut transaction = connection.begin().await?;
    let query = sqlx::query(statement).bind(account.as_bytes());
    let query = hashes.iter().fold(query, |query, hash| query.bind(hash.as_phc()));
    if query.execute(&mut *transaction).await?.rows_affected() == 0 {
        return Ok(None);
    }
    sqlx::query(forget).bind(account.as_bytes()).execute(&mut *transaction).await?;
    let note = sqlx::query_as(NOTE_END).bind(account.as_bytes()).bind(reason.as_str()).bind(now);
    let (noted,): (i64,) = note.fetch_one(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(Some(PendingEnd { account, reason, noted: moment(noted) }))
}

impl fmt::Debug for PostgresAccounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresAccounts")
    }
}

#[async_trait]
impl Accounts for PostgresAccounts {
    async fn find(&self, username: &Username) -> Result<Option<Account>, AccountsError> {
        self.account("SELECT key, username, password FROM accounts WHERE folded = $1", username.folded())
            .await
    }

    async fn by_key(&self, key: AccountKey) -> Result<Option<Account>, AccountsError> {
        self.account("SELECT key, username, password FROM accounts WHERE key = $1", *key.as_bytes()).await
    }

    async fn insert(&self, account: &Account) -> Result<bool, AccountsError> {
        let (account, now) = (account.clone(), self.clock.now().unix_timestamp());
        let inserted = self.database.query(move |connection| {
            Box::pin(async move {
                let inserted = sqlx::query(INSERT)
                    .bind(account.key.as_bytes())
                    .bind(account.username.as_str())
                    .bind(account.username.folded())
                    .bind(account.password.as_phc())
                    .bind(now);
                Ok(inserted.execute(connection).await?.rows_affected())
            })
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
        let renewed = self.database.query(move |connection| {
            Box::pin(async move {
                let renewed = sqlx::query(REPLACE_HASH).bind(key.as_bytes());
                let renewed = renewed.bind(from.as_phc()).bind(to.as_phc());
                Ok(renewed.execute(connection).await?.rows_affected())
            })
        });
        Ok(renewed.await.map_err(AccountsError::new)? == 1)
    }

    async fn change_password(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        let change = Change {
            account: key,
            reason: Reason::PasswordChanged,
            statement: REPLACE_HASH,
            hashes: vec![from.clone(), to.clone()],
            forget: FORGET_DEVICES,
        };
        self.change_and_note(change).await
    }

    async fn remove(
        &self,
        key: AccountKey,
        password: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        let change = Change {
            account: key,
            reason: Reason::AccountRemoved,
            statement: REMOVE,
            hashes: vec![password.clone()],
            forget: FORGET_EVENTS,
        };
        self.change_and_note(change).await
    }

    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError> {
        let before = millis(before);
        let ends = self.database.query(move |connection| {
            Box::pin(async move {
                let ends = sqlx::query_as(
                    "SELECT account, reason, noted FROM pending_ends WHERE noted < $1 ORDER BY noted",
                );
                let ends: Vec<PendingRow> = ends.bind(before).fetch_all(connection).await?;
                Ok(ends)
            })
        });
        Ok(ends.await.map_err(AccountsError::new)?.into_iter().filter_map(pending).collect())
    }

    async fn settle_end(&self, pending: PendingEnd) -> Result<(), AccountsError> {
        let settled = self.database.query(move |connection| {
            Box::pin(async move {
                let settle = sqlx::query("DELETE FROM pending_ends WHERE account = $1 AND noted = $2");
                settle
                    .bind(pending.account.as_bytes())
                    .bind(millis(pending.noted))
                    .execute(connection)
                    .await?;
                Ok(())
            })
        });
        settled.await.map_err(AccountsError::new)
    }

    async fn names(&self) -> Result<Vec<Username>, AccountsError> {
        let names = self.database.query(|connection| {
            Box::pin(async move {
                let names = sqlx::query_as("SELECT username FROM accounts ORDER BY folded");
                let names: Vec<(String,)> = names.fetch_all(connection).await?;
                Ok(names)
            })
        });
        names.await.map_err(AccountsError::new)?.iter().map(|(name,)| stored(name)).collect()
    }

    async fn check(&self) -> Result<(), AccountsError> {
        let checked = self.database.query(|connection| {
            Box::pin(async move {
                sqlx::query("SELECT count(*) FROM accounts_migrations").execute(connection).await?;
                Ok(())
            })
        });
        checked.await.map_err(AccountsError::new)
    }
}
