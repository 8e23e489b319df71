//! Any `Cookie` headers: a value is found only where the exact name stands once.
#![no_main]

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use sessions::Cookie;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    if let Some(value) = Cookie::secure().read(&headers) {
        assert!(!value.contains(';'));
        let pair = [b"__Host-id=", value.as_bytes()].concat();
        let found = |header: &&HeaderValue| header.as_bytes().windows(pair.len()).any(|part| part == pair);
        assert!(headers.get_all(COOKIE).iter().any(|header| found(&header)), "it was not made up");
    }
});
