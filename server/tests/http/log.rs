//! The log of the program itself, at its most talkative, after a journey with everything that is an event.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use contract::SecurityEvent;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use server::config::keygen;
use sessions::SessionId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::OnceCell;

use crate::app::{Caller as Program, Kind, OTHER_PASSWORD, PASSWORD};
use crate::process::Process;

/// Passwords that nobody else has, which must not be found in any log.
const CANARY: &str = "canary-8d1f3a-sings in no log";
const OTHER_CANARY: &str = "canary-77b0c2-sings elsewhere";
/// What somebody types who wants to write lines of their own.
const HOSTILE: &str = "nobody\r\n{\"event\":\"forged\"}\u{1b}[2J";

struct Log {
    text: String,
    lines: Vec<Value>,
    /// Passwords, and every value of a cookie that the server gave.
    secrets: BTreeSet<String>,
}

impl Log {
    /// Written once for all tests.
    async fn of_a_journey() -> &'static Self {
        static LOG: OnceCell<Log> = OnceCell::const_new();
        LOG.get_or_init(write).await
    }

    /// The lines of security events, by name.
    fn events(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.lines.iter().filter_map(|line| Some((line.pointer("/fields/event")?.as_str()?, line)))
    }

    fn event(&self, name: &str) -> &Value {
        self.events().find(|(known, _)| *known == name).map(|(_, line)| &line["fields"]).expect(name)
    }
}

/// Somebody with a jar.
struct Caller {
    origin: String,
    client: Client,
    jar: Vec<(String, String)>,
    seen: BTreeSet<String>,
}

impl Caller {
    fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), client: Client::new(), jar: Vec::new(), seen: BTreeSet::new() }
    }

    async fn send(&mut self, method: Method, path: &str, body: Value) -> u16 {
        self.send_from("same-origin", method, path, body).await
    }

    async fn send_from(&mut self, site: &str, method: Method, path: &str, body: Value) -> u16 {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.origin));
        let request = request.header("sec-fetch-site", site).header(COOKIE, cookies.join("; "));
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        let response = request.send().await.expect("answers");
        for set in response.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().expect("text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a pair");
            self.jar.retain(|(known, _)| known != name);
            self.jar.push((name.to_owned(), value.to_owned()));
            self.seen.extend(Some(value.to_owned()).filter(|value| value.len() > 8));
        }
        response.status().as_u16()
    }
}

async fn write() -> Log {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("log");
    let credentials = |name: &str, password: &str| json!({ "username": name, "password": password });
    let signed_by = |key: String| ["sessions.sign_ids=true".to_owned(), format!("sessions.keys={key}")];
    let before = Process::start(&folder, &signed_by(keygen().expect("randomness")));
    let mut bob = Caller::new(&before.origin);
    assert_eq!(bob.send(Method::POST, "/api/v1/register", credentials("bob", CANARY)).await, 201);
    before.kill();
    let settings = ["log.format=json", "log.level=trace"].map(str::to_owned);
    let settings = settings.into_iter().chain(signed_by(keygen().expect("randomness")));
    let log = fs::File::create(&file).expect("a file");
    let process = Process::start_logging(&folder, &settings.collect::<Vec<_>>(), log.into());
    bob.origin.clone_from(&process.origin);
    assert_eq!(bob.send(Method::GET, "/api/v1/protected", Value::Null).await, 401, "of a retired key");
    let mut ada = Caller::new(&process.origin);
    let next = json!({ "username": "ada", "password": CANARY, "next": "//evil.example" });
    let change = json!({ "current_password": CANARY, "new_password": OTHER_CANARY });
    for (method, path, body, status) in [
        (Method::POST, "/api/v1/register", credentials("ada", CANARY), 201),
        (Method::POST, "/api/v1/login", credentials("ada", OTHER_CANARY), 401),
        (Method::POST, "/api/v1/login", credentials(HOSTILE, CANARY), 401),
        (Method::POST, "/api/v1/login", next, 200),
    ] {
        assert_eq!(ada.send(method.clone(), path, body).await, status, "{method} {path}");
    }
    let mut elsewhere = Caller::new(&process.origin);
    assert_eq!(elsewhere.send(Method::POST, "/api/v1/login", credentials("ada", CANARY)).await, 200);
    for (method, path, body, status) in [
        (Method::PUT, "/api/v1/password", change, 204),
        (Method::DELETE, "/api/v1/sessions", Value::Null, 204),
        (Method::POST, "/api/v1/logout", Value::Null, 204),
        (Method::GET, "/api/v1/protected", Value::Null, 401),
        (Method::POST, "/api/v1/login", credentials("ada", OTHER_CANARY), 200),
        (Method::DELETE, "/api/v1/account", json!({ "password": OTHER_CANARY }), 204),
    ] {
        assert_eq!(ada.send(method.clone(), path, body).await, status, "{method} {path}");
    }
    assert_eq!(elsewhere.send(Method::GET, "/api/v1/protected", Value::Null).await, 401, "it has ended");
    assert_eq!(ada.send_from("cross-site", Method::POST, "/api/v1/logout", Value::Null).await, 403);
    let mut throttled = 0;
    for _ in 0..12 {
        throttled = ada.send(Method::POST, "/api/v1/login", credentials("eve", CANARY)).await;
    }
    assert_eq!(throttled, 429);
    process.kill();
    let text = fs::read_to_string(&file).expect("a log");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let seen = [ada, bob, elsewhere].into_iter().flat_map(|caller| caller.seen);
    let secrets = seen.chain([CANARY, OTHER_CANARY].map(str::to_owned)).collect();
    Log { text, lines, secrets }
}

