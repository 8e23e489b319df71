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
#[derive(Debug, Default)]
pub(super) struct ThroughSession {
    /// What a change is measured against; `None` if nothing was loaded.
    base: Mutex<Option<Values>>,
    ending: Mutex<Option<Ending>>,
}

/// What `Session` asked for and settles with the answer, so that a failure before then loses nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    /// `flush` or `delete`: the session ends. Nothing that comes after it takes that back.
    SignOut,
    /// `cycle_id`: the session goes on under a new id.
    Cycle,
    /// One of the two.
    Unclear,
}

/// The ids that a `Session` sees are placeholders: the true id never leaves this crate. There are three, because
/// tower-sessions 0.15.0 calls `delete` with the session's id in `flush` and `delete`, but with the record's id in
/// `cycle_id`, which then has a random one; so they can be told apart. Not once a session was created within the
/// request, which gives both the same id, nor after a `clear` before which nothing was read, which makes a record with
/// the session's id without asking the store. After `cycle_id`, `flush` asks the store for nothing but leaves a record
/// without [`MARK`], and `delete` nothing that could be seen.
///
/// The id of every `Session`. Never `None`: a session without id does not reach its store.
const SESSION_PLACEHOLDER: Id = Id(0);
const RECORD_PLACEHOLDER: Id = Id(1);
const CREATED_PLACEHOLDER: Id = Id(2);

/// Among the values that a `Session` sees, which it can neither list nor count: gone once they were cleared.
const MARK: &str = "\0";

/// A request's session as the ecosystem knows it.
pub(super) fn session(visit: &Arc<Visit>) -> Session {
    Session::new(Some(SESSION_PLACEHOLDER), Arc::clone(visit), None)
}

impl CurrentSession {
    /// Does what was asked for through [`Session`] until now: it is about the session that is here, and another is about
    /// to take its place.
    pub(super) async fn settle_session(&self) -> Result<(), StoreError> {
        let ends = self.visit.has_ending();
        if self.session.is_modified() {
            self.session.save().await.map_err(StoreError::unavailable)?;
        }
        self.visit.settle_ending().await?;
        if ends {
            // After `delete` it holds still what the session held.
            self.renew_session().await;
        }
        Ok(())
    }

    /// The same for whoever leaves, whom nothing keeps: what cannot be saved goes with the session.
    pub(super) async fn settle_session_if_possible(&self) {
        if let Err(error) = self.settle_session().await {
            tracing::debug!(%error, "a change was lost with the session that it was for");
            self.session.clear().await;
            self.visit.measure_against(Values::new());
        }
    }

    /// Shows [`Session`] what is in the session that is here now, if it has seen the one before.
    pub(super) async fn renew_session(&self) {
        if self.visit.was_seen()
            && let Err(error) = self.session.load().await
        {
            tracing::debug!(%error, "what is in the session could not be shown");
        }
    }
}

impl Visit {
    /// Whether anything was loaded or saved through [`Session`].
    fn was_seen(&self) -> bool {
        self.through_session.base.lock().is_some()
    }

    /// Measures the next change against these values.
    fn measure_against(&self, values: Values) {
        *self.through_session.base.lock() = Some(values);
    }

    /// What was asked for through [`Session`] and is not settled yet.
    fn ending(&self) -> Option<Ending> {
        *self.through_session.ending.lock()
    }

    /// Whether something was asked for through [`Session`] that is not settled yet.
    pub(crate) fn has_ending(&self) -> bool {
        self.ending().is_some()
    }

    /// Does what was asked for and has not been done by a save.
    pub(crate) async fn settle_ending(&self) -> Result<(), StoreError> {
        match self.ending() {
            None => return Ok(()),
            Some(Ending::Cycle) => drop(self.cycle_id().await?),
            // Of what is unclear, `cycle_id` is always saved.
            Some(Ending::SignOut | Ending::Unclear) => {
                self.sign_out().await?;
                self.measure_against(Values::new());
            }
        }
        *self.through_session.ending.lock() = None;
        Ok(())
    }

    /// Makes clear what is to end, by the record that is to be there afterwards.
    fn judge_ending(&self, record: &TowerRecord) {
        let mut ending = self.through_session.ending.lock();
        if *ending == Some(Ending::Unclear) {
            let has_new_id = record.id != CREATED_PLACEHOLDER;
            *ending = Some(if has_new_id { Ending::Cycle } else { Ending::SignOut });
        }
        // Cleared, or flushed: nobody knows, and the one is to be signed out for sure.
        if *ending == Some(Ending::Cycle) && !record.data.contains_key(MARK) {
            *ending = Some(Ending::SignOut);
        }
    }

    /// Sends what changed against what was loaded.
    async fn send(&self, data: &HashMap<String, Value>) -> session_store::Result<()> {
        let values = data.iter().filter(|(key, _)| *key != MARK);
        let after: Values = values.map(|(key, value)| (key, value.clone())).collect();
        let since = |base: &Values| Change::between(base, &after, self.sessions.now());
        let known = self.through_session.base.lock().as_ref().map(since);
        let change = match known {
            Some(change) => change,
            None => since(&self.values().await?),
        };
        if !change.is_empty() {
            self.change(change).await.map_err(meaning)?;
        }
        self.measure_against(after);
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
        self.judge_ending(record);
        self.settle_ending().await.map_err(meaning)?;
        record.id = CREATED_PLACEHOLDER;
        record.data.insert(MARK.to_owned(), Value::Null);
        self.send(&record.data).await
    }

    async fn save(&self, record: &TowerRecord) -> session_store::Result<()> {
        self.send(&record.data).await
    }

    async fn load(&self, _: &Id) -> session_store::Result<Option<TowerRecord>> {
        let values = self.values().await?;
        self.measure_against(values.clone());
        Ok(Some(TowerRecord {
            id: RECORD_PLACEHOLDER,
            data: values.into_iter().chain([(MARK.to_owned(), Value::Null)]).collect(),
            // Not used: the limits are in our record.
            expiry_date: time::OffsetDateTime::UNIX_EPOCH,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut ending = self.through_session.ending.lock();
        *ending = Some(match (*ending, *id) {
            (None, RECORD_PLACEHOLDER) => Ending::Cycle,
            (None, CREATED_PLACEHOLDER) => Ending::Unclear,
            // After `cycle_id` the record would have another id: what came before was `flush`.
            (None, _) | (Some(Ending::Unclear), CREATED_PLACEHOLDER | RECORD_PLACEHOLDER) => Ending::SignOut,
            (Some(before), _) => before,
        });
        Ok(())
    }
}

/// What an error means to who asked through `Session`: one that is not to be tried again is of the encoding.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(crate) fn meaning(error: StoreError) -> session_store::Error {
    match error {
        StoreError::TooLarge(_) | StoreError::TooDeep(_) => session_store::Error::Encode(error.to_string()),
        StoreError::Unavailable(_) | StoreError::Corrupt(_) => {
            session_store::Error::Backend(error.to_string())
        }
    }
}
