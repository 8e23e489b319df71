//! Accounts whose database is watched: that it goes away and comes back is logged once each.

use std::sync::Arc;

use async_trait::async_trait;
use auth::{
    Account, AccountEvent, AccountHistory, AccountKey, Accounts, AccountsError, Clock, DeviceKey,
    KnownDevices, PasswordHash, PendingEnd,
};
use contract::Username;
use sessions::Availability;
use time::OffsetDateTime;

/// Passes every call on and notes how it ended.
#[derive(Debug)]
pub struct Watched<A> {
    inner: A,
    clock: Arc<dyn Clock>,
    accounts: Availability,
    devices: Availability,
    history: Availability,
}

impl<A> Watched<A> {
    /// Watches the database of these accounts.
    #[must_use]
    pub const fn new(inner: A, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner,
            clock,
            accounts: Availability::of("accounts' database"),
            devices: Availability::of("known devices"),
            history: Availability::of("events of accounts"),
        }
    }

    /// Each part for itself: tables can fail alone.
    async fn note<T>(
        &self,
        part: &Availability,
        call: impl Future<Output = Result<T, AccountsError>>,
    ) -> Result<T, AccountsError> {
        let answer = call.await;
        part.note(answer.as_ref().err().map(|error| error as _), &*self.clock);
        answer
    }
}

#[async_trait]
impl<A: Accounts> Accounts for Watched<A> {
    async fn find(&self, username: &Username) -> Result<Option<Account>, AccountsError> {
        self.note(&self.accounts, self.inner.find(username)).await
    }

    async fn by_key(&self, key: AccountKey) -> Result<Option<Account>, AccountsError> {
        self.note(&self.accounts, self.inner.by_key(key)).await
    }

    async fn insert(&self, account: &Account) -> Result<bool, AccountsError> {
        self.note(&self.accounts, self.inner.insert(account)).await
    }

    async fn renew_hash(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<bool, AccountsError> {
        self.note(&self.accounts, self.inner.renew_hash(key, from, to)).await
    }

    async fn change_password(
        &self,
        key: AccountKey,
        from: &PasswordHash,
        to: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        self.note(&self.accounts, self.inner.change_password(key, from, to)).await
    }

    async fn remove(
        &self,
        key: AccountKey,
        password: &PasswordHash,
    ) -> Result<Option<PendingEnd>, AccountsError> {
        self.note(&self.accounts, self.inner.remove(key, password)).await
    }

    async fn pending_ends(&self, before: OffsetDateTime) -> Result<Vec<PendingEnd>, AccountsError> {
        self.note(&self.accounts, self.inner.pending_ends(before)).await
    }

    async fn settle_end(&self, pending: PendingEnd) -> Result<(), AccountsError> {
        self.note(&self.accounts, self.inner.settle_end(pending)).await
    }

    async fn names(&self) -> Result<Vec<Username>, AccountsError> {
        self.note(&self.accounts, self.inner.names()).await
    }

    async fn check(&self) -> Result<(), AccountsError> {
        self.note(&self.accounts, self.inner.check()).await
    }
}

#[async_trait]
impl<A: KnownDevices> KnownDevices for Watched<A> {
    async fn knows(&self, username: &Username, device: DeviceKey) -> Result<bool, AccountsError> {
        self.note(&self.devices, self.inner.knows(username, device)).await
    }

    async fn remember(
        &self,
        account: &Account,
        device: DeviceKey,
        before: Option<DeviceKey>,
    ) -> Result<(), AccountsError> {
        self.note(&self.devices, self.inner.remember(account, device, before)).await
    }

    async fn devices_of(&self, account: AccountKey) -> Result<Vec<DeviceKey>, AccountsError> {
        self.note(&self.devices, self.inner.devices_of(account)).await
    }

    async fn forget_devices(&self, account: AccountKey) -> Result<(), AccountsError> {
        self.note(&self.devices, self.inner.forget_devices(account)).await
    }
}

#[async_trait]
impl<A: AccountHistory> AccountHistory for Watched<A> {
    async fn note(&self, account: AccountKey, event: &AccountEvent) -> Result<(), AccountsError> {
        self.note(&self.history, self.inner.note(account, event)).await
    }

    async fn latest(&self, account: AccountKey) -> Result<Vec<AccountEvent>, AccountsError> {
        self.note(&self.history, self.inner.latest(account)).await
    }
}
