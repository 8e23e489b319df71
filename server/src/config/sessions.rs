//! `sessions.*`: where sessions live, how long, and in which cookie.

mod cookie;
mod store_kind;
mod timeouts;

use std::{path::PathBuf, time::Duration};

pub use store_kind::StoreKind;
pub use timeouts::Timeouts;

use super::{
    Database, SecretKey, Server, StoreUrl, database, database::sqlite_path, duration::is_limit,
    reader::Reader, server::PROFILE, value::Words,
};
use crate::config::Origin;

const STORE: &str = "sessions.store";
const URL: &str = "sessions.url";
const PATH: &str = "sessions.path";
const KEYS: &str = "sessions.keys";
const KEY_PREFIX: &str = "sessions.key_prefix";
const SIGN_IDS: &str = "sessions.sign_ids";
const ANONYMOUS: &str = "sessions.anonymous";
const CACHE_BYTES: &str = "sessions.cache_bytes";
const REVOKED_WITHIN: &str = "sessions.revoked_within";
const STORE_TIMEOUT: &str = "sessions.store_timeout";
const SWEEP_EVERY: &str = "sessions.sweep_every";

/// When a guest gets a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousSessions {
    /// At the first thing they choose.
    Write,
    /// At their first page.
    Visit,
    /// Never.
    Never,
}

impl Words for AnonymousSessions {
    const WORDS: &'static [(&'static str, Self)] =
        &[("write", Self::Write), ("visit", Self::Visit), ("never", Self::Never)];
}

/// Where sessions live, how long, and in which cookie.
#[derive(Clone, Debug)]
pub struct Sessions {
    /// `sessions.store`; unless set, `sqlite` or `postgres` as the accounts' database.
    pub store: StoreKind,
    /// `sessions.url`: for stores across a network.
    pub url: Option<StoreUrl>,
    /// `sessions.path`, or the path of a `sqlite://` URL in `sessions.url`: a file for `sqlite`, a folder for
    /// `filesystem`. `None` is the accounts' database, and for `filesystem` the folder `sessions` beside its file.
    pub path: Option<PathBuf>,
    /// `sessions.keys`: the first seals, all open. Needed only where ids are signed or records sealed.
    pub keys: Vec<SecretKey>,
    /// `sessions.key_prefix`: sets apart the sessions of several sites in one store; at most 64 bytes.
    pub key_prefix: String,
    /// `sessions.sign_ids`: whether ids carry an HMAC, so that forged ones never reach the store.
    pub sign_ids: bool,
    /// `sessions.anonymous`
    pub anonymous: AnonymousSessions,
    /// `sessions.idle` and the other time limits.
    pub timeouts: Timeouts,
    /// `sessions.revoked_within`: how long a client-side session that was ended on another server may still be
    /// accepted here.
    pub revoked_within: Duration,
    /// `sessions.store_timeout`: longest time that one call of the store may take; later it counts as down.
    pub store_timeout: Duration,
    /// `sessions.sweep_every`: how often expired records are removed; `None` is off.
    pub sweep_every: Option<Duration>,
    /// `sessions.cache_bytes`: how much of what `sqlite`, `postgres` or `redis` holds is kept in memory; 0 is
    /// off.
    pub cache_bytes: usize,
    /// `sessions.cookie.*`
    pub cookie: sessions::Cookie,
}

impl Sessions {
    /// Unless set, sessions are where the accounts are.
    pub(super) fn read(reader: &mut Reader, server: &Server, database: &Database) -> Self {
        reader.follows(STORE, &[database::URL]);
        let beside = if database.postgres().is_some() { StoreKind::Postgres } else { StoreKind::Sqlite };
        let store = reader.take(STORE, beside);
        let url: Option<StoreUrl> = reader.optional(URL);
        let path: Option<PathBuf> = reader.optional(PATH);
        let path_in_url = url.as_ref().and_then(|url| sqlite_path(url.expose()));
        Self {
            store,
            path: path.or(path_in_url),
            url,
            keys: reader.list(KEYS),
            key_prefix: reader.take_if(KEY_PREFIX, "session:".to_owned(), |prefix| is_key_prefix(prefix)),
            sign_ids: reader.take(SIGN_IDS, false),
            anonymous: reader.take(ANONYMOUS, AnonymousSessions::Write),
            timeouts: Timeouts::read(reader),
            revoked_within: reader.take_if(REVOKED_WITHIN, Duration::from_secs(5), is_short),
            store_timeout: reader.take_if(STORE_TIMEOUT, Duration::from_millis(500), is_store_timeout),
            sweep_every: reader.take_if(SWEEP_EVERY, Some(Duration::from_mins(5)), |every| {
                is_sweep_interval(every.as_ref())
            }),
            cache_bytes: reader.take(CACHE_BYTES, 16 * 1024 * 1024),
            cookie: cookie::read(reader, server),
        }
    }