/// ASVS V16.2.2, V16.2.4.
#[tokio::test]
async fn each_line_is_a_json_object_with_a_moment_in_utc() {
    let log = Log::of_a_journey().await;
    assert!(log.lines.len() > 20);
    for line in &log.lines {
        let at = line["timestamp"].as_str().expect("a moment");
        assert!(at.ends_with('Z') && OffsetDateTime::parse(at, &Rfc3339).is_ok(), "{at}");
        assert!(line["level"].is_string() && line["target"].is_string(), "{line}");
    }
}

/// ASVS V16.2.5, V14.2.1.
#[tokio::test]
async fn no_password_no_id_and_no_token_is_in_it() {
    let log = Log::of_a_journey().await;
    assert!(log.secrets.len() > 5, "{}", log.secrets.len());
    for secret in &log.secrets {
        assert!(!log.text.contains(secret.as_str()), "{secret}");
    }
}

/// ASVS V16.4.1.
#[tokio::test]
async fn nobody_writes_lines_of_their_own() {
    let log = Log::of_a_journey().await;
    assert!(!log.text.contains('\u{1b}') && !log.text.contains('\r'));
    assert!(log.events().all(|(name, _)| name != "forged"));
}

/// ASVS V16.3.1, V16.3.2, V16.3.3.
#[tokio::test]
async fn what_happened_is_in_it_by_its_fixed_name() {
    let log = Log::of_a_journey().await;
    let seen: BTreeSet<_> = log.events().map(|(name, _)| name).collect();
    for expected in [
        "registered",
        "sign_in_failed",
        "signed_in",
        "next_refused",
        "password_changed",
        "session_ended",
        "key_retired",
        "sessions_revoked",
        "signed_out",
        "account_removed",
        "throttled",
        "origin_refused",
        "access_refused",
    ] {
        assert!(seen.contains(expected), "{expected} is not among {seen:?}");
    }
}

/// ASVS V16.2.1.
#[tokio::test]
async fn an_event_says_who_where_and_in_which_session_and_request() {
    let log = Log::of_a_journey().await;
    let (failed, signed_in) = (log.event("sign_in_failed"), log.event("signed_in"));
    for event in [failed, signed_in] {
        assert_eq!((&event["account"], &event["address"]), (&json!("ada"), &json!("127.0.0.1")));
        assert_eq!(event["request"].as_str().map(str::len), Some(16));
    }
    assert_eq!((&failed["outcome"], &signed_in["outcome"]), (&json!("refused"), &json!("done")));
    assert_eq!(signed_in["session"].as_str().map(str::len), Some(22));
    assert_ne!(failed["request"], signed_in["request"]);
}

#[tokio::test]
async fn whoever_comes_with_a_session_that_has_ended_is_logged_with_its_reason() {
    let log = Log::of_a_journey().await;
    let [ended, retired] = ["session_ended", "key_retired"].map(|name| log.event(name));
    assert_eq!((&ended["reason"], &ended["outcome"]), (&json!("password_changed"), &json!("refused")));
    assert_eq!(ended["session"].as_str().map(str::len), Some(22));
    assert_eq!((&retired["reason"], &retired["session"]), (&json!("key_retired"), &Value::Null));
    let reasons: Vec<_> = log
        .events()
        .filter(|(name, _)| *name == "session_ended")
        .map(|(_, line)| &line["fields"]["reason"])
        .collect();
    assert_eq!(reasons, ["password_changed"], "ids that were just exchanged or signed out are none");
}

