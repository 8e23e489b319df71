//! A record that nobody else can read or change: base64url of
//! `version (1 byte) ‖ the key's name (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)`, by XChaCha20-Poly1305
//! (draft-irtf-cfrg-xchacha). Its nonce is long enough to be drawn at random for each sealing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};
use rand::Rng as _;

use super::Unsealed;
use crate::key_ring::KeyId;
use crate::{KeyRing, Refused};

const VERSION: u8 = 1;

type Nonce = [u8; 24];

pub(super) fn seal(ring: &KeyRing, cookie_name: &str, payload: &[u8]) -> String {
    seal_with(ring, cookie_name, payload, random_nonce())
}

pub(super) fn open(ring: &KeyRing, cookie_name: &str, value: &str) -> Result<Unsealed, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(value).map_err(|_| Refused::Malformed)?;
    let (key_id, nonce, ciphertext) = split(&bytes).ok_or(Refused::Malformed)?;
    let key = ring.named(key_id).ok_or(Refused::UnknownKey)?;
    let aad = associated_data(ring, cookie_name, key_id);
    let payload = key
        .encrypt
        .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: &aad })
        .map_err(|_| Refused::Forged)?;
    Ok(Unsealed { payload, stale_key: ring.is_stale(key) })
}

fn seal_with(ring: &KeyRing, cookie_name: &str, payload: &[u8], nonce: Nonce) -> String {
    let key = ring.first();
    let aad = associated_data(ring, cookie_name, key.id);
    let ciphertext = key
        .encrypt
        .encrypt(&XNonce::from(nonce), Payload { msg: payload, aad: &aad })
        .expect("memory holds less than the 256 GiB that one nonce encrypts");
    URL_SAFE_NO_PAD.encode([&[VERSION], key.id.as_slice(), &nonce, &ciphertext].concat())
}

#[expect(clippy::disallowed_methods, reason = "one of the few places that draw random bits")]
fn random_nonce() -> Nonce {
    let mut nonce = [0; 24];
    rand::rng().fill_bytes(&mut nonce);
    nonce
}

fn split(bytes: &[u8]) -> Option<(KeyId, Nonce, &[u8])> {
    let rest = bytes.strip_prefix(&[VERSION])?;
    let (key_id, rest) = rest.split_first_chunk()?;
    let (nonce, ciphertext) = rest.split_first_chunk()?;
    Some((*key_id, *nonce, ciphertext))
}

/// What the tag covers besides the record: where the seal is from, and where it belongs.
fn associated_data(ring: &KeyRing, cookie_name: &str, key_id: KeyId) -> Vec<u8> {
    ring.context(&[b"anteroom/sessions/encrypted-record", &[VERSION], cookie_name.as_bytes(), &key_id])
}
