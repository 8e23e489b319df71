//! The last events of each account.

use async_trait::async_trait;
use auth::{AccountEvent, AccountHistory, AccountKey, AccountsError, MOST_EVENTS};
use rusqlite::params;

use super::SqliteAccounts;
use crate::accounts::event;
use crate::moments::millis;

/// The account, the event, when, the address, the device. Counts it with the latest if that is the same.
const REPEAT: &str = "
    UPDATE account_events SET at = ?3, count = count + 1
    WHERE id = (SELECT max(id) FROM account_events WHERE account = ?1)
      AND event = ?2 AND address = ?4 AND device IS ?5";

/// Unless it was counted (`?6`). Not of an account that is gone; of [`AccountKey::NOBODY`] at the same cost.
const INSERT: &str = "
    INSERT INTO account_events (account, event, at, address, device, count)
    SELECT ?1, ?2, ?3, ?4, ?5, 1
    WHERE NOT ?6 AND (?1 = zeroblob(16) OR EXISTS (SELECT 1 FROM accounts WHERE key = ?1))";

const FORGET_OLDEST: &str = "
    DELETE FROM account_events WHERE id IN (
        SELECT id FROM account_events WHERE account = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2
    )";

const LATEST: &str = "
    SELECT event, at, address, device, count FROM account_events WHERE account = ?1 ORDER BY id DESC LIMIT ?2";

#[async_trait]
impl AccountHistory for SqliteAccounts {
    async fn note(&self, account: AccountKey, event: &AccountEvent) -> Result<(), AccountsError> {
        let (event, at) = (event.clone(), millis(event.at));
        let noted = self.database.write(move |transaction| {
            let account = account.as_bytes();
            let name = event.event.name();
            // Each statement each time: how long it takes tells nobody what was noted before.
            let repeated = params![account, name, at, event.address, event.device];
            let is_counted = transaction.execute(REPEAT, repeated)? > 0;
            let added = params![account, name, at, event.address, event.device, is_counted];
            transaction.execute(INSERT, added)?;
            transaction.execute(FORGET_OLDEST, params![account, MOST_EVENTS])?;
            Ok(())
        });
        noted.await.map_err(AccountsError::new)
    }

    async fn latest(&self, account: AccountKey) -> Result<Vec<AccountEvent>, AccountsError> {
        let rows = self.database.read(|reader| {
            reader
                .prepare_cached(LATEST)?
                .query_map(params![account.as_bytes(), MOST_EVENTS], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(rows.map_err(AccountsError::new)?.into_iter().filter_map(event).collect())
    }
}
