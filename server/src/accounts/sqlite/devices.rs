//! Browsers that have signed in to an account before.

use async_trait::async_trait;
use auth::{Account, AccountKey, AccountsError, DeviceKey, KnownDevices, MOST_DEVICES};
use contract::Username;
use rusqlite::params;

use super::{FORGET_DEVICES, SqliteAccounts};
use crate::moments::millis;

#[async_trait]
impl KnownDevices for SqliteAccounts {
    async fn knows(&self, username: &Username, device: DeviceKey) -> Result<bool, AccountsError> {
        let known = self.database.read(|reader| {
            reader
                .prepare_cached(
                    "SELECT EXISTS (
                         SELECT 1 FROM known_devices JOIN accounts ON accounts.key = known_devices.account
                         WHERE known_devices.device = ?1 AND accounts.folded = ?2
                     )",
                )?
                .query_row(params![device.as_bytes(), username.folded()], |row| row.get(0))
        });
        known.map_err(AccountsError::new)
    }

    async fn remember(
        &self,
        account: &Account,
        device: DeviceKey,
        before: Option<DeviceKey>,
    ) -> Result<(), AccountsError> {
        let (now, account) = (millis(self.clock.now()), account.clone());
        let remembered = self.database.write(move |transaction| {
            let before = before.as_ref().map(DeviceKey::as_bytes);
            let (password, account, device) =
                (account.password.as_phc(), account.key.as_bytes(), device.as_bytes());
            transaction.execute(
                "DELETE FROM known_devices WHERE device = ?1 AND account = ?2",
                params![before, account],
            )?;
            transaction.execute(
                "INSERT INTO known_devices (device, account, signed_in)
                 SELECT ?1, key, ?3 FROM accounts WHERE key = ?2 AND password = ?4",
                params![device, account, now, password],
            )?;
            transaction.execute(
                "DELETE FROM known_devices WHERE device IN (
                     SELECT device FROM known_devices WHERE account = ?2
                     ORDER BY device = ?1 DESC, signed_in DESC LIMIT -1 OFFSET ?3
                 )",
                params![device, account, MOST_DEVICES],
            )?;
            Ok(())
        });
        remembered.await.map_err(AccountsError::new)
    }

    async fn devices_of(&self, account: AccountKey) -> Result<Vec<DeviceKey>, AccountsError> {
        let devices = self.database.read(|reader| {
            reader
                .prepare_cached(
                    "SELECT device FROM known_devices WHERE account = ?1 ORDER BY signed_in DESC",
                )?
                .query_map([account.as_bytes()], |row| row.get(0).map(DeviceKey::from_bytes))?
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        devices.map_err(AccountsError::new)
    }

    async fn forget_devices(&self, account: AccountKey) -> Result<(), AccountsError> {
        let forgotten = self
            .database
            .write(move |transaction| Ok(transaction.execute(FORGET_DEVICES, [account.as_bytes()])?));
        forgotten.await.map(drop).map_err(AccountsError::new)
    }
}
