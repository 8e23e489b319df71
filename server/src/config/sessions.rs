//! `sessions.*`: where sessions live, how long, and in which cookie.

mod cookie;
mod keys;
mod place;
mod store_kind;
mod timeouts;

use std::{path::PathBuf, time::Duration};

pub use store_kind::StoreKind;
pub use timeouts::Timeouts;

use super::{
    Database, SecretKey, Server, StoreUrl, database, database::sqlite_path, duration::is_limit,
    reader::Reader, value::Words,
};

const STORE: &str = "sessions.store";
const URL: &str = "sessions.url";
const URL_FILE: &str = "sessions.url_file";
const TLS_CA: &str = "sessions.tls_ca";
const ALLOW_PLAINTEXT: &str = "sessions.allow_plaintext";
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
    /// `sessions.store`: where sessions live: `memory`, `filesystem`, `sqlite`, `postgres`, `redis`, or in the
    /// cookie, `encrypted` or `signed`; unset, `sqlite` or `postgres` as the accounts' database.
    pub store: StoreKind,
    /// `sessions.url`: where a store across a network is, such as `redis://host/` (nodes of a cluster separated by commas, a comma within one written `%2C`)
    /// or `postgres://user@host/database`; unset, the accounts' Postgres; or `sessions.url_file`: a file that holds `sessions.url`,
    /// which only its owner can read.
    pub url: Option<StoreUrl>,
    /// `sessions.tls_ca`: PEM file of the authority that has signed the store's certificate; Redis then believes no
    /// other.
    pub tls_ca: Option<PathBuf>,
    /// `sessions.allow_plaintext`: whether the store may be across a network without TLS, where others can listen.
    pub allow_plaintext: bool,
    /// `sessions.path`: the file of `sqlite`, the folder of `filesystem`, where `encrypted` and `signed` remember
    /// what has ended; unset, the accounts' database, or the folder `sessions` beside its file. A `sqlite://` URL in
    /// `sessions.url` says the same.
    pub path: Option<PathBuf>,
    /// `sessions.keys`: keys of 64 hexadecimal digits, of which the first seals and all open, needed only where ids are signed or records
    /// sealed; development makes one; or `sessions.keys_file`: a file that holds `sessions.keys`, one a line, which
    /// only its owner can read.
    pub keys: Vec<SecretKey>,
    /// `sessions.key_prefix`: sets apart the sessions of several sites in one store, or with the same keys; at most 64
    /// bytes. Another one signs everybody out.
    pub key_prefix: String,
    /// `sessions.sign_ids`: whether ids carry an HMAC, so that forged ones never reach the store.
    pub sign_ids: bool,
    /// `sessions.anonymous`: when a guest gets a session: at the first `write`, at the first `visit`, or `never`, not even for a language and theme at sign-out.
    pub anonymous: AnonymousSessions,
    /// `sessions.idle` and the other time limits.
    pub timeouts: Timeouts,
    /// `sessions.revoked_within`: how long a client-side session that was ended on another server may still be
    /// accepted here, at most `1m`; with 0 each signed-in request asks where ends are remembered.
    pub revoked_within: Duration,
    /// `sessions.store_timeout`: longest time that one call of the store may take; later it counts as down.
    pub store_timeout: Duration,
    /// `sessions.sweep_every`: how often each server looks for expired records to remove, beside requests, or `off`;
    /// sessions that a killed process was to end are ended all the same.
    pub sweep_every: Option<Duration>,
    /// `sessions.cache_bytes`: how much of what `sqlite`, `filesystem`, `postgres` or `redis` holds is kept in
    /// memory, no record that takes more than a sixty-fourth of that; 0 is off, as it must be where machines share
    /// the folder of `filesystem` over a network.
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
        reader.take_from_file(URL_FILE, URL);
        let tls_ca: Option<PathBuf> = reader.optional(TLS_CA);
        let url: Option<StoreUrl> = reader.optional(URL);
        let url = url.map(|url| match &tls_ca {
            Some(authority) => url.trusting(authority),
            None => url,
        });
        let path: Option<PathBuf> = reader.optional(PATH);
        let path_in_url = url.as_ref().and_then(|url| sqlite_path(url.expose()));
        Self {
            store,
            path: path.or(path_in_url),
            url,
            tls_ca,
            allow_plaintext: reader.take(ALLOW_PLAINTEXT, false),
            keys: keys::read(reader),
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
        place::check(self, reader, server, database);
        keys::check(self, reader, server);
        self.timeouts.check(reader);
        cookie::check(&self.cookie, reader, server);
    }

    /// Whether ids are signed or records sealed.
    #[must_use]
    pub const fn needs_keys(&self) -> bool {
        self.sign_ids || self.store.is_client_side()
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
        testing::{accepted, refused},
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
        let database = (database::URL, "postgres://app@db/app?sslmode=verify-full");
        let config = accepted(&[database]);
        assert_eq!(config.sessions.store, StoreKind::Postgres);
        assert_eq!(config.sessions_url(), config.database.postgres());
        let apart = accepted(&[database, (URL, "postgres://app@localhost/sessions")]);
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
    fn a_key_prefix_is_short_and_visible() {
        accepted(&[(KEY_PREFIX, "")]);
        for prefix in ["a b", "\u{e9}", "a\n", &"x".repeat(65)] {
            assert!(refused(&[(KEY_PREFIX, prefix)]).contains("visible ASCII"), "{prefix}");
        }
    }

    #[test]
    fn an_end_on_another_server_is_known_within_a_minute() {
        for (within, time) in
            [("0", Duration::ZERO), ("5s", Duration::from_secs(5)), ("1m", Duration::from_mins(1))]
        {
            assert_eq!(accepted(&[(REVOKED_WITHIN, within)]).sessions.revoked_within, time);
        }
        assert_eq!(accepted(&[]).sessions.revoked_within, Duration::from_secs(5));
        assert!(refused(&[(REVOKED_WITHIN, "61s")]).contains("it must be at most 1m"));
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
}