/// Whoever is left with a session that ended for a reason, by that.
async fn left_behind(origin: &str, database: &Path) -> BTreeMap<&'static str, Program<'static>> {
    let program = || Program::new(origin.to_owned(), Kind::Program);
    let (mut ada, mut phone, mut eve, mut nobody) = (program(), program(), program(), program());
    ada.register("ada", PASSWORD).await;
    let mut gone = BTreeMap::from([("displaced", ada.clone())]);
    for _ in 0..20 {
        ada = program();
        ada.login("ada", PASSWORD).await;
    }
    let listed = ada.get("/api/v1/sessions").await.json();
    let handle = listed.pointer("/sessions/1/handle").and_then(Value::as_str).expect("another");
    assert_eq!(ada.end_session(handle).await.status, 204);
    for reason in ["revoked", "password_changed", "account_removed"] {
        let password = if reason == "account_removed" { OTHER_PASSWORD } else { PASSWORD };
        assert_eq!(phone.login("ada", password).await.status, 200, "{reason}");
        let done = match reason {
            "revoked" => ada.end_other_sessions().await,
            "password_changed" => ada.change_password(PASSWORD, OTHER_PASSWORD).await,
            _ => ada.remove_account(OTHER_PASSWORD).await,
        };
        assert_eq!(done.status, 204, "{reason}: {}", done.body);
        gone.insert(reason, phone.clone());
        phone = program();
    }
    let connection = rusqlite::Connection::open(database).expect("opens");
    for (reason, begins) in [("idle", "seen"), ("absolute", "created")] {
        let mut caller = program();
        caller.register(reason, PASSWORD).await;
        let newest = "created = (SELECT max(created) FROM sessions)";
        let passed = format!("UPDATE sessions SET {reason} = 1, deadline = {begins} + 1 WHERE {newest}");
        assert_eq!(connection.execute(&passed, []).expect("lets time pass"), 1, "{reason}");
        gone.insert(reason, caller);
    }
    assert_eq!(eve.register("eve", PASSWORD).await.status, 201);
    let damage = "UPDATE sessions SET value = '{' WHERE ended IS NULL AND min(idle, absolute) > 1";
    assert_eq!(connection.execute(damage, []).expect("damages"), 1);
    nobody.cookies = vec![("id".to_owned(), SessionId::random().encode())];
    gone.extend([("corrupt", eve), ("unknown", nobody)]);
    gone
}

#[tokio::test]
async fn whoever_ends_sessions_elsewhere_is_logged_and_so_is_each_reason_that_somebody_meets() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, database) = (folder.path().join("log"), folder.path().join("data/test.db"));
    let throttle = ["throttle.address_sign_in=off", "throttle.address_registration=off"];
    let settings = ["log.format=json", "sessions.cache_bytes=0"].into_iter().chain(throttle);
    let settings: Vec<_> = settings.map(str::to_owned).collect();
    let log = fs::File::create(&file).expect("a file");
    let process = Process::start_logging(&folder, &settings, log.into());
    let mut gone = left_behind(&process.origin, &database).await;
    for (reason, caller) in &mut gone {
        assert_eq!(caller.get("/api/v1/protected").await.status, 401, "{reason}");
    }
    process.kill();
    let text = fs::read_to_string(&file).expect("a log");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let log = Log { text, lines, secrets: BTreeSet::new() };
    let ended = log.events().filter(|(name, _)| *name == "session_ended");
    let told: BTreeSet<_> = ended.filter_map(|(_, line)| line.pointer("/fields/reason")?.as_str()).collect();
    assert_eq!(told, gone.keys().copied().collect());
    for name in ["sessions_displaced", "session_revoked", "sessions_revoked"] {
        assert_eq!(log.event(name)["account"], json!("ada"), "{name}");
    }
}

/// ASVS V16.1.1.
#[tokio::test]
async fn every_event_is_in_the_inventory() {
    let log = Log::of_a_journey().await;
    let inventory: BTreeSet<_> = crate::document::table("What is logged")
        .into_iter()
        .filter_map(|row| row.first().map(|cell| cell.trim_matches('`').to_owned()))
        .collect();
    for name in log.events().map(|(name, _)| name).chain(SecurityEvent::ALL.map(SecurityEvent::name)) {
        assert!(inventory.contains(name), "{name}");
    }
}
