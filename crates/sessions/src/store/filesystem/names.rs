//! Names of files and folders: hexadecimal, since not every file system tells `a` from `A`.

use std::ffi::OsStr;
use std::fmt::Write as _;

use super::super::encoding::key_from_hex;
use crate::Key;

/// The key that a file is named by; `None` for any other file.
pub(super) fn key_of(name: &OsStr) -> Option<Key> {
    key_from_hex(name.to_str()?)
}

/// An application's prefix as a folder's name: letters, digits and `-` stay, the rest is `%` and two
/// digits. A name always, and a different one for each prefix.
pub(super) fn folder_name(prefix: &str) -> String {
    let mut name = String::from("sessions-");
    for byte in prefix.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::super::encoding::hex;
    use super::*;
    use crate::SessionId;

    /// ASVS V5.3.2.
    #[test]
    fn a_key_is_read_back_from_its_name_and_from_no_other() {
        let key = SessionId::random().key("");
        assert_eq!(key_of(OsStr::new(&hex(key.as_bytes()))), Some(key));
        for name in ["", "ab", &"x".repeat(64), &format!("{}.new", hex(key.as_bytes()))] {
            assert_eq!(key_of(OsStr::new(name)), None, "{name}");
        }
    }

    /// ASVS V5.3.2, V1.3.3.
    #[test]
    fn prefixes_are_apart_and_lead_nowhere_else() {
        assert_eq!(folder_name("shop:"), "sessions-shop%3a");
        assert_eq!(folder_name("../A"), "sessions-%2e%2e%2f%41");
        assert_eq!(folder_name(""), "sessions-");
    }
}
