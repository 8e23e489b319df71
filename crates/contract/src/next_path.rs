//! Where to go after signing in: the one function that decides it, for server and browser alike.

use std::fmt;

use crate::query::{percent_encode, push_escape, query_value};

/// Most bytes of an address, as a request or a `Location` carries it: the server refuses a longer one.
pub const ADDRESS_MAXIMUM_BYTES: usize = 8 * 1024;
/// Longest link that carries one: what was typed into the form, and why it was refused, follow it.
const MAXIMUM_LINK_BYTES: usize = 6 * 1024;
/// First segments that lead to no page of their own, or would sign out or in again.
const REFUSED_SEGMENTS: [&str; 4] = ["login", "logout", "api", "pkg"];

/// A path of this site, with its query and fragment; Home for everything that is not one.
///
/// The raw value is judged after exactly one decoding (form, query or JSON). Escapes that remain
/// stay as they are. Rules: OWASP Unvalidated Redirects; WHATWG URL, section 4.4, for what browsers
/// make of `\`, tabs and dot segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextPath(String);

impl NextPath {
    /// The start page.
    #[must_use]
    pub fn home() -> Self {
        Self("/".to_owned())
    }

    /// Judges a decoded value.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        if is_path_of_this_site(raw) { Self(raw.to_owned()) } else { Self::home() }
    }

    /// Judges the value of `next` in a query string (without `?`). Given twice, it means Home.
    #[must_use]
    pub fn from_query(query: &str) -> Self {
        query_value(query, "next").map_or_else(Self::home, |raw| Self::parse(&raw))
    }

    /// The path, unchanged.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the start page.
    #[must_use]
    pub fn is_home(&self) -> bool {
        self.0 == "/"
    }

    /// The path as a `Location` carries it: what is not visible ASCII is percent-encoded.
    #[must_use]
    pub fn to_location(&self) -> String {
        let mut location = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_graphic() {
                location.push(char::from(byte));
            } else {
                push_escape(&mut location, byte);
            }
        }
        location
    }

    /// `page` with this path in its query; `page` alone if this is Home, or would make the link too long.
    #[must_use]
    pub fn link_from(&self, page: &str) -> String {
        if self.is_home() {
            return page.to_owned();
        }
        let link = format!("{page}?next={}", percent_encode(&self.0));
        if link.len() > MAXIMUM_LINK_BYTES { page.to_owned() } else { link }
    }
}

impl fmt::Display for NextPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_path_of_this_site(raw: &str) -> bool {
    let begins_with_one_slash = raw.starts_with('/') && !raw.starts_with("//") && !raw.starts_with("/\\");
    if !begins_with_one_slash
        || location_bytes(raw) > ADDRESS_MAXIMUM_BYTES
        || raw.chars().any(char::is_control)
    {
        return false;
    }
    let path = raw.split(['?', '#']).next().unwrap_or_default();
    let segments = without_dot_segments(path);
    let leaves_a_host_in_front = segments.first().is_some_and(|first| first.is_empty()) && segments.len() > 1;
    let is_refused = segments.first().is_some_and(|first| REFUSED_SEGMENTS.contains(first));
    !leaves_a_host_in_front && !is_refused
}

/// An escape takes three bytes.
fn location_bytes(raw: &str) -> usize {
    raw.bytes().map(|byte| if byte.is_ascii_graphic() { 1 } else { 3 }).sum()
}

/// Whether a path stands for another: one of its segments is a dot segment, however its dots and slashes are
/// written. Browsers never ask for such a path.
#[must_use]
pub fn has_dot_segments(path: &str) -> bool {
    path.split(['/', '\\']).any(|segment| dots(segment) > 0)
}

