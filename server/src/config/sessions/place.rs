//! `sessions.store`, `sessions.url` and `sessions.path`: whether they say where sessions live.

use super::{ALLOW_PLAINTEXT, PATH, STORE, Sessions, StoreKind, TLS_CA, URL};
use crate::config::{
    Database, Server, database,
    database::sqlite_path,
    reader::Reader,
    server::PROFILE,
    store_url::{Way, WayKeys},
};

/// Refuses what does not say where sessions live, and a way there on which others could listen.
pub(super) fn check(sessions: &Sessions, reader: &mut Reader, server: &Server, database: &Database) {
    let url_is_file = sessions.url.as_ref().is_some_and(|url| sqlite_path(url.expose()).is_some());
    if sessions.store == StoreKind::Sqlite && url_is_file && reader.has_value(PATH) {
        reader.contradiction(&[URL, PATH], "only one of them can say where the sessions are");
    }
    check_url(sessions, reader, server, database);
    check_path(sessions, reader, database);
    let uses_url = sessions.store.network().is_some() || (sessions.store == StoreKind::Sqlite && url_is_file);
    if reader.has_value(URL) && !uses_url {
        reader.warning(&[STORE, URL], "sessions are not kept there");
    }
    if reader.has_value(PATH) && (sessions.store.network().is_some() || sessions.store == StoreKind::Memory) {
        reader.warning(&[STORE, PATH], "sessions are not kept there");
    }
    if sessions.store == StoreKind::Memory && server.is_production() {
        reader.warning(&[PROFILE, STORE], "a restart then ends all sessions");
    }
}

/// Of a store across a network.
fn check_url(sessions: &Sessions, reader: &mut Reader, server: &Server, database: &Database) {
    let Some((schemes, example)) = sessions.store.network() else { return };
    let Some(url) = &sessions.url else {
        if sessions.store != StoreKind::Postgres || database.postgres().is_none() {
            let why = format!("somebody has to say where it is, as in {example}");
            reader.contradiction(&[STORE, URL], &why);
        }
        return;
    };
    if !schemes.contains(&url.scheme()) {
        return reader.contradiction(&[STORE, URL], &format!("its address is written as in {example}"));
    }
    let keys = WayKeys { url: URL, tls_ca: TLS_CA, allow_plaintext: ALLOW_PLAINTEXT };
    let way =
        Way { url, has_authority: sessions.tls_ca.is_some(), allow_plaintext: sessions.allow_plaintext };
    way.check(&keys, reader, server);
}

/// Where the accounts are in Postgres there is no file of theirs to keep sessions in, or beside.
fn check_path(sessions: &Sessions, reader: &mut Reader, database: &Database) {
    let needs_path = matches!(sessions.store, StoreKind::Sqlite | StoreKind::Filesystem);
    if needs_path && sessions.path.is_none() && database.postgres().is_some() {
        let why = "the accounts are in Postgres: somebody has to say where the sessions are, or leave \
                   sessions.store out, which keeps them beside the accounts";
        reader.contradiction(&[STORE, PATH, database::URL], why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{PRODUCTION, accepted, refused};

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

    /// ASVS V12.3.1.
    #[test]
    fn a_store_on_an_open_way_is_refused_unless_that_is_accepted_by_name() {
        for (store, url) in [("redis", "redis://10.0.0.2/"), ("postgres", "postgres://db/a?sslmode=require")]
        {
            let text = refused(&[(STORE, store), (URL, url)]);
            assert!(text.contains("whoever is on the way could read") && !text.contains('\n'), "{text}");
            let config = accepted(&[(STORE, store), (URL, url), (ALLOW_PLAINTEXT, "true")]);
            assert_eq!(config.warnings.len(), 1);
        }
        accepted(&[(STORE, "redis"), (URL, "rediss://10.0.0.2/"), (TLS_CA, "ca.pem")]);
        assert!(
            refused(&[(STORE, "redis"), (URL, "redis://127.0.0.1/"), (TLS_CA, "ca.pem")]).contains("no TLS")
        );
    }

    /// ASVS V13.2.3.
    #[test]
    fn production_refuses_passwords_that_documentation_shows() {
        for password in ["", "password", "ChangeMe", "app"] {
            let url = format!("rediss://app:{password}@redis.example/");
            let settings = [(STORE, "redis"), (URL, url.as_str())];
            let text = refused(&[&PRODUCTION[..], &settings].concat());
            assert!(text.ends_with("everybody tries first."), "{text}");
            accepted(&settings);
        }
        let url = "rediss://app:kX3-not-in-any-manual@redis.example/";
        accepted(&[&PRODUCTION[..], &[(STORE, "redis"), (URL, url)]].concat());
    }

    #[test]
    fn a_place_that_the_store_does_not_use_is_warned_of() {
        let (redis, file) = ((URL, "redis://127.0.0.1/"), (PATH, "/x"));
        for unused in [
            &[redis][..],
            &[(STORE, "encrypted"), redis],
            &[(STORE, "memory"), file],
            &[(STORE, "redis"), redis, file],
        ] {
            let warnings = accepted(unused).warnings;
            assert!(
                warnings.len() == 1 && warnings.iter().all(|one| one.ends_with("not kept there.")),
                "{warnings:?}"
            );
        }
        for used in
            [&[(URL, "sqlite:///x")][..], &[(STORE, "filesystem"), file], &[(STORE, "encrypted"), file]]
        {
            assert_eq!(accepted(used).warnings.len(), 0);
        }
    }

    #[test]
    fn memory_in_production_is_warned_of() {
        assert_eq!(accepted(&[&PRODUCTION[..], &[(STORE, "memory")]].concat()).warnings.len(), 1);
    }
}
