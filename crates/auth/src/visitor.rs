//! The caller of one request, and everything they can do.

mod account_sessions;
mod change_password;
mod confirm;
mod guess;
mod inspection;
mod login;
mod logout;
mod preferences;
mod proof;
mod register;
mod remove_account;
mod report;
mod view;

use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use contract::{SecurityEvent, Whoami};
use http::StatusCode;
use http::request::Parts;
use parking_lot::Mutex;
use sessions::{AccountKey, Anonymous, CurrentSession, Presence, Reason, Record, StoreError, Values};

use crate::{Account, Admission, Auth, AuthError, Caller, DeviceToken, Gate, device, keys};

/// The caller of one request. Middleware recognises them before anything is rendered and puts them
/// into the request's extensions; handlers and server functions extract them.
#[derive(Clone, Debug)]
pub struct Visitor {
    auth: Auth,
    session: CurrentSession,
    caller: Caller,
    /// What their browser is given to know itself by the next time; the request's clones of the visitor share it.
    given: Arc<Mutex<Option<DeviceToken>>>,
    standing: Standing,
}

/// What the request's cookie led to.
#[derive(Clone, Debug)]
enum Standing {
    /// A member, or a guest with or without a session.
    Known { record: Option<Arc<Record>>, member: Option<Member> },
    /// A guest who comes with a session that has ended; `None` if its id is not known.
    Ended(Option<Reason>),
    /// The store does not answer.
    Unknown,
}

/// A visitor who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their account.
    pub account: AccountKey,
    /// Their name as it was chosen.
    pub username: String,
}

impl Visitor {
    /// Finds out who is calling; asks the store only if the request carries a session cookie. The `User-Agent`
    /// header is kept with a sign-in, in words, so that its owner knows it again; the token, if the browser
    /// carries one, says to which account it has signed in before.
    pub async fn recognise(auth: Auth, session: CurrentSession, caller: Caller) -> Self {
        let mut ended = None;
        let standing = match session.presence().await {
            Ok(Presence::Nobody) => Standing::Known { record: None, member: None },
            Ok(Presence::Living(record)) => {
                let username = keys::username(&record);
                let member = record.account.zip(username);
                let member = member.map(|(account, username)| Member { account, username });
                Standing::Known { record: Some(record), member }
            }
            Ok(Presence::Ended { reason, in_flight }) => {
                ended = (!in_flight).then_some(reason);
                Standing::Ended(reason)
            }
            Err(error) => {
                tracing::debug!(%error, source = ?std::error::Error::source(&error), "a visitor could not be recognised");
                Standing::Unknown
            }
        };
        let visitor = Self { auth, session, caller, given: Arc::default(), standing };
        if let Some(reason) = ended {
            visitor.log_end(reason);
        }
        visitor.count_visit().await;
        visitor
    }

    /// Where each visit begins an anonymous session, an address may begin only so many.
    async fn count_visit(&self) {
        let begins = matches!(&self.standing, Standing::Known { record: None, .. } | Standing::Ended(_))
            && self.session.sessions().settings().anonymous == Anonymous::OnVisit;
        if begins && self.pass_if_counted(Gate::AnonymousSession).await.is_err() {
            self.session.set_sessionless();
        }
    }

    /// Who is here.
    ///
    /// # Errors
    /// [`AuthError::Sessions`] if the store does not answer.
    pub fn whoami(&self) -> Result<Whoami, AuthError> {
        match &self.standing {
            Standing::Known { record, .. } => Ok(view::whoami(&self.session, record.as_deref())),
            Standing::Ended(_) => Ok(Whoami::default()),
            Standing::Unknown => Err(unavailable()),
        }
    }

    /// Who is here, for pages that everybody may see: a guest while the store does not answer.
    #[must_use]
    pub fn whoami_or_guest(&self) -> Whoami {
        self.whoami().unwrap_or_default()
    }

    /// The member who is here.
    ///
    /// # Errors
    /// [`AuthError::SignInRequired`] for a guest, [`AuthError::SessionEnded`] for one whose session has
    /// ended, [`AuthError::Sessions`] if the store does not answer.
    pub fn member(&self) -> Result<&Member, AuthError> {
        match &self.standing {
            Standing::Known { member: Some(member), .. } => Ok(member),
            Standing::Known { member: None, .. } => Err(AuthError::SignInRequired),
            Standing::Ended(reason) => Err(AuthError::SessionEnded(*reason)),
            Standing::Unknown => Err(unavailable()),
        }
    }

    /// What is told to a member whose session has ended since the request came.
    async fn session_ended(&self) -> AuthError {
        match self.session.presence().await {
            Ok(Presence::Ended { reason, .. }) => AuthError::SessionEnded(reason),
            _ => AuthError::SessionEnded(None),
        }
    }

    /// Whether somebody came signed in with this request, whose session is theirs no more.
    pub async fn has_left(&self) -> bool {
        let Ok(member) = self.member() else { return false };
        match self.session.presence().await {
            Ok(Presence::Living(record)) => record.account != Some(member.account),
            // While the answer was made, the same browser got a newer session.
            Ok(Presence::Ended { in_flight, .. }) => !in_flight,
            Ok(Presence::Nobody) => true,
            Err(_) => false,
        }
    }

    /// Says that this request is no use by a person, such as a poll: it keeps nobody signed in.
    pub fn set_passive(&self) {
        self.session.set_passive();
    }

    /// What a new session of this account begins with.
    fn first_values(&self, account: &Account) -> Values {
        // Nobody could list them, and a cookie has little room.
        let is_listed = self.session.sessions().capabilities().listable;
        let place = is_listed.then(|| (self.caller.address.to_string(), self.device()));
        keys::signed_in(&account.username, place)
    }

    /// With what they came, in words.
    fn device(&self) -> Option<String> {
        self.caller.user_agent.as_ref().and_then(|header| header.to_str().ok()).and_then(device::describe)
    }

    /// As [`pass`](Self::pass), for what costs little: while nobody can say how often it has happened, it may.
    async fn pass_if_counted(&self, gate: Gate) -> Result<(), AuthError> {
        match self.pass(gate).await {
            Err(AuthError::Throttle(error)) => {
                tracing::debug!(%error, source = ?std::error::Error::source(&error), "throttle failed");
                Ok(())
            }
            passed => passed,
        }
    }

    async fn pass(&self, gate: Gate) -> Result<(), AuthError> {
        match self.auth.throttle.admit_address(gate, self.caller.address).await? {
            Admission::Admitted => Ok(()),
            Admission::Refused(wait) => {
                self.log(SecurityEvent::Throttled, self.member().ok(), None);
                Err(AuthError::Throttled(wait))
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    /// The middleware is missing: a fault of ours.
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Does what must not be left half done, even if the caller is gone before.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, AuthError>> + Send + 'static,
) -> Result<T, AuthError> {
    tokio::spawn(work).await.map_err(StoreError::unavailable)?
}

fn unavailable() -> AuthError {
    AuthError::Sessions(StoreError::unavailable("it did not answer when the visitor came"))
}
