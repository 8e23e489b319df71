//! Passwords that are tried first because many people have had them.

use std::collections::HashSet;
use std::sync::LazyLock;

/// One password a line, in lower case, from packaged lists; `data/README.md` names them and their licences.
pub(super) const PASSWORDS: &str = include_str!("../../data/common-passwords.txt");

/// Whether the list has this password, given in lower case.
pub(super) fn lists(folded: &str) -> bool {
    static LISTED: LazyLock<HashSet<&str>> = LazyLock::new(|| PASSWORDS.lines().collect());
    LISTED.contains(folded)
}
