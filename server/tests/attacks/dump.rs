//! Somebody has read everything that is stored: nothing in it opens a session or an account.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use redis::Commands as _;
use sqlx::Row as _;

use crate::app::{PASSWORD, TestApp};
use crate::backing::Backing;
use crate::servers::postgres::Schema;
use crate::servers::redis::{Redis, cluster, shared};

/// All files below a folder.
fn files(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let contents = entries.flat_map(|path| {
        let name = path.display().to_string().into_bytes();
        let within = if path.is_dir() { files(&path) } else { std::fs::read(&path).expect("reads") };
        [name, within].concat()
    });
    contents.collect()
}

/// All tables of a schema.
async fn tables(schema: &Schema) -> Vec<u8> {
    let mut connection = schema.connect().await;
    let names =
        sqlx::query("SELECT tablename::text FROM pg_tables WHERE schemaname = $1").bind(schema.name());
    let names = names.fetch_all(&mut connection).await.expect("lists");
    let mut all = Vec::new();
    for name in names {
        let table: String = name.get(0);
        let rows =
            sqlx::AssertSqlSafe(format!("SELECT coalesce(string_agg(t::text, ''), '') FROM {table} t"));
        let rows: String = sqlx::query_scalar(rows).fetch_one(&mut connection).await.expect("reads");
        all.extend(rows.into_bytes());
    }
    all
}

/// All that a Redis keeps, in its own format, which may be compressed, and plain where it is a text.
fn keys(server: &Redis) -> Vec<u8> {
    let mut connection = server.connect().expect("connects");
    let names: Vec<Vec<u8>> = connection.keys("*").expect("lists");
    let dumped = names.into_iter().flat_map(|name| {
        let dumped: Vec<u8> = redis::cmd("DUMP").arg(&name).query(&mut connection).unwrap_or_default();
        let text: Vec<u8> = connection.get(&name).unwrap_or_default();
        [name, dumped, text].concat()
    });
    dumped.collect()
}

async fn dump(app: &TestApp, backing: &Backing) -> Vec<u8> {
    let elsewhere = match (&backing.schema, backing.name) {
        (Some(schema), _) => tables(schema).await,
        (None, "redis") => keys(shared()),
        (None, "redis cluster") => cluster().iter().flat_map(keys).collect(),
        _ => Vec::new(),
    };
    [files(app.folder()), elsewhere].concat()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// In each way that it could be written.
fn spellings(id: &str) -> Vec<Vec<u8>> {
    let part = id.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    let texts =
        [id.to_owned(), part.to_owned(), hex(&bytes), hex(&bytes).to_uppercase(), STANDARD.encode(&bytes)];
    texts.into_iter().map(String::into_bytes).chain([bytes]).collect()
}

/// The id that a signed record has, if this is one.
fn within(cookie: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(cookie.split('.').next()?).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    Some(payload.get("id")?.as_str()?.to_owned())
}

/// ASVS V11.4.3.
#[tokio::test]
async fn a_dump_of_what_is_stored_holds_no_usable_id_no_key_and_no_password() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let (ada, mut guest) = (app.member("ada").await, app.program());
        guest.choose("theme", "dark").await;
        let mut bob = app.member("bob").await;
        let ended = bob.clone();
        bob.logout().await;
        let dumped = dump(&app, &backing).await;
        let holds = |secret: &[u8]| dumped.windows(secret.len()).any(|part| part == secret);
        assert!(holds(b"ada") && holds(b"$argon2id$"), "{}: this is what is stored", backing.name);
        let ids = [ada.cookie("id"), guest.cookie("id"), ada.cookie("device"), ended.cookie("id")];
        let ids = ids.map(|id| id.expect("a cookie").to_owned());
        for id in ids.iter().cloned().chain(ids.iter().filter_map(|cookie| within(cookie))) {
            for spelling in spellings(&id) {
                assert!(!holds(&spelling), "{}: {}", backing.name, String::from_utf8_lossy(&spelling));
            }
        }
        let keys = backing.settings.iter().filter_map(|setting| setting.strip_prefix("sessions.keys="));
        for secret in keys.chain([PASSWORD]) {
            assert!(!holds(secret.as_bytes()), "{}", backing.name);
        }
    }
}
