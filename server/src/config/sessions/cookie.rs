//! `sessions.cookie.*`: the cookie that carries a session.

use sessions::{Cookie, SameSite};

use crate::config::{
    Server,
    public_origin::is_name,
    reader::Reader,
    server::{ADDRESS, CERTIFICATE, PROFILE, PUBLIC_ORIGIN, SELF_SIGNED},
    value::Words,
};

/// `sessions.cookie.name`: unless set, `__Host-id` with `secure` and `id` without.
const NAME: &str = "sessions.cookie.name";
/// `sessions.cookie.domain`: the domain whose hosts all get the cookie; unless set, this host alone.
const DOMAIN: &str = "sessions.cookie.domain";
/// `sessions.cookie.path`: the path below which browsers send it. Whoever changes this, or the domain, changes the
/// name too: browsers keep the cookie of before, and of two with one name none counts.
const PATH: &str = "sessions.cookie.path";
/// `sessions.cookie.secure`: whether browsers send it over TLS alone; unless set, whether visitors come over TLS.
const SECURE: &str = "sessions.cookie.secure";
/// `sessions.cookie.http_only`: whether it is hidden from scripts.
const HTTP_ONLY: &str = "sessions.cookie.http_only";
/// `sessions.cookie.same_site`: whether other sites can have it sent: `lax`, `strict` or `none`.
const SAME_SITE: &str = "sessions.cookie.same_site";
/// `sessions.cookie.partitioned`: whether it is kept apart for each site that embeds this one.
const PARTITIONED: &str = "sessions.cookie.partitioned";

/// What the site's other cookies are called, over TLS with `__Host-` before it.
const OTHERS: [&str; 2] = ["username", "device"];

impl Words for SameSite {
    const WORDS: &'static [(&'static str, Self)] =
        &[("lax", Self::Lax), ("strict", Self::Strict), ("none", Self::None)];
}

/// Reads them. Unless set, `secure` says whether visitors come over TLS, and the name is `__Host-id`
/// with `secure` and `id` without.
pub(super) fn read(reader: &mut Reader, server: &Server) -> Cookie {
    reader.follows(SECURE, &[PUBLIC_ORIGIN, CERTIFICATE, SELF_SIGNED]);
    let secure = reader.take(SECURE, server.is_https());
    reader.follows(NAME, &[SECURE]);
    let name = if secure { "__Host-id" } else { "id" };
    Cookie {
        name: reader.take_if(NAME, name.to_owned(), |name| is_token(name)),
        domain: reader.optional_if(DOMAIN, |domain: &String| is_domain(domain)),
        path: reader.take_if(PATH, "/".to_owned(), |path| is_path(path)),
        secure,
        http_only: reader.take(HTTP_ONLY, true),
        same_site: reader.take(SAME_SITE, SameSite::Lax),
        partitioned: reader.take(PARTITIONED, false),
    }
}

/// Refuses what browsers would refuse, and what would leave the cookie open to others.
pub(super) fn check(cookie: &Cookie, reader: &mut Reader, server: &Server) {
    check_secure(cookie, reader, server);
    check_prefix(cookie, reader);
    check_domain(cookie, reader, server);
    if !cookie.http_only {
        reader.warning(&[HTTP_ONLY], "any script on a page can then read the session's cookie");
    }
}

fn check_secure(cookie: &Cookie, reader: &mut Reader, server: &Server) {
    if cookie.secure {
        return;
    }
    // A default that is off follows the public origin, of which the server's own checks speak.
    if reader.is_given(SECURE) && (server.is_production() || !server.is_loopback()) {
        let why = "the session would travel unencrypted: leave it on beyond this machine";
        reader.contradiction(&[SECURE, PROFILE, ADDRESS], why);
    }
    if cookie.same_site == SameSite::None {
        reader.contradiction(&[SAME_SITE, SECURE], "browsers refuse such a cookie without secure");
    }
    if cookie.partitioned {
        reader.contradiction(&[PARTITIONED, SECURE], "browsers refuse such a cookie without secure");
    }
}

fn check_prefix(cookie: &Cookie, reader: &mut Reader) {
    let host = has_prefix(&cookie.name, "__Host-");
    if !cookie.secure && (host || has_prefix(&cookie.name, "__Secure-")) {
        reader.contradiction(&[NAME, SECURE], "browsers refuse a cookie of such a name without secure");
    }
    if host && cookie.domain.is_some() {
        let why = "a __Host- cookie belongs to one host: use a __Secure- name, or leave the domain out";
        reader.contradiction(&[NAME, DOMAIN], why);
    }
    if host && cookie.path != "/" {
        let why = "a __Host- cookie is for the whole site: use a __Secure- name, or the path /";
        reader.contradiction(&[NAME, PATH], why);
    }
}

