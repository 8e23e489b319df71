//! The rules for records in cookies.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use time::OffsetDateTime;

use crate::backing::{Living, Shown};
use crate::store::StoreError;
use crate::{
    AccountKey, Backing, Capabilities, Change, ClientBacking, Clock, Key, Loaded, Pauses, Reason, Record,
    Sessions, SessionsBuilder, Store, Summary,
};

/// The browsers of all visitors, with the cookie that each has; the same for whoever is given a clone.
#[derive(Clone, Debug, Default)]
pub struct Browsers(Arc<Mutex<HashMap<Key, String>>>);

/// Sessions whose records are in cookies, as a store: it does what the engine does with them, and hands the cookies to
/// the visitors' browsers.
#[derive(Debug)]
pub struct InCookies {
    sessions: Sessions,
    browsers: Browsers,
}

impl InCookies {
    /// Over this backing, for the application with this prefix that these browsers visit.
    #[must_use]
    pub fn new(backing: ClientBacking, prefix: &str, clock: Arc<dyn Clock>, browsers: Browsers) -> Self {
        let backing = Backing::Client(backing);
        let key_prefix = prefix.to_owned();
        let sessions = SessionsBuilder { clock, key_prefix, ..SessionsBuilder::over(backing) }.build();
        Self { sessions, browsers }
    }

    /// What the browser shows.
    fn shown(&self, key: &Key) -> Shown {
        let browsers = self.browsers.0.lock();
        browsers.get(key).map_or(Shown::Nothing, |cookie| self.sessions.recognise(cookie))
    }

    /// What it shows, and the record, if the session lives.
    async fn living(&self, key: &Key) -> Result<Option<(Shown, Arc<Record>)>, StoreError> {
        let shown = self.shown(key);
        Ok(match self.sessions.load(&shown).await? {
            Loaded::Living(record) => Some((shown, record)),
            Loaded::Ended { .. } | Loaded::Absent => None,
        })
    }

    /// The same, if its limits have not passed: whether it was ended is for the engine to find out.
    fn within_limits(&self, key: &Key) -> Option<(Shown, Arc<Record>)> {
        let shown = self.shown(key);
        let Shown::Contents(cookie) = &shown else { return None };
        let record = Arc::clone(&cookie.record);
        record.expired(self.sessions.now()).is_none().then_some((shown, record))
    }

    /// Sends the browser a cookie.
    fn hand_out(&self, key: &Key, living: Living<'_>) -> Result<(), StoreError> {
        let cookie = self.sessions.cookie_value(living, None)?;
        self.browsers.0.lock().insert(*key, cookie);
        Ok(())
    }
}

fn as_living<'a>(shown: &Shown, record: &'a Record) -> Option<Living<'a>> {
    Some(Living { id: shown.id()?, record, epoch: shown.epoch() })
}

#[async_trait]
impl Store for InCookies {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        let (id, epoch) = self.sessions.insert(record).await?;
        self.hand_out(key, Living { id, record, epoch })?;
        Ok(true)
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        self.sessions.load(&self.shown(key)).await
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let Some((shown, record)) = self.within_limits(key) else { return Ok(None) };
        let Some(living) = as_living(&shown, &record) else { return Ok(None) };
        let applied = self.sessions.apply(living, change).await?;
        if let Some(record) = &applied {
            self.hand_out(key, Living { record, ..living })?;
        }
        Ok(applied)
    }

    async fn touch(&self, key: &Key, _: OffsetDateTime) -> Result<bool, StoreError> {
        let Some((shown, record)) = self.within_limits(key) else { return Ok(false) };
        let Some(living) = as_living(&shown, &record) else { return Ok(false) };
        let (lives, touched) = self.sessions.touch(living).await?;
        if let Some(record) = &touched {
            self.hand_out(key, Living { record, ..living })?;
        }
        Ok(lives)
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let Some((shown, record)) = self.living(key).await? else { return Ok(None) };
        let Some(id) = shown.id() else { return Ok(None) };
        self.sessions.end(&id, Some(&record), reason).await
    }

    /// None: only the browsers know.
    async fn of_account(&self, _: AccountKey) -> Result<Vec<Summary>, StoreError> {
        Ok(Vec::new())
    }

    /// Counts those whose browsers are known here.
    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let keys: Vec<Key> = self.browsers.0.lock().keys().copied().collect();
        let mut living = Vec::new();
        for key in keys {
            living.extend(self.living(&key).await?.map(|(shown, record)| (key, shown, record)));
        }
        living.retain(|(_, _, record)| record.account == Some(account));
        let kept = living.iter().find(|(key, _, _)| Some(key) == except);
        let Some((key, living_on)) =
            kept.and_then(|(key, shown, record)| Some((key, as_living(shown, record)?)))
        else {
            self.sessions.end_of_account(account, reason).await?;
            return Ok(living.len() as u64);
        };
        let Some(epoch) = self.sessions.end_others(living_on, account, reason).await? else { return Ok(0) };
        self.hand_out(key, Living { epoch, ..living_on })?;
        Ok(living.len() as u64 - 1)
    }

    async fn sweep(&self, limit: usize, _: &Pauses) -> Result<u64, StoreError> {
        self.sessions.sweep(limit, crate::Pace::Brisk).await
    }

    fn capabilities(&self) -> Capabilities {
        self.sessions.capabilities()
    }
}
