//! The one-request store that [`tower_sessions::Session`] asks.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use tower_sessions::session::{Id, Record as TowerRecord};
use tower_sessions::{Session, SessionStore, session_store};

use super::{CurrentSession, Presence, Visit};
use crate::{Change, StoreError, Values};

/// What one request loaded and asked for through [`Session`]. Each save becomes a change against what was loaded.
///
/// The ids that `Session` sees are placeholders: the true id never leaves this crate. There are two
/// of them, because tower-sessions 0.15.0 calls `delete` with the session's id in `flush` and
/// `delete`, but with the record's id in `cycle_id`; so the two can be told apart. Not after a `clear` before which
/// nothing was read: it makes a record with the session's id without asking the store. Then `cycle_id` is a sign-out,
/// too, which leaves as little, under a new id.
#[derive(Debug, Default)]
pub(super) struct ThroughSession {
    /// What a change is measured against; `None` if nothing was loaded.
    base: Mutex<Option<Values>>,
    ending: Mutex<Option<Ending>>,
}

/// What `Session` asked for and settles with the answer, so that a failure before then loses nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ending {
    /// `flush`: the session ends.
    SignOut,
    /// `cycle_id`: the session goes on under a new id.
    Cycle,
}

/// The id of every `Session`. Never `None`: a session without id does not reach its store.
const SESSION_PLACEHOLDER: Id = Id(0);
const RECORD_PLACEHOLDER: Id = Id(1);

impl CurrentSession {
    /// The same session as the ecosystem knows it.
    pub(crate) fn session(&self) -> Session {
        Session::new(Some(SESSION_PLACEHOLDER), Arc::clone(&self.visit), None)
    }
}

impl Visit {
    /// What was asked for through [`Session`] and is not settled yet.
    pub(crate) fn ending(&self) -> Option<Ending> {
        *self.through_session.ending.lock()
    }

    /// Does what was asked for and has not been done by a save.
    pub(crate) async fn settle_ending(&self) -> Result<(), StoreError> {
        let ending = self.through_session.ending.lock().take();
        match ending {
            Some(Ending::Cycle) => self.cycle_id().await.map(drop),
            Some(Ending::SignOut) => {
                *self.through_session.base.lock() = Some(Values::new());
                self.sign_out().await
            }
            None => Ok(()),
        }
    }

    /// Sends what changed against what was loaded.
    async fn send(&self, data: &HashMap<String, Value>) -> session_store::Result<()> {
        let after: Values = data.iter().map(|(key, value)| (key, value.clone())).collect();
        let base = self.through_session.base.lock().clone();
        let base = match base {
            Some(base) => base,
            None => self.values().await?,
        };
        let change = Change::between(&base, &after, self.sessions.now());
        if !change.is_empty() {
            self.change(change).await.map_err(meaning)?;
        }
        *self.through_session.base.lock() = Some(after);
        Ok(())
    }

    /// What the session holds.
    async fn values(&self) -> session_store::Result<Values> {
        Ok(match self.presence().await.map_err(meaning)? {
            Presence::Living(record) => record.values.clone(),
            Presence::Nobody | Presence::Ended { .. } => Values::new(),
        })
    }
}

#[async_trait]
impl SessionStore for Visit {
    /// Reached after `cycle_id` or `flush`, when the session has no id.
    async fn create(&self, record: &mut TowerRecord) -> session_store::Result<()> {
        self.settle_ending().await.map_err(meaning)?;
        record.id = RECORD_PLACEHOLDER;
        self.send(&record.data).await
    }

    async fn save(&self, record: &TowerRecord) -> session_store::Result<()> {
        self.send(&record.data).await
    }

    async fn load(&self, _: &Id) -> session_store::Result<Option<TowerRecord>> {
        let values = self.values().await?;
        *self.through_session.base.lock() = Some(values.clone());
        Ok(Some(TowerRecord {
            id: RECORD_PLACEHOLDER,
            data: values.into_iter().collect(),
            // Not used: the limits are in our record.
            expiry_date: time::OffsetDateTime::UNIX_EPOCH,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let ending = if *id == RECORD_PLACEHOLDER { Ending::Cycle } else { Ending::SignOut };
        *self.through_session.ending.lock() = Some(ending);
        Ok(())
    }
}

/// What an error means to who asked through `Session`: one that is not to be tried again is of the encoding.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn meaning(error: StoreError) -> session_store::Error {
    match error {
        StoreError::TooLarge(error) => session_store::Error::Encode(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Corrupt(_) => {
            session_store::Error::Backend(error.to_string())
        }
    }
}
