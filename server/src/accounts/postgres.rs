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
use time::OffsetDateTime;

use super::{Row, account, pending, stored};

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
const RENEW_HASH: &str = "UPDATE accounts SET password = $3 WHERE key = $1 AND password = $2";

/// Changes a password, forgets which browsers have signed in to the account, and notes that sessions have to end.
const CHANGE_PASSWORD: &str = "
    WITH changed AS (UPDATE accounts SET password = $4 WHERE key = $1 AND password = $5 RETURNING key),
    forgotten AS (DELETE FROM known_devices WHERE account IN (SELECT key FROM changed))
    INSERT INTO pending_ends (account, reason, noted) SELECT key, $2, $3 FROM changed
    ON CONFLICT (account) DO UPDATE SET reason = $2, noted = $3";

/// Removes an account, with the browsers that have signed in to it and its events, and notes that its sessions have to end.
const REMOVE: &str = "
    WITH removed AS (DELETE FROM accounts WHERE key = $1 RETURNING key),
    gone AS (DELETE FROM account_events WHERE account IN (SELECT key FROM removed))
    INSERT INTO pending_ends (account, reason, noted) SELECT key, $2, $3 FROM removed
    ON CONFLICT (account) DO UPDATE SET reason = $2, noted = $3";

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

    /// Runs a statement that changes at most one account, whose key, reason and moment it takes first.
    /// Whether it did.
    async fn change_and_note(
        &self,
        change: &'static str,
        key: AccountKey,
        reason: Reason,
        hashes: Vec<String>,
    ) -> Result<bool, AccountsError> {
        let now = self.clock.now().unix_timestamp();
        let changed = self.database.query(move |connection| {
            Box::pin(async move {
                let query = sqlx::query(change).bind(key.as_bytes()).bind(reason.as_str()).bind(now);
                let query = hashes.into_iter().fold(query, sqlx::query::Query::bind);
                Ok(query.execute(connection).await?.rows_affected())
            })
        });
        Ok(changed.await.map_err(AccountsError::new)? == 1)
    }
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
                let renewed = sqlx::query(RENEW_HASH).bind(key.as_bytes());
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
    ) -> Result<bool, AccountsError> {
        let hashes = [to, from].map(|hash| hash.as_phc().to_owned());
        self.change_and_note(CHANGE_PASSWORD, key, Reason::PasswordChanged, hashes.to_vec()).await
    }

    async fn remove(&self, key: AccountKey) -> Result<bool, AccountsError> {
        self.change_and_note(REMOVE, key, Reason::AccountRemoved, Vec::new()).await
    }

    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError> {
        let before = before.unix_timestamp();
        let ends = self.database.query(move |connection| {
            Box::pin(async move {
                let ends = sqlx::query_as(
                    "SELECT account, reason FROM pending_ends WHERE noted < $1 ORDER BY noted",
                );
                let ends: Vec<([u8; 16], String)> = ends.bind(before).fetch_all(connection).await?;
                Ok(ends)
            })
        });
        Ok(ends.await.map_err(AccountsError::new)?.into_iter().filter_map(pending).collect())
    }

    async fn settle_end(&self, PendingEnd { account, reason }: PendingEnd) -> Result<(), AccountsError> {
        let settled = self.database.query(move |connection| {
            Box::pin(async move {
                let settle = sqlx::query("DELETE FROM pending_ends WHERE account = $1 AND reason = $2");
                settle.bind(account.as_bytes()).bind(reason.as_str()).execute(connection).await?;
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
