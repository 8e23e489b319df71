//! Browsers that have signed in to an account before.

use async_trait::async_trait;
use auth::{Account, AccountKey, AccountsError, DeviceKey, KnownDevices, MOST_DEVICES};
use contract::Username;
use sqlx::{Connection as _, PgConnection};

use super::{FORGET_DEVICES, PostgresAccounts};
use crate::moments::millis;

const KNOWS: &str = "
    SELECT EXISTS (
        SELECT FROM known_devices JOIN accounts ON accounts.key = known_devices.account
        WHERE known_devices.device = $1 AND accounts.folded = $2
    )";

/// Locks the account first: nobody else remembers one of its devices, or gives it another password, meanwhile.
const INSERT: &str = "
    INSERT INTO known_devices (device, account, signed_in)
    SELECT $1, key, $3 FROM accounts WHERE key = $2 AND password = $4 FOR UPDATE";

/// Keeps the newest, and among equals the one that was just added.
const FORGET_OLDEST: &str = "
    DELETE FROM known_devices WHERE device IN (
        SELECT device FROM known_devices WHERE account = $2
        ORDER BY device = $1 DESC, signed_in DESC, device OFFSET $3
    )";

#[async_trait]
impl KnownDevices for PostgresAccounts {
    async fn knows(&self, username: &Username, device: DeviceKey) -> Result<bool, AccountsError> {
        let folded = username.folded();
        let known = self.database.query(move |connection| {
            Box::pin(async move {
                let known = sqlx::query_as(KNOWS).bind(device.as_bytes()).bind(folded);
                let (known,): (bool,) = known.fetch_one(connection).await?;
                Ok(known)
            })
        });
        known.await.map_err(AccountsError::new)
    }

    async fn remember(
        &self,
        account: &Account,
        device: DeviceKey,
        before: Option<DeviceKey>,
    ) -> Result<(), AccountsError> {
        let (now, account) = (millis(self.clock.now()), account.clone());
        let remembered = self
            .database
            .query(move |connection| Box::pin(remember(connection, account, device, before, now)));
        remembered.await.map_err(AccountsError::new)
    }

    async fn devices_of(&self, account: AccountKey) -> Result<Vec<DeviceKey>, AccountsError> {
        let devices = self.database.query(move |connection| {
            Box::pin(async move {
                let devices = sqlx::query_as(
                    "SELECT device FROM known_devices WHERE account = $1 ORDER BY signed_in DESC",
                );
                devices.bind(account.as_bytes()).fetch_all(connection).await
            })
        });
        let devices: Vec<([u8; 32],)> = devices.await.map_err(AccountsError::new)?;
        Ok(devices.into_iter().map(|(device,)| DeviceKey::from_bytes(device)).collect())
    }

    async fn forget_devices(&self, account: AccountKey) -> Result<(), AccountsError> {
        let forgotten = self.database.query(move |connection| {
            Box::pin(async move {
                let forget = sqlx::query(FORGET_DEVICES);
                forget.bind(account.as_bytes()).execute(connection).await
            })
        });
        forgotten.await.map(drop).map_err(AccountsError::new)
    }
}

async fn remember(
    connection: &mut PgConnection,
    account: Account,
    device: DeviceKey,
    before: Option<DeviceKey>,
    now: i64,
) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    let (password, account, device) = (account.password.as_phc(), account.key.as_bytes(), device.as_bytes());
    let insert = sqlx::query(INSERT).bind(device).bind(account).bind(now).bind(password);
    insert.execute(&mut *transaction).await?;
    if let Some(before) = before {
        let forget = sqlx::query("DELETE FROM known_devices WHERE device = $1 AND account = $2");
        forget.bind(before.as_bytes()).bind(account).execute(&mut *transaction).await?;
    }
    let forget = sqlx::query(FORGET_OLDEST).bind(device).bind(account).bind(i64::from(MOST_DEVICES));
    forget.execute(&mut *transaction).await?;
    transaction.commit().await
}
