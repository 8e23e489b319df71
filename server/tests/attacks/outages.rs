//! What requests depend on goes away and comes back: the log says each once, however many requests meet with it.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use time::Duration;
use tracing::subscriber::DefaultGuard;

use crate::app::{Caller, PASSWORD, TestApp};
use crate::proxy::{Way, by_way_of_a_proxy};
use crate::servers::redis::{new_prefix, shared};

/// What is logged while it lives, by this test alone: its server runs in the same thread.
pub struct Log {
    written: Arc<Mutex<Vec<u8>>>,
    _until: DefaultGuard,
}

struct Writer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a lock").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub fn begin() -> Self {
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let to = Arc::clone(&written);
        let log = tracing_subscriber::fmt().json().with_env_filter("info");
        let log = log.with_writer(move || Writer(Arc::clone(&to))).finish();
        Self { written, _until: tracing::subscriber::set_default(log) }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.written.lock().expect("a lock").clone()).expect("text")
    }

    /// Every line that is an error, or about a store or a sweep: its level, event and subject.
    fn lines(&self) -> Vec<String> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let told = |line: &Value| {
            let field = |path| line.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
            [field("/level"), field("/fields/event"), field("/fields/what")].join(" ")
        };
        lines
            .map(|line| told(&line))
            .filter(|told| ["ERROR", "store_", "sweep_"].iter().any(|name| told.contains(name)))
            .collect()
    }
}

/// Breaks something, has many requests meet with it, mends it, and does that once more.
async fn twice(app: &TestApp, what: &str, set_away: impl Fn(bool), mut ask: impl AsyncFnMut() -> u16) {
    let log = Log::begin();
    let (away, back) = (format!("ERROR store_away {what}"), format!("INFO store_back {what}"));
    let mut expected = Vec::new();
    for _ in 0..2 {
        set_away(true);
        for _ in 0..20 {
            assert_eq!(ask().await, 503, "{what}");
        }
        expected.push(away.clone());
        assert_eq!(log.lines(), expected, "away");
        set_away(false);
        app.clock.advance(Duration::seconds(5));
        while ask().await == 503 {
            app.clock.advance(Duration::seconds(5));
        }
        for _ in 0..20 {
            assert_eq!(ask().await, 200, "{what}");
        }
        expected.push(back.clone());
        assert_eq!(log.lines(), expected, "back");
    }
}

fn rename(app: &TestApp, table: &str, is_away: bool) {
    let (from, to) = if is_away { ("", "_gone") } else { ("_gone", "") };
    app.meddle(&format!("ALTER TABLE {table}{from} RENAME TO {table}{to}"));
}

async fn page(ada: &mut Caller<'_>) -> u16 {
    ada.get("/api/v1/protected").await.status.as_u16()
}

/// ASVS V16.3.4.
#[tokio::test]
async fn a_session_store_in_a_file() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    twice(&app, "session store", |is_away| rename(&app, "sessions", is_away), async || page(&mut ada).await)
        .await;
}

/// ASVS V16.3.4.
#[tokio::test]
async fn a_session_store_across_a_network() {
    let (url, proxy) = by_way_of_a_proxy(&shared().url()).await;
    let (url, prefix) = (format!("sessions.url={url}"), format!("sessions.key_prefix={}", new_prefix()));
    let app = TestApp::with(&["sessions.store=redis", &url, &prefix, "sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    let set_away = |is_away| proxy.set(if is_away { Way::Down } else { Way::Open });
    twice(&app, "session store", set_away, async || page(&mut ada).await).await;
}

/// ASVS V16.3.4.
#[tokio::test]
async fn the_database_of_accounts() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let set_away = |is_away| rename(&app, "accounts", is_away);
    let sign_in = async || app.program().login("ada", PASSWORD).await.status.as_u16();
    twice(&app, "accounts' database", set_away, sign_in).await;
}

/// ASVS V16.3.4.
#[tokio::test]
async fn the_count_of_attempts() {
    let app = TestApp::with(&["throttle.address_sign_in=1000/1s"]).await;
    app.member("ada").await;
    let set_away = |is_away| rename(&app, "throttle_addresses", is_away);
    let sign_in = async || app.program().login("ada", PASSWORD).await.status.as_u16();
    twice(&app, "count of attempts", set_away, sign_in).await;
}

/// Half of its calls are answered: it is away all the while.
///
/// ASVS V16.3.4.
#[tokio::test]
async fn what_comes_and_goes_is_away_until_nothing_has_failed_for_a_while() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    let log = Log::begin();
    for _ in 0..10 {
        rename(&app, "sessions", true);
        assert_eq!(page(&mut ada).await, 503);
        rename(&app, "sessions", false);
        app.clock.advance(Duration::seconds(4));
        assert_eq!(page(&mut ada).await, 200);
    }
    app.clock.advance(Duration::SECOND);
    assert_eq!(ada.whoami().await.get("username"), Some(&json!("ada")));
    assert_eq!(log.lines(), ["ERROR store_away session store", "INFO store_back session store"]);
}

/// ASVS V16.3.4.
#[tokio::test]
async fn a_clock_that_is_put_back_hides_no_outage() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    app.clock.advance(Duration::minutes(10));
    let log = Log::begin();
    rename(&app, "sessions", true);
    assert_eq!(page(&mut ada).await, 503);
    rename(&app, "sessions", false);
    app.clock.advance(Duration::minutes(-10));
    assert_eq!(page(&mut ada).await, 200);
    assert_eq!(log.lines(), ["ERROR store_away session store", "INFO store_back session store"]);
}

/// ASVS V16.3.4.
#[tokio::test]
async fn what_cannot_be_cleared_away() {
    let app = TestApp::with(&["sessions.sweep_every=1s"]).await;
    let log = Log::begin();
    let until = async |lines: usize| {
        while log.lines().len() < lines {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let mut expected = Vec::new();
    for (is_away, line) in [
        (true, "WARN sweep_failing expired sessions"),
        (false, "INFO sweep_recovered expired sessions"),
        (true, "WARN sweep_failing expired sessions"),
    ] {
        rename(&app, "sessions", is_away);
        expected.push(line);
        until(expected.len()).await;
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        assert_eq!(log.lines(), expected, "each once, however many sweeps");
    }
}
