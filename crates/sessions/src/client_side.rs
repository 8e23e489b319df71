//! Client-side sessions: the record lives in the cookie, sealed by the server.
//!
//! What the server cannot do alone is to take such a cookie back. So a record has an id of its own, which
//! stays the same each time it is sealed anew and is what a list of ended ids names, and the account's
//! epoch, which rises when all its cookies are to end at once. Comparing both is up to whoever opens.

use std::fmt;

use time::Duration;

use crate::{Cookie, KeyRing, Record, Refused, SessionId};

mod encrypted;
mod payload;
mod signed;
#[cfg(test)]
mod tests;

/// The most that a cookie may have, in bytes: RFC 6265 section 6.1 promises this much for name, value and
/// attributes together. Browsers drop a larger one silently.
const LIMIT: usize = 4096;

/// How a record is kept from being changed by the one who holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sealing {
    /// Nobody else can read or change it (XChaCha20-Poly1305).
    #[default]
    Encrypted,
    /// Everybody who sees the cookie can read it with a base64 decoder; nobody can change it
    /// (HMAC-SHA-256). As Flask does.
    Signed,
}

/// What a cookie holds.
#[derive(Clone, PartialEq)]
pub struct Contents {
    /// The record's own id, the same through each sealing.
    pub id: SessionId,
    /// The record, whose moments and durations survive to the millisecond.
    pub record: Record,
    /// The account's epoch when this was sealed.
    pub epoch: u64,
}

impl fmt::Debug for Contents {
    /// Without the record: whose session it is and what it holds are not for logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("id", &self.id).field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// What [`ClientSide::open`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What was sealed. Whether it has expired or was ended is not known yet.
    pub contents: Contents,
    /// Whether another key than the first has sealed it: then the cookie is due to be sealed anew.
    pub stale_key: bool,
}

/// The session has outgrown its cookie. What the browser has still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the session needs a cookie of {size} bytes and browsers keep {limit}: \
     keep less in it, or choose a store on the server"
)]
pub struct TooLarge {
    /// Bytes of the `Set-Cookie` value.
    pub size: usize,
    /// Bytes that it may have.
    pub limit: usize,
}

/// Seals records into cookies and opens them.
#[derive(Clone, Debug)]
pub struct ClientSide {
    sealing: Sealing,
    ring: KeyRing,
}

impl ClientSide {
    /// Seals in this way, with the first key of the ring.
    #[must_use]
    pub const fn new(sealing: Sealing, ring: KeyRing) -> Self {
        Self { sealing, ring }
    }

    /// The same for one of several applications that have the same keys.
    #[must_use]
    pub(crate) fn of_application(&self, prefix: &str) -> Self {
        Self { sealing: self.sealing, ring: self.ring.of_application(prefix) }
    }

    /// The way in which it seals, the only one that it opens.
    #[must_use]
    pub const fn sealing(&self) -> Sealing {
        self.sealing
    }

    /// The value for a cookie that will be set with [`Cookie::set`] for `max_age`.
    ///
    /// # Errors
    /// [`TooLarge`] if the whole `Set-Cookie` value would have more than 4,096 bytes. Browsers limit name
    /// and value to that and the attributes apart from them (RFC 6265bis section 5.6); RFC 6265 section
    /// 6.1, which is stricter, counts all of it.
    pub fn seal(
        &self,
        cookie: &Cookie,
        contents: &Contents,
        max_age: Option<Duration>,
    ) -> Result<String, TooLarge> {
        let payload = payload::encode(contents);
        let value = match self.sealing {
            Sealing::Encrypted => encrypted::seal(&self.ring, &cookie.name, &payload),
            Sealing::Signed => signed::seal(&self.ring, &cookie.name, &payload),
        };
        let size = cookie.set(&value, max_age).len() + room_for_epoch(contents.epoch);
        if size > LIMIT { Err(TooLarge { size, limit: LIMIT }) } else { Ok(value) }
    }

    /// What the value of a cookie of this name holds, if a key of the ring has sealed it for this name.
    ///
    /// # Errors
    /// [`Refused`]: whoever presents it is a guest.
    pub fn open(&self, cookie_name: &str, value: &str) -> Result<Opened, Refused> {
        if value.len() > LIMIT {
            return Err(Refused::Malformed);
        }
        let unsealed = match self.sealing {
            Sealing::Encrypted => encrypted::open(&self.ring, cookie_name, value),
            Sealing::Signed => signed::open(&self.ring, cookie_name, value),
        }?;
        let contents = payload::decode(&unsealed.payload).ok_or(Refused::Malformed)?;
        Ok(Opened { contents, stale_key: unsealed.stale_key })
    }
}

/// Bytes by which the cookie grows when its account's epoch rises, from nothing to the milliseconds of today: whoever
/// ends all other sessions must not find then that this one does not fit any more.
fn room_for_epoch(epoch: u64) -> usize {
    const DIGITS: usize = "1795000000000".len();
    let missing = DIGITS.saturating_sub(epoch.to_string().len());
    (missing * 4).div_ceil(3)
}

/// What a base64 decoder shows of a signed cookie, save the id.
pub(crate) fn without_id(contents: &Contents) -> serde_json::Value {
    let mut payload: serde_json::Value =
        serde_json::from_slice(&payload::encode(contents)).unwrap_or_default();
    if let Some(id) = payload.get_mut("id") {
        *id = "…".into();
    }
    payload
}

/// A payload whose seal holds.
struct Unsealed {
    payload: Vec<u8>,
    stale_key: bool,
}
