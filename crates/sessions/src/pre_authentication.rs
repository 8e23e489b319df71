//! What a seal or a signature covers.

/// The parts as one string that no other parts give: how many there are, then each after its length, as
/// in PASETO's pre-authentication encoding. Without the lengths, `__Host-id` + `x` and `__Host-i` + `dx`
/// would have one signature.
pub(crate) fn pre_authentication_encoding(parts: &[&[u8]]) -> Vec<u8> {
    let mut encoded = count(parts.len()).to_vec();
    for part in parts {
        encoded.extend(count(part.len()));
        encoded.extend_from_slice(part);
    }
    encoded
}

/// A length in eight bytes, the lowest first.
fn count(length: usize) -> [u8; 8] {
    (length as u64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_byte_that_moves_to_the_next_part_is_seen() {
        assert_ne!(
            pre_authentication_encoding(&[b"__Host-id", b"x"]),
            pre_authentication_encoding(&[b"__Host-i", b"dx"])
        );
        assert_ne!(pre_authentication_encoding(&[]), pre_authentication_encoding(&[b""]));
    }

    proptest! {
        #[test]
        fn the_same_bytes_in_other_parts_have_another_encoding(
            bytes in prop::collection::vec(any::<u8>(), 1..100),
            one in any::<prop::sample::Index>(),
            other in any::<prop::sample::Index>(),
        ) {
            let (one, other) = (bytes.split_at(one.index(bytes.len())), bytes.split_at(other.index(bytes.len())));
            let encode = |(before, after): (&[u8], &[u8])| pre_authentication_encoding(&[before, after]);
            prop_assert_eq!(encode(one) == encode(other), one == other);
        }
    }
}
