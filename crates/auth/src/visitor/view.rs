//! A session as its owner sees it.

use contract::{AccountEventView, SessionKind, SessionView, Timestamp, Whoami};
use sessions::{Capabilities, CurrentSession, Record};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{AccountEvent, keys};

/// Who is here, by the record of the living session.
pub(super) fn whoami(session: &CurrentSession, record: Option<&Record>) -> Whoami {
    let Some(record) = record else { return Whoami::default() };
    let username = keys::username(record);
    let capabilities = session.sessions().capabilities();
    Whoami {
        authenticated: username.is_some(),
        username,
        language: keys::language(record),
        theme: keys::theme(record),
        session: Some(SessionView {
            kind: kind(capabilities),
            store: capabilities.name.to_owned(),
            created_at: timestamp(record.created_at),
            expires_at: timestamp(record.absolute_deadline()),
            idle_expires_at: timestamp(record.idle_deadline()),
        }),
    }
}

pub(super) const fn kind(capabilities: Capabilities) -> SessionKind {
    if capabilities.is_client_side { SessionKind::ClientSide } else { SessionKind::ServerSide }
}

pub(super) fn timestamp(moment: OffsetDateTime) -> Timestamp {
    let to_the_second = moment.replace_nanosecond(0).unwrap_or(moment);
    Timestamp(to_the_second.format(&Rfc3339).unwrap_or_default())
}

pub(super) fn account_event(event: &AccountEvent) -> AccountEventView {
    AccountEventView {
        event: event.event,
        at: timestamp(event.at),
        address: event.address.clone(),
        device: event.device.clone(),
        count: event.count,
    }
}
