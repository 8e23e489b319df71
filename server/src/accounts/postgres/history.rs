//! The last events of each account.

use async_trait::async_trait;
use auth::{AccountEvent, AccountHistory, AccountKey, AccountsError, MOST_EVENTS};
use sqlx::{Connection as _, PgConnection};

use super::PostgresAccounts;
use crate::accounts::{EventRow, event};
use crate::moments::millis;

/// The account, the event, when, the address, the device. Counts it with the latest if that is the same.
const REPEAT: &str = "
    UPDATE account_events SET at = $3, count = count + 1
    WHERE id = (SELECT max(id) FROM account_events WHERE account = $1)
      AND event = $2 AND address = $4 AND device IS NOT DISTINCT FROM $5";

/// Unless it was counted (`$6`). Not of an account that is gone, or is being removed at this moment; of
/// [`AccountKey::NOBODY`] at the same cost.
const INSERT: &str = "
    INSERT INTO account_events (account, event, at, address, device, count)
    SELECT $1, $2, $3, $4, $5, 1
    WHERE NOT $6 AND (
        $1 = decode(repeat('00', 16), 'hex') OR EXISTS (SELECT FROM accounts WHERE key = $1 FOR KEY SHARE)
    )";

const FORGET_OLDEST: &str = "
    DELETE FROM account_events WHERE id IN (
        SELECT id FROM account_events WHERE account = $1 ORDER BY id DESC OFFSET $2
    )";

const LATEST: &str = "
    SELECT event, at, address, device, count FROM account_events WHERE account = $1 ORDER BY id DESC LIMIT $2";

#[async_trait]
impl AccountHistory for PostgresAccounts {
    async fn note(&self, account: AccountKey, event: &AccountEvent) -> Result<(), AccountsError> {
        let event = event.clone();
        let noted = self.database.query(move |connection| Box::pin(note(connection, account, event)));
        noted.await.map_err(AccountsError::new)
    }

    async fn latest(&self, account: AccountKey) -> Result<Vec<AccountEvent>, AccountsError> {
        let rows = self.database.query(move |connection| {
            Box::pin(async move {
                let latest = sqlx::query_as(LATEST).bind(*account.as_bytes()).bind(i64::from(MOST_EVENTS));
                let rows: Vec<EventRow> = latest.fetch_all(connection).await?;
                Ok(rows)
            })
        });
        Ok(rows.await.map_err(AccountsError::new)?.into_iter().filter_map(event).collect())
    }
}

async fn note(connection: &mut PgConnection, account: AccountKey, event: AccountEvent) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let bound = |statement: &'static str| {
        let query = sqlx::query(statement).bind(*account.as_bytes()).bind(event.event.name());
        query.bind(millis(event.at)).bind(event.address.clone()).bind(event.device.clone())
    };
    // Each statement each time: how long it takes tells nobody what was noted before.
    let is_counted = bound(REPEAT).execute(&mut *transaction).await?.rows_affected() > 0;
    bound(INSERT).bind(is_counted).execute(&mut *transaction).await?;
    let forget = sqlx::query(FORGET_OLDEST).bind(*account.as_bytes()).bind(i64::from(MOST_EVENTS));
    forget.execute(&mut *transaction).await?;
    transaction.commit().await
}
