//! What all requests share: the store, the clock, the cookie and the rules.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use time::Duration;

use crate::backing::OpenedLately;
use crate::history::History;
use crate::pace::Begun;
use crate::store::StoreError;
use crate::{
    Availability, Backing, Capabilities, Clock, Cookie, Key, Lifecycles, Policy, SessionId, Store,
    SystemClock,
};

/// When a guest gets a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// At the first explicit write; never by merely visiting.
    #[default]
    OnWrite,
    /// On the first page.
    OnVisit,
    /// Never: what a guest writes is dropped.
    Never,
}

/// The session engine; cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions(Arc<Engine>);

#[derive(Debug)]
struct Engine {
    settings: SessionsBuilder,
    opened: OpenedLately,
    begun: Begun,
    store: Availability,
}

/// The engine's parts and rules, each with the recommended default.
#[derive(Clone, Debug)]
pub struct SessionsBuilder {
    /// Where records live.
    pub backing: Backing,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The cookie.
    pub cookie: Cookie,
    /// Keeps applications apart that share a store, or keys: each has a prefix of its own.
    pub key_prefix: String,
    /// When a guest gets a session.
    pub anonymous: Anonymous,
    /// How long a guest's session lasts.
    pub anonymous_policy: Policy,
    /// Shortest time between two notes of use.
    pub touch_every: Duration,
    /// Longest time that one store call may take; then the store counts as unavailable.
    pub store_timeout: std::time::Duration,
    /// What becomes of each key at sign-in and sign-out.
    pub lifecycles: Lifecycles,
    /// Remembers the last events of sessions, for [`CurrentSession::inspect`](crate::CurrentSession::inspect);
    /// `None` remembers nothing.
    pub history: Option<Arc<History>>,
}

impl SessionsBuilder {
    /// The engine over `store` with recommended rules and the cookie for TLS. Its cookies hold plain ids.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::over(Backing::Server { store, signer: None })
    }

    /// As [`SessionsBuilder::new`], over a store with signed ids, or over none.
    #[must_use]
    pub fn over(backing: Backing) -> Self {
        Self {
            backing,
            clock: Arc::new(SystemClock),
            cookie: Cookie::secure(),
            key_prefix: String::new(),
            anonymous: Anonymous::default(),
            anonymous_policy: Policy::ANONYMOUS,
            touch_every: Duration::minutes(1),
            store_timeout: std::time::Duration::from_millis(500),
            lifecycles: Lifecycles::default(),
            history: None,
        }
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Sessions {
        let backing = self.backing.of_application(&self.key_prefix);
        Sessions(Arc::new(Engine {
            settings: Self { backing, ..self },
            opened: OpenedLately::default(),
            begun: Begun::default(),
            store: Availability::of("session store"),
        }))
    }
}

impl Sessions {
    /// What sessions can do here.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.0.settings.backing.capabilities()
    }

    /// The rules.
    #[must_use]
    pub fn settings(&self) -> &SessionsBuilder {
        &self.0.settings
    }

    pub(crate) fn opened(&self) -> &OpenedLately {
        &self.0.opened
    }

    pub(crate) fn begun(&self) -> &Begun {
        &self.0.begun
    }

    pub(crate) fn key(&self, id: &SessionId) -> Key {
        id.key(&self.0.settings.key_prefix)
    }

    /// Waits for a store call, but not for longer than `store_timeout`, and notes whether it was answered.
    pub(crate) async fn within_budget<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let answer = self.answer(call).await;
        let failure = answer.as_ref().err().filter(|error| matches!(error, StoreError::Unavailable(_)));
        self.0.store.note(failure.map(|error| error as _), &*self.0.settings.clock);
        answer
    }

    /// Whether the store counts as away.
    #[cfg(test)]
    pub(crate) fn is_away(&self) -> bool {
        self.0.store.is_away()
    }

    /// Notes that the store has answered.
    pub(crate) fn note_answer(&self) {
        self.0.store.note(None, &*self.0.settings.clock);
    }

    async fn answer<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let mut call = pin!(call);
        // Many answer at once, and then no timer is needed: it would also make every future around it as
        // large as its cache-line alignment asks (tokio 1.54).
        if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await {
            return answer;
        }
        Box::pin(tokio::time::timeout(self.0.settings.store_timeout, call))
            .await
            .unwrap_or_else(|late| Err(StoreError::unavailable(late)))
    }
}
