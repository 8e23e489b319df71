//! `sessions.keys`: where they come from, and whether they are needed.

use super::{KEYS, SIGN_IDS, STORE, Sessions};
use crate::config::{Origin, SecretKey, Server, reader::Reader, server::PROFILE};

const KEYS_FILE: &str = "sessions.keys_file";

/// The keys, or those of the file that holds them.
pub(super) fn read(reader: &mut Reader) -> Vec<SecretKey> {
    reader.take_from_file(KEYS_FILE, KEYS);
    reader.list(KEYS)
}

/// Refuses to do without keys where they are needed, and what is wrong with those that are there.
pub(super) fn check(sessions: &Sessions, reader: &mut Reader, server: &Server) {
    let keygen = "no key is there to do it with; `server keygen` prints one";
    if sessions.needs_keys() && sessions.keys.is_empty() && server.is_production() {
        let why = if sessions.store.is_client_side() { STORE } else { SIGN_IDS };
        reader.contradiction(&[PROFILE, why, KEYS], keygen);
    }
    let repeated = sessions
        .keys
        .iter()
        .enumerate()
        .any(|(index, key)| sessions.keys.iter().skip(index + 1).any(|other| key == other));
    if repeated {
        reader.contradiction(&[KEYS], "no key may stand there twice");
    }
    if matches!(reader.origin(KEYS), Origin::Flag(_)) {
        reader.warning(&[KEYS], "everybody on this machine can read the flags of a process");
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::super::URL_FILE;
    use super::*;
    use crate::config::keygen;
    use crate::config::testing::{PRODUCTION, accepted, refused};

    #[test]
    fn keys_are_asked_for_where_they_are_used() {
        for setting in [(STORE, "encrypted"), (STORE, "signed"), (SIGN_IDS, "true")] {
            let text = refused(&[&PRODUCTION[..], &[setting]].concat());
            assert!(text.contains("sessions.keys is empty (default), but no key is there"), "{text}");
            accepted(&[setting]);
        }
        let key = keygen().expect("randomness");
        accepted(&[(SIGN_IDS, "true"), (KEYS, &key)]);
    }

    /// ASVS V13.3.1, V13.3.2.
    #[cfg(unix)]
    #[test]
    fn keys_and_urls_may_be_in_files_that_only_their_owner_reads() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys");
        let [one, two] = [keygen().expect("randomness"), keygen().expect("randomness")];
        std::fs::write(&path, format!("# the newest\n{one}\n\n{two}\n")).expect("writes");
        let set_mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("changes");
        };
        let named = path.to_str().expect("text");
        set_mode(0o600);
        let config = accepted(&[(KEYS_FILE, named), (SIGN_IDS, "true")]);
        assert_eq!((config.sessions.keys.len(), config.warnings.len()), (2, 0));
        let shown = config.explain().setting(KEYS).expect("known").to_string();
        assert_eq!(shown, format!("sessions.keys is (hidden, 2 keys) ({named})"));
        assert!(refused(&[(KEYS_FILE, named), (KEYS, &one)]).contains("only one of them can count"));
        set_mode(0o644);
        let text = refused(&[(KEYS_FILE, named), (SIGN_IDS, "true")]);
        assert!(text.contains("can be read by others") && text.lines().count() == 1, "{text}");
        std::fs::write(&path, "# none yet\n").expect("writes");
        set_mode(0o600);
        assert!(refused(&[(KEYS_FILE, named), (STORE, "encrypted")]).contains("there is nothing in it"));
        std::fs::write(&path, "redis://127.0.0.1/\n").expect("writes");
        set_mode(0o600);
        let url = accepted(&[(STORE, "redis"), (URL_FILE, named)]).sessions.url.expect("is set");
        assert_eq!(url.expose(), "redis://127.0.0.1/");
    }

    #[test]
    fn several_keys_are_comma_separated_and_differ() {
        let [one, two] = [keygen().expect("randomness"), keygen().expect("randomness")];
        let config = accepted(&[(KEYS, &format!("{one},{two}"))]);
        assert_eq!(config.explain().setting(KEYS).expect("known").value, "(hidden, 2 keys)");
        assert_eq!(config.warnings.len(), 1, "keys in flags can be read by others");
        assert!(refused(&[(KEYS, &format!("{one},{two},{one}"))]).contains("twice"));
    }

    #[test]
    fn a_wrong_key_is_refused_without_being_repeated() {
        let text = refused(&[(KEYS, "0123456789")]);
        assert_eq!(
            text,
            "sessions.keys is (hidden) (--set), but it must be 64 hexadecimal digits, as `server keygen` prints them."
        );
    }
}
