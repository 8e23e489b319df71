#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sessions_fuzz::signed_id(data));