    pub(super) fn check(&self, reader: &mut Reader, server: &Server, database: &Database) {
        self.check_place(reader, server, database);
        self.check_path(reader, database);
        self.check_keys(reader);
        self.timeouts.check(reader);
        cookie::check(&self.cookie, reader, server);
    }

    fn check_place(&self, reader: &mut Reader, server: &Server, database: &Database) {
        let url_is_file = self.url.as_ref().is_some_and(|url| sqlite_path(url.expose()).is_some());
        if self.store == StoreKind::Sqlite && url_is_file && reader.has_value(PATH) {
            reader.contradiction(&[URL, PATH], "only one of them can say where the sessions are");
        }
        if let Some((schemes, example)) = self.store.network() {
            match &self.url {
                None if self.store == StoreKind::Postgres && database.postgres().is_some() => {}
                None => reader.contradiction(
                    &[STORE, URL],
                    &format!("somebody has to say where it is, as in {example}"),
                ),
                Some(url) if !schemes.contains(&url.scheme()) => {
                    reader.contradiction(&[STORE, URL], &format!("its address is written as in {example}"));
                }
                Some(_) => {}
            }
        }
        if self.store == StoreKind::Memory && server.is_production() {
            reader.warning(&[PROFILE, STORE], "a restart then ends all sessions");
        }
    }

    /// Where the accounts are in Postgres there is no file of theirs to keep sessions in, or beside.
    fn check_path(&self, reader: &mut Reader, database: &Database) {
        let needs_path = matches!(self.store, StoreKind::Sqlite | StoreKind::Filesystem);
        if needs_path && self.path.is_none() && database.postgres().is_some() {
            let why = "the accounts are in Postgres: somebody has to say where the sessions are, or leave \
                       sessions.store out, which keeps them beside the accounts";
            reader.contradiction(&[STORE, PATH, database::URL], why);
        }
    }

    fn check_keys(&self, reader: &mut Reader) {
        let keygen = "no key is there to do it with; `server keygen` prints one";
        if self.keys.is_empty() && self.store.is_client_side() {
            reader.contradiction(&[STORE, KEYS], keygen);
        } else if self.keys.is_empty() && self.sign_ids {
            reader.contradiction(&[SIGN_IDS, KEYS], keygen);
        }
        let repeated = self
            .keys
            .iter()
            .enumerate()
            .any(|(index, key)| self.keys.iter().skip(index + 1).any(|other| key == other));
        if repeated {
            reader.contradiction(&[KEYS], "no key may stand there twice");
        }
        if matches!(reader.origin(KEYS), Origin::Flag(_)) {
            reader.warning(&[KEYS], "everybody on this machine can read the flags of a process");
        }
    }
}

fn is_key_prefix(prefix: &str) -> Result<(), &'static str> {
    if prefix.len() <= 64 && prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err("it must be at most 64 visible ASCII characters")
}

fn is_short(duration: &Duration) -> Result<(), &'static str> {
    if *duration <= Duration::from_mins(1) { Ok(()) } else { Err("it must be at most 1m") }
}

fn is_store_timeout(timeout: &Duration) -> Result<(), &'static str> {
    let allowed = Duration::from_millis(1)..=Duration::from_mins(1);
    if allowed.contains(timeout) { Ok(()) } else { Err("it must be longer than 0 and at most 1m") }
}

