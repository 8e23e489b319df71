//! What a request's cookie shows.

use super::Backing;
use crate::signed_id::{self, Verified};
use crate::{Contents, Refused, SessionId, Sessions};

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
    Contents { contents: Box<Contents>, stale_key: bool },
}

impl Shown {
    pub(crate) fn id(&self) -> Option<SessionId> {
        match self {
            Self::Nothing | Self::KeyRetired => None,
            Self::Id { id, .. } => Some(*id),
            Self::Contents { contents, .. } => Some(contents.id),
        }
    }

    /// The account's epoch when it was sealed.
    pub(crate) fn epoch(&self) -> u64 {
        match self {
            Self::Contents { contents, .. } => contents.epoch,
            Self::Nothing | Self::KeyRetired | Self::Id { .. } => 0,
        }
    }

    /// Whether the cookie is to be made anew with the ring's first key.
    pub(crate) fn has_stale_key(&self) -> bool {
        matches!(self, Self::Id { stale_key: true, .. } | Self::Contents { stale_key: true, .. })
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
            Backing::Client(client) => match client.codec.open(name, value) {
                Ok(opened) => {
                    Shown::Contents { contents: Box::new(opened.contents), stale_key: opened.stale_key }
                }
                Err(refused) => refused.into(),
            },
        }
    }
}
