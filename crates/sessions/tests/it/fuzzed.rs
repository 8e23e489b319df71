//! What the fuzzer looks into for long, for a short while.

use proptest::prelude::*;

#[path = "../../fuzz/src/lib.rs"]
#[expect(clippy::indexing_slicing, reason = "it is built for the fuzzer, apart from this workspace's lints")]
mod targets;

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let like_a_cookie = "(__Host-id=|id=|; |[A-Za-z0-9_=;-]){0,40}".prop_map(String::into_bytes);
    prop_oneof![prop::collection::vec(any::<u8>(), 0..200), like_a_cookie]
}

proptest! {
    #[test]
    fn whatever_the_cookie_header_is_no_value_is_made_up(data in any_bytes()) {
        targets::cookie_header(&data);
    }

    #[test]
    fn whatever_is_sent_for_a_record_opens_none_that_was_not_sealed(data in any_bytes()) {
        targets::sealed_record(&data);
    }

    #[test]
    fn whatever_is_sent_for_a_signed_id_is_none_that_was_not_signed(data in any_bytes()) {
        targets::signed_id(&data);
    }
}