fn is_sweep_interval(interval: Option<&Duration>) -> Result<(), &'static str> {
    interval.map_or(Ok(()), is_limit).map_err(|_| "it must be longer than 0 and at most 400d, or off")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{
        keygen,
        testing::{PRODUCTION, accepted, refused},
    };

    #[test]
    fn sessions_live_in_the_accounts_database_unless_a_path_or_url_says_otherwise() {
        assert_eq!(accepted(&[]).sessions.path, None);
        for setting in [(PATH, "data/s.db"), (URL, "sqlite://data/s.db")] {
            assert_eq!(accepted(&[setting]).sessions.path.as_deref(), Some(Path::new("data/s.db")));
        }
        assert!(refused(&[(PATH, "a.db"), (URL, "sqlite://b.db")]).contains("only one of them"));
    }

    #[test]
    fn where_the_accounts_are_in_postgres_so_are_the_sessions() {
        let database = (database::URL, "postgres://app@db/app");
        let config = accepted(&[database]);
        assert_eq!(config.sessions.store, StoreKind::Postgres);
        assert_eq!(config.sessions_url(), config.database.postgres());
        let apart = accepted(&[database, (URL, "postgres://app@other/sessions")]);
        assert_eq!(apart.sessions_url(), apart.sessions.url.as_ref());
        for store in ["sqlite", "filesystem"] {
            assert!(refused(&[database, (STORE, store)]).contains("the accounts are in Postgres"), "{store}");
            accepted(&[database, (STORE, store), (PATH, "data/sessions")]);
        }
    }

    #[test]
    fn what_the_chosen_store_does_not_need_is_no_contradiction() {
        accepted(&[(STORE, "memory"), (URL, "redis://127.0.0.1/"), (PATH, "data/s.db")]);
    }

    #[test]
    fn every_name_is_a_store_and_is_shown_again() {
        assert_eq!(accepted(&[]).sessions.store, StoreKind::Sqlite);
        let key = keygen().expect("randomness");
        for (name, kind) in StoreKind::WORDS {
            let url =
                if *kind == StoreKind::Postgres { "postgres://127.0.0.1/db" } else { "redis://127.0.0.1/" };
            let config = accepted(&[(STORE, name), (URL, url), (KEYS, &key)]);
            assert_eq!(config.sessions.store, *kind);
            assert_eq!(config.explain().setting(STORE).expect("known").value, *name);
        }
        let text = refused(&[(STORE, "disk")]);
        assert!(text.contains("it must be one of memory, filesystem, sqlite, postgres"), "{text}");
    }

    #[test]
    fn keys_are_asked_for_where_they_are_used() {
        for settings in [[(STORE, "encrypted")], [(STORE, "signed")], [(SIGN_IDS, "true")]] {
            let text = refused(&settings);
            assert!(text.contains("sessions.keys is empty (default), but no key is there"), "{text}");
        }
        let key = keygen().expect("randomness");
        accepted(&[(SIGN_IDS, "true"), (KEYS, &key)]);
    }

    #[test]
    fn a_store_across_a_network_is_asked_for_its_address() {
        let text = refused(&[(STORE, "redis")]);
        assert_eq!(
            text,
            "sessions.store is redis (--set) and sessions.url is unset (default), but somebody has to say where it is, as in redis://127.0.0.1/."
        );
        let text = refused(&[(STORE, "postgres"), (URL, "redis://:secret@127.0.0.1/")]);
        assert!(text.contains("as in postgres://user@host/database") && !text.contains("secret"), "{text}");
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

    #[test]
    fn a_key_prefix_is_short_and_visible() {
        accepted(&[(KEY_PREFIX, "")]);
        for prefix in ["a b", "\u{e9}", "a\n", &"x".repeat(65)] {
            assert!(refused(&[(KEY_PREFIX, prefix)]).contains("visible ASCII"), "{prefix}");
        }
    }

    #[test]
    fn sweeping_can_be_off_but_not_constant() {
        assert_eq!(accepted(&[(SWEEP_EVERY, "off")]).sessions.sweep_every, None);
        assert!(refused(&[(SWEEP_EVERY, "0")]).contains("or off"));
        assert!(refused(&[(SWEEP_EVERY, "often")]).contains("or off"));
    }

    #[test]
    fn a_store_may_take_some_time_but_not_for_ever() {
        assert_eq!(accepted(&[]).sessions.store_timeout, Duration::from_millis(500));
        for timeout in ["0", "61s", "off"] {
            refused(&[(STORE_TIMEOUT, timeout)]);
        }
    }

    #[test]
    fn memory_in_production_is_warned_of() {
        assert_eq!(accepted(&[&PRODUCTION[..], &[(STORE, "memory")]].concat()).warnings.len(), 1);
    }
}
