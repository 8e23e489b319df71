//! The caller of one request, and everything they can do.

mod login;
mod logout;
mod preferences;
mod register;
mod view;

use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use contract::Whoami;
use http::StatusCode;
use http::request::Parts;
use sessions::{AccountKey, Anonymous, CurrentSession, Presence, Reason, Record, StoreError};

use crate::{Auth, AuthError, ClientAddress, Gate, keys};

/// The caller of one request. Middleware recognises them before anything is rendered and puts them
/// into the request's extensions; handlers and server functions extract them.
#[derive(Clone, Debug)]
pub struct Visitor {
    auth: Auth,
    session: CurrentSession,
    address: ClientAddress,
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
    /// Finds out who is calling; asks the store only if the request carries a session cookie.
    pub async fn recognise(auth: Auth, session: CurrentSession, address: ClientAddress) -> Self {
        let standing = match session.presence().await {
            Ok(Presence::Nobody) => Standing::Known { record: None, member: None },
            Ok(Presence::Living(record)) => {
                let username = keys::username(&record).map(str::to_owned);
                let member = record.account.zip(username);
                let member = member.map(|(account, username)| Member { account, username });
                Standing::Known { record: Some(record), member }
            }
            Ok(Presence::Ended { reason, .. }) => Standing::Ended(reason),
            Err(error) => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "a visitor could not be recognised");
                Standing::Unknown
            }
        };
        let visitor = Self { auth, session, address, standing };
        visitor.count_visit().await;
        visitor
    }

    /// Where each visit begins an anonymous session, an address may begin only so many.
    async fn count_visit(&self) {
        let begins = matches!(&self.standing, Standing::Known { record: None, .. } | Standing::Ended(_))
            && self.session.sessions().settings().anonymous == Anonymous::OnVisit;
        if begins && self.pass(Gate::AnonymousSession).await.is_err() {
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

    /// Says that this request is no use by a person, such as a poll: it keeps nobody signed in.
    pub fn set_passive(&self) {
        self.session.set_passive();
    }

    /// Where the request comes from, as far as throttling cares.
    #[must_use]
    pub const fn address(&self) -> ClientAddress {
        self.address
    }

    async fn pass(&self, gate: Gate) -> Result<(), AuthError> {
        match self.auth.throttle.admit_address(gate, self.address).await {
            crate::Admission::Admitted => Ok(()),
            crate::Admission::Refused(wait) => {
                tracing::warn!(event = "throttled", ?gate, address = %self.address, "too many attempts");
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

fn unavailable() -> AuthError {
    AuthError::Sessions(StoreError::unavailable("it did not answer when the visitor came"))
}
