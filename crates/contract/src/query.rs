//! Reading and writing one value of a query string, the same way on both sides.

/// The value of `name` in a query string (without `?`), decoded exactly once as
/// `application/x-www-form-urlencoded` (WHATWG URL, section 5.1). `None` if it is absent, stands
/// there twice, or is not UTF-8.
#[must_use]
pub fn query_value(query: &str, name: &str) -> Option<String> {
    let mut values = query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(key, _)| form_decode(key).is_some_and(|key| key == name));
    match (values.next(), values.next()) {
        (Some((_, value)), None) => form_decode(value),
        _ => None,
    }
}

/// Percent-encodes a value for a query: all but unreserved characters (RFC 3986, section 2.3) and
/// `/`, so that `?`, `=`, `&` and `#` cannot end it early.
#[must_use]
pub fn percent_encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len() + 8);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            push_escape(&mut encoded, byte);
        }
    }
    encoded
}

/// Appends `%XX`.
pub(crate) fn push_escape(text: &mut String, byte: u8) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    text.push('%');
    for digit in [byte >> 4, byte & 15] {
        text.extend(DIGITS.get(usize::from(digit)));
    }
}

fn form_decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                if let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) {
                    bytes.push(high << 4 | low);
                    rest = after;
                } else {
                    bytes.push(b'%');
                }
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ASVS V1.1.1.
    #[test]
    fn a_value_is_decoded_once() {
        assert_eq!(query_value("next=%252F%2Fx+y&a=b", "next").as_deref(), Some("%2F/x y"));
    }

    /// ASVS V15.3.7.
    #[test]
    fn a_value_given_twice_is_no_value() {
        assert_eq!(query_value("next=/a&next=/b", "next"), None);
        assert_eq!(query_value("next=/a&n%65xt=/b", "next"), None);
    }

    #[test]
    fn broken_escapes_stay_and_broken_utf8_is_no_value() {
        assert_eq!(query_value("a=%zz%4", "a").as_deref(), Some("%zz%4"));
        assert_eq!(query_value("a=%ff", "a"), None);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(value in "\\PC{0,40}") {
            let query = format!("x=1&next={}&y=2", percent_encode(&value));
            prop_assert_eq!(query_value(&query, "next"), Some(value));
        }
    }
}
