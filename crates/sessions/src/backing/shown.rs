//! What a request's cookie shows.

use std::sync::Arc;

use super::Backing;
use super::opened::OpenCookie;
use crate::signed_id::{self, Verified};
use crate::{Record, Refused, SessionId, Sessions};

/// What a request's cookie shows.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    /// Nothing that was ever handed out.
    Nothing,
    /// Something made with a key that is no longer in the ring.
    KeyRetired,
    /// The id of a record in the store.
    Id { id: SessionId, stale_key: bool },
    /// A record.
    Contents(Arc<OpenCookie>),
}

impl Shown {
    pub(crate) fn id(&self) -> Option<SessionId> {
        match self {
            Self::Nothing | Self::KeyRetired => None,
            Self::Id { id, .. } => Some(*id),
            Self::Contents(cookie) => Some(cookie.id),
        }
    }

    /// What it holds, if that is in the cookie.
    pub(crate) fn record(&self) -> Option<&Record> {
        match self {
            Self::Contents(cookie) => Some(&cookie.record),
            Self::Nothing | Self::KeyRetired | Self::Id { .. } => None,
        }
    }

    /// The account's epoch when it was sealed.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Contents(cookie) => cookie.epoch,
            Self::Nothing | Self::KeyRetired | Self::Id { .. } => 0,
        }
    }

    /// Whether the cookie is to be made anew with the ring's first key.
    pub(crate) fn has_stale_key(&self) -> bool {
        match self {
            Self::Nothing | Self::KeyRetired => false,
            Self::Id { stale_key, .. } => *stale_key,
            Self::Contents(cookie) => cookie.stale_key,
        }
    }
}

impl From<Refused> for Shown {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::UnknownKey => Self::KeyRetired,
            Refused::Malformed | Refused::Forged => Self::Nothing,
        }
    }
}

impl Sessions {
    /// Reads the cookie's value.
    pub(crate) fn recognise(&self, value: &str) -> Shown {
        let name = &self.settings().cookie.name;
        match &self.settings().backing {
            Backing::Server { signer: None, .. } => {
                SessionId::parse(value).map_or(Shown::Nothing, |id| Shown::Id { id, stale_key: false })
            }
            Backing::Server { signer: Some(ring), .. } => match signed_id::verify(ring, name, value) {
                Ok(Verified { id, stale_key }) => Shown::Id { id, stale_key },
                Err(refused) => refused.into(),
            },
            Backing::Client(client) => {
                let open = || {
                    let opened = client.codec.open(name, value)?;
                    Ok(OpenCookie::new(opened, |id| self.key(id)))
                };
                self.opened().get(value, open).map_or_else(Shown::from, Shown::Contents)
            }
        }
    }
}
