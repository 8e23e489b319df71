//! Signed text in a cookie: `<text>.<base64url of the key's name and the HMAC-SHA-256>`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::key_ring::{KeyId, RingKey};
use crate::{KeyRing, Refused};

/// What a signature is for. Each purpose has its own key and its own label.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Id,
    Record,
}

/// Text whose signature holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Genuine<'a> {
    pub text: &'a str,
    /// Whether another key than the first has signed it.
    pub stale_key: bool,
}

/// The bytes after the dot: the key's name and the code, which spell 48 characters without a spare bit.
const SIGNATURE: usize = size_of::<KeyId>() + 32;

/// Signs text that holds no dot.
pub(crate) fn sign(ring: &KeyRing, purpose: Purpose, cookie_name: &str, text: &str) -> String {
    let key = ring.first();
    let code = authenticator(ring, key, purpose, cookie_name, text).finalize().into_bytes();
    let signature: Vec<u8> = key.id.into_iter().chain(code).collect();
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Reads what [`sign`] wrote for this purpose and this cookie.
pub(crate) fn verify<'a>(
    ring: &KeyRing,
    purpose: Purpose,
    cookie_name: &str,
    value: &'a str,
) -> Result<Genuine<'a>, Refused> {
    let (text, signature) = value.split_once('.').ok_or(Refused::Malformed)?;
    let (key_id, code) = decode(signature).ok_or(Refused::Malformed)?;
    let key = ring.named(key_id).ok_or(Refused::UnknownKey)?;
    if !is_code(authenticator(ring, key, purpose, cookie_name, text), &code) {
        return Err(Refused::Forged);
    }
    Ok(Genuine { text, stale_key: ring.is_stale(key) })
}

/// Compares in constant time.
fn is_code(authenticator: Hmac<Sha256>, code: &[u8]) -> bool {
    authenticator.verify_slice(code).is_ok()
}

fn decode(signature: &str) -> Option<(KeyId, Vec<u8>)> {
    let mut bytes = [0; SIGNATURE];
    let written = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes).ok()?;
    let (key_id, code) = bytes.split_first_chunk()?;
    (written == SIGNATURE).then(|| (*key_id, code.to_vec()))
}

fn authenticator(
    ring: &KeyRing,
    key: &RingKey,
    purpose: Purpose,
    cookie_name: &str,
    text: &str,
) -> Hmac<Sha256> {
    let (keyed, label) = match purpose {
        Purpose::Id => (&key.sign_id, "anteroom/sessions/v1/signed-id"),
        Purpose::Record => (&key.sign, "anteroom/sessions/v1/signed-record"),
    };
    let context = ring.context(&[label.as_bytes(), cookie_name.as_bytes(), &key.id, text.as_bytes()]);
    keyed.clone().chain_update(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::encoding::hex;
    use crate::timing;

    fn ring() -> KeyRing {
        KeyRing::new([std::array::from_fn(|at| u8::try_from(at).expect("below 32"))]).expect("it has a key")
    }

    /// ```python
    /// # hmac256 and extracted as in key_ring.rs; KEY_ID is the first four bytes of that for "key-id"
    /// encode = lambda parts: struct.pack("<Q", len(parts)) + b"".join(struct.pack("<Q", len(p)) + p for p in parts)
    /// key = hmac256(extracted, b"anteroom/sessions/v1/sign-id\x01")    # "sign" for a record
    /// hmac256(key, encode([b"anteroom/sessions/v1/signed-id", b"__Host-id", KEY_ID, b"text"])).hex()
    /// ```
    #[test]
    fn a_code_is_that_of_rfc_2104_over_the_label_the_name_the_key_and_the_text() {
        let code = |purpose| {
            let signed = sign(&ring(), purpose, "__Host-id", "text");
            let (_, code) = decode(signed.strip_prefix("text.").expect("the text, a dot")).expect("decodes");
            hex(&code)
        };
        assert_eq!(code(Purpose::Id), "159308420873142ad1f3aefb36e964c9cfdd8f84968f68a34eb257d2a225960b");
        assert_eq!(code(Purpose::Record), "5267f3395a5b97b85d1cb323ffb0074e9d4292300f09436f0c4953a2881832a3");
    }

    #[test]
    fn the_key_is_named_before_the_code() {
        let signed = sign(&ring(), Purpose::Id, "id", "text");
        let (key_id, _) = decode(signed.strip_prefix("text.").expect("the text, a dot")).expect("decodes");
        assert_eq!(key_id, ring().first().id);
    }

    /// ASVS V11.2.4.
    #[test]
    fn how_much_of_a_forged_code_is_right_cannot_be_told_by_the_time() {
        let authenticator = authenticator(&ring(), ring().first(), Purpose::Id, "id", "text");
        let code: Vec<u8> = authenticator.clone().finalize().into_bytes().to_vec();
        let forged = |at: usize| {
            let mut code = code.clone();
            code[at] ^= 1;
            code
        };
        let refuse = |code: &[u8]| assert!(!is_code(authenticator.clone(), code));
        assert!(!timing::differs(&forged(0), &forged(31), refuse));
    }

    #[test]
    fn one_purposes_signature_is_no_others() {
        let (id, record) = (Purpose::Id, Purpose::Record);
        for (made_for, used_for) in [(id, record), (record, id)] {
            let signed = sign(&ring(), made_for, "id", "text");
            assert!(verify(&ring(), made_for, "id", &signed).is_ok());
            assert_eq!(verify(&ring(), used_for, "id", &signed), Err(Refused::Forged));
        }
    }
}