/// The segments that a browser keeps: `\` counts as `/`, and dots may be written `%2e`.
fn without_dot_segments(path: &str) -> Vec<&str> {
    let mut kept = Vec::new();
    let mut segments = path.split(['/', '\\']).skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match dots(segment) {
            0 => kept.push(segment),
            count => {
                if count == 2 {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
        }
    }
    kept
}

/// 1 for `.`, 2 for `..` (each dot may be `%2e`), 0 for any other segment.
fn dots(segment: &str) -> usize {
    let dotted = segment.replace("%2e", ".").replace("%2E", ".");
    match dotted.as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ASVS V1.1.1.
    #[test]
    fn paths_of_this_site_are_given_back_unchanged() {
        for raw in [
            "/",
            "/about",
            "/contact?topic=a&x=1#form",
            "/%252F",
            "/a//b",
            "/a\\b",
            "/products?q=%0d%0a",
            "/apiary",
            "/loginx",
            "/a/%2e%2e/b",
            "/über?x=ß",
            "/register",
            "/?next=//evil.example",
        ] {
            assert_eq!(NextPath::parse(raw).as_str(), raw);
        }
    }

    /// ASVS V3.7.2, V1.2.2.
    #[test]
    fn everything_else_means_home() {
        let [long, long_as_a_location] =
            [("a", 8 * 1024), ("ü", 1500)].map(|(letter, count)| format!("/{}", letter.repeat(count)));
        for raw in [
            "",
            "about",
            "//evil",
            "/\\evil",
            "////evil",
            "https:evil",
            "https://evil",
            "javascript:alert(1)",
            "JAVASCRIPT:x",
            "data:x",
            "\\\\evil",
            "/\tevil",
            "/a\r\nX: y",
            "/\u{85}x",
            " /about",
            "/..//evil",
            "/a/..//evil",
            "/./\\evil",
            "/%2e%2E//evil",
            "/x/%2e./\\evil",
            "/login",
            "/login?next=/about",
            "/logout",
            "/./login",
            "/a/../logout#x",
            "/api",
            "/api/v1/whoami",
            "/pkg/app.js",
            "/login/",
            &long,
            &long_as_a_location,
        ] {
            assert_eq!(NextPath::parse(raw), NextPath::home(), "{raw:?}");
        }
    }

    /// ASVS V1.2.2.
    #[test]
    fn a_link_encodes_what_would_end_the_value() {
        let next = NextPath::parse("/contact?a=b&c#d");
        assert_eq!(next.link_from("/login"), "/login?next=/contact%3Fa%3Db%26c%23d");
        assert_eq!(NextPath::from_query("next=/contact%3Fa%3Db%26c%23d"), next);
        assert_eq!(NextPath::home().link_from("/login"), "/login");
    }

    #[test]
    fn a_path_that_stands_for_another_is_known() {
        for path in ["/./about", "/x/../about", "/%2e/about", "/.%2E/about", "/.\\about", "/about/."] {
            assert!(has_dot_segments(path), "{path}");
        }
        for path in ["/", "/about", "/.well-known/x", "/a..b", "/..."] {
            assert!(!has_dot_segments(path), "{path}");
        }
    }

    #[test]
    fn a_location_is_ascii() {
        assert_eq!(NextPath::parse("/ü b%20c").to_location(), "/%C3%BC%20b%20c");
    }

    /// Values made of the pieces that attackers use.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("/"),
            Just("//"),
            Just("\\"),
            Just("."),
            Just(".."),
            Just("%2e"),
            Just("%2f"),
            Just("%5c"),
            Just("\t"),
            Just("\n"),
            Just("\r"),
            Just("\0"),
            Just("https:"),
            Just("javascript:"),
            Just("evil.example"),
            Just("user@"),
            Just(":80"),
            Just("?"),
            Just("#"),
            Just("a"),
            Just("\u{2028}"),
            Just("%09"),
            Just("；"),
            Just(" "),
        ];
        prop::collection::vec(piece, 0..9).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        /// ASVS V3.7.2, V1.5.3.
        #[test]
        fn the_browser_never_leaves_this_origin(raw in hostile()) {
            let origin = url::Url::parse("https://anteroom.example/login").expect("a URL");
            let next = NextPath::parse(&raw);
            for shown in [next.as_str().to_owned(), next.to_location()] {
                let target = origin.join(&shown).expect("a path joins");
                prop_assert_eq!(target.origin(), origin.origin());
                prop_assert!(!target.path().starts_with("//"), "{} became {}", raw, target);
                prop_assert!(target.path() != "/login" && target.path() != "/logout");
            }
        }

        /// ASVS V1.3.12.
        #[test]
        fn any_text_is_judged_without_panic(raw in "\\PC*") {
            let next = NextPath::parse(&raw);
            prop_assert!(next.as_str() == raw || next.is_home());
        }
    }
}
