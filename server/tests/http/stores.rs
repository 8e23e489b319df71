//! The site on each store and in both client-side modes, by one setting.

use std::process::Command;

use server::config::keygen;

use crate::app::{PASSWORD, TestApp};
use crate::servers::postgres::Schema;
use crate::servers::redis;

/// Everything a visitor does with a session, told by the answers that they get.
async fn the_site_does_not_notice(store: &str, settings: &[&str]) {
    let app = TestApp::with(&[&[&*format!("sessions.store={store}")], settings].concat()).await;
    let mut guest = app.plain_browser();
    guest.choose("language", "de").await;
    assert!(guest.get("/").await.body.contains(r#"lang="de""#), "{store}");
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    let whoami = ada.whoami().await;
    let is_client_side = matches!(store, "encrypted" | "signed");
    let kind = if is_client_side { "client_side" } else { "server_side" };
    let shown = ["/username", "/theme", "/session/store", "/session/kind"].map(|path| whoami.pointer(path));
    assert_eq!(shown, [&"ada".into(), &"dark".into(), &store.into(), &kind.into()].map(Some), "{store}");
    assert_eq!(ada.get("/readyz").await.status, 200, "{store}");
    let mut copy = ada.clone();
    assert_eq!(ada.logout().await.status, 204, "{store}");
    assert_eq!(copy.get("/api/v1/protected").await.code(), "session_ended", "{store}");
    assert_eq!(ada.whoami().await.get("theme"), Some(&"dark".into()), "{store}");
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200, "{store}");
    assert_eq!(ada.whoami().await.get("username"), Some(&"ada".into()), "{store}");
}

/// Does the same on every store and in both client-side modes, each with a server of its own.
pub async fn on_each(act: impl AsyncFn(&TestApp, &str)) {
    let schema = Schema::create().await;
    let [keys, postgres, redis] = [
        format!("sessions.keys={}", keygen().expect("randomness")),
        format!("sessions.url={}", schema.url),
        format!("sessions.url={}", redis::shared().url()),
    ];
    for (store, setting) in [
        ("memory", &keys),
        ("filesystem", &keys),
        ("sqlite", &keys),
        ("postgres", &postgres),
        ("redis", &redis),
        ("encrypted", &keys),
        ("signed", &keys),
    ] {
        let app = TestApp::with(&[&format!("sessions.store={store}"), setting]).await;
        act(&app, store).await;
    }
}

#[tokio::test]
async fn stores_that_need_no_server() {
    for store in ["filesystem", "memory", "sqlite"] {
        the_site_does_not_notice(store, &[]).await;
    }
}

#[tokio::test]
async fn stores_with_a_cache_and_without() {
    for store in ["filesystem", "sqlite"] {
        the_site_does_not_notice(store, &["sessions.cache_bytes=0"]).await;
        the_site_does_not_notice(store, &["sessions.cache_bytes=1048576"]).await;
    }
}

#[tokio::test]
async fn redis_alone_and_as_a_cluster() {
    let [node, ..] = redis::cluster();
    for url in [redis::shared().url(), node.url()] {
        the_site_does_not_notice("redis", &[&format!("sessions.url={url}")]).await;
    }
}

#[tokio::test]
async fn postgres() {
    let schema = Schema::create().await;
    the_site_does_not_notice("postgres", &[&format!("sessions.url={}", schema.url)]).await;
}

#[tokio::test]
async fn records_in_the_cookie() {
    let key = keygen().expect("randomness");
    for store in ["encrypted", "signed"] {
        the_site_does_not_notice(store, &[&format!("sessions.keys={key}")]).await;
    }
}

#[tokio::test]
async fn signed_ids() {
    let key = keygen().expect("randomness");
    the_site_does_not_notice("sqlite", &["sessions.sign_ids=true", &format!("sessions.keys={key}")]).await;
}

/// What the program says of a store that it cannot open.
fn refusal(settings: &[String]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    let output = Command::new(env!("CARGO_BIN_EXE_server"))
        .args(["--set=server.address=127.0.0.1:0", "--set=sessions.store_timeout=500ms"])
        .arg(format!("--set=database.url=sqlite://{path}/test.db"))
        .args(settings.iter().map(|setting| format!("--set={setting}")))
        .current_dir(folder.path())
        .output()
        .expect("runs");
    assert!(!output.status.success());
    String::from_utf8(output.stderr).expect("text").lines().last().expect("a sentence").to_owned()
}

/// Nobody answers on the first port.
#[test]
fn a_store_that_cannot_be_opened_stops_the_start_with_a_sentence_that_names_it() {
    for (settings, place) in [
        (["sessions.store=redis", "sessions.url=redis://127.0.0.1:1/"], "127.0.0.1:1"),
        (["sessions.store=redis", "sessions.url=redis://127.0.0.1:1/,redis://127.0.0.1:2/"], "127.0.0.1:1"),
        (["sessions.store=postgres", "sessions.url=postgres://app@127.0.0.1:1/app"], "127.0.0.1:1"),
        (["sessions.store=filesystem", "sessions.path=/dev/null/sessions"], "/dev/null/sessions"),
        (["sessions.store=sqlite", "sessions.path=/dev/null/sessions.db"], "/dev/null/sessions.db"),
    ] {
        let said = refusal(&settings.map(str::to_owned));
        assert!(said.contains("cannot open") && said.contains(place), "{settings:?}: {said}");
    }
}
