//! A record that everybody can read and nobody can change:
//! `<base64url of JSON>.<base64url of the key's name and the HMAC-SHA-256>`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Unsealed;
use crate::signature::{self, Purpose};
use crate::{KeyRing, Refused};

pub(super) fn seal(ring: &KeyRing, cookie_name: &str, payload: &[u8]) -> String {
    signature::sign(ring, Purpose::Record, cookie_name, &URL_SAFE_NO_PAD.encode(payload))
}

pub(super) fn open(ring: &KeyRing, cookie_name: &str, value: &str) -> Result<Unsealed, Refused> {
    let genuine = signature::verify(ring, Purpose::Record, cookie_name, value)?;
    let payload = URL_SAFE_NO_PAD.decode(genuine.text).map_err(|_| Refused::Malformed)?;
    Ok(Unsealed { payload, stale_key: genuine.stale_key })
}