/// A browser refuses a cookie for a domain that the host which sets it is not in.
fn check_domain(cookie: &Cookie, reader: &mut Reader, server: &Server) {
    if let (Some(domain), Some(origin)) = (&cookie.domain, &server.public_origin) {
        let domain = domain.trim_start_matches('.').to_ascii_lowercase();
        let covered = origin.host() == domain || origin.host().ends_with(&format!(".{domain}"));
        if !covered {
            reader.contradiction(&[DOMAIN, PUBLIC_ORIGIN], "that host does not belong to that domain");
        }
    }
}

/// Browsers compare the prefixes of names without case (RFC 6265bis, section 5.4).
fn has_prefix(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn is_token(name: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if OTHERS.contains(&name.trim_start_matches("__Host-")) {
        return Err("it must not be username or device, which are other cookies of the site");
    }
    if !name.is_empty() && name.len() <= 128 && name.bytes().all(allowed) {
        return Ok(());
    }
    Err("it must be a token of at most 128 letters, digits and any of !#$%&'*+-.^_`|~")
}

fn is_domain(domain: &str) -> Result<(), &'static str> {
    if is_name(domain.strip_prefix('.').unwrap_or(domain)) {
        Ok(())
    } else {
        Err("it must be a host name such as example.org")
    }
}

fn is_path(path: &str) -> Result<(), &'static str> {
    if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
        return Ok(());
    }
    Err("it must begin with / and have no spaces or semicolons")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{PRODUCTION, accepted, refused};

    /// Refused in production, with exactly this explanation.
    fn contradicts(settings: &[(&str, &str)], why: &str) {
        let text = refused(&[&PRODUCTION[..], settings].concat());
        assert!(text.contains(why) && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn name_and_secure_follow_the_public_origin() {
        let (here, there) = (accepted(&[]).sessions.cookie, accepted(&PRODUCTION).sessions.cookie);
        assert_eq!((here.name.as_str(), here.secure), ("id", false));
        assert_eq!((there.name.as_str(), there.secure), ("__Host-id", true));
    }

    /// ASVS V3.3.1.
    #[test]
    fn secure_off_beyond_this_machine_is_refused() {
        contradicts(
            &[(SECURE, "off")],
            "sessions.cookie.secure is false (--set), server.profile is production",
        );
        let development = [(SECURE, "off"), (PROFILE, "development"), PRODUCTION[0]];
        accepted(&development);
        let text = refused(&[&development[..], &[(ADDRESS, "0.0.0.0:80")]].concat());
        assert!(
            text.contains("server.address is 0.0.0.0:80 (--set), but the session would travel"),
            "{text}"
        );
    }

    /// ASVS V3.3.3.
    #[test]
    fn a_host_prefix_with_a_domain_or_a_path_is_refused() {
        contradicts(&[(DOMAIN, "example.org")], "belongs to one host");
        contradicts(&[(PATH, "/app")], "for the whole site");
        contradicts(&[(NAME, "__hOST-x"), (PATH, "/app")], "for the whole site");
    }

    #[test]
    fn a_prefix_that_demands_secure_is_refused_without_it() {
        for name in ["__Host-id", "__Secure-id", "__secure-id"] {
            let text = refused(&[(NAME, name)]);
            assert!(text.contains("without secure") && text.lines().count() == 1, "{text}");
        }
    }

    #[test]
    fn same_site_none_and_partitioned_are_refused_without_secure() {
        for setting in [(SAME_SITE, "none"), (PARTITIONED, "true")] {
            assert!(refused(&[setting]).contains("browsers refuse such a cookie without secure"));
            accepted(&[&PRODUCTION[..], &[setting]].concat());
        }
    }

    #[test]
    fn what_follows_an_unreadable_setting_is_not_complained_of() {
        let origin = [(PUBLIC_ORIGIN, "https://example.org/"), (SAME_SITE, "none"), (NAME, "__Host-id")];
        let secure = [&PRODUCTION[..], &[(SECURE, "maybe"), (PATH, "/app")]].concat();
        for settings in [&origin[..], &secure[..]] {
            let text = refused(settings);
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }

    #[test]
    fn a_domain_has_to_cover_the_public_origin() {
        let name = (NAME, "__Secure-id");
        contradicts(&[name, (DOMAIN, "ample.org")], "does not belong to that domain");
        accepted(&[&PRODUCTION[..], &[name, (DOMAIN, ".Example.org")]].concat());
    }

    #[test]
    fn names_domains_and_paths_have_no_odd_characters() {
        for (key, value, allowed) in [
            (NAME, "", "a token"),
            (NAME, "a b", "a token"),
            (NAME, "a=b", "a token"),
            (NAME, "a;b", "a token"),
            (NAME, "device", "other cookies of the site"),
            (NAME, "__Host-username", "other cookies of the site"),
            (DOMAIN, "example.org:80", "a host name"),
            (DOMAIN, "a;b", "a host name"),
            (PATH, "app", "begin with /"),
            (PATH, "/;x", "begin with /"),
        ] {
            assert!(refused(&[(key, value)]).contains(allowed), "{key} {value}");
        }
    }

    #[test]
    fn a_cookie_that_scripts_can_read_is_warned_of() {
        assert_eq!(accepted(&[(HTTP_ONLY, "false")]).warnings.len(), 1);
    }
}
