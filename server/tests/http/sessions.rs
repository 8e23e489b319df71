//! The list of an account's sessions, and ending them.

use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::USER_AGENT;
use serde_json::Value;
use server::config::keygen;
use sessions::{Clock as _, SystemClock};

use crate::app::{Caller, PASSWORD, TestApp};
use crate::servers::postgres::Schema;
use crate::servers::redis;

/// The sessions that somebody sees.
async fn listed(caller: &mut Caller<'_>) -> Vec<Value> {
    let answer = caller.get("/api/v1/sessions").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json().get("sessions").and_then(Value::as_array).cloned().expect("a list")
}

fn text<'a>(session: &'a Value, name: &str) -> &'a str {
    session.get(name).and_then(Value::as_str).unwrap_or_default()
}

async fn delete(caller: &mut Caller<'_>, path: &str) -> u16 {
    let request = caller.bare(Method::DELETE, path);
    caller.send(request).await.status.as_u16()
}

/// ASVS V7.5.2, V8.2.2.
#[tokio::test]
async fn an_account_sees_its_sessions_the_newest_first_and_nobody_else_s() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let _bob = app.member("bob").await;
    app.clock.advance(time::Duration::minutes(5));
    let mut phone = app.program();
    let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1";
    let body = serde_json::json!({ "username": "ada", "password": PASSWORD }).to_string();
    let request = phone.bare(Method::POST, "/api/v1/login").header(USER_AGENT, agent);
    let request = request.header("content-type", "application/json").body(body);
    assert_eq!(phone.send(request).await.status, 200);
    let sessions = listed(&mut phone).await;
    let [newest, oldest] = &sessions[..] else { unreachable!("two: {sessions:?}") };
    assert_eq!(text(newest, "device"), "Safari, iPhone");
    assert_eq!(text(newest, "address"), "127.0.0.1");
    assert_eq!(newest.get("current"), Some(&Value::Bool(true)));
    assert_eq!(oldest.get("current"), Some(&Value::Bool(false)));
    let moments = |one: &Value| ["created_at", "last_seen"].map(|name| text(one, name).to_owned());
    assert_eq!(moments(newest), ["2026-11-18T11:11:40Z"; 2]);
    assert_eq!(moments(oldest), ["2026-11-18T11:06:40Z"; 2], "before it was used again");
    assert_eq!(listed(&mut ada).await.len(), 2);
    assert_eq!(ada.get("/api/v1/protected").await.status, 200);
    let sessions = listed(&mut phone).await;
    let used = sessions.last().map(moments);
    assert_eq!(used, Some(["2026-11-18T11:06:40Z", "2026-11-18T11:11:40Z"].map(str::to_owned)));
}

/// ASVS V7.5.2.
#[tokio::test]
async fn a_session_is_ended_from_another_and_told_so() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    let sessions = listed(&mut ada).await;
    let other =
        sessions.iter().find(|one| one.get("current") == Some(&Value::Bool(false))).expect("the phone's");
    assert_eq!(delete(&mut ada, &format!("/api/v1/sessions/{}", text(other, "handle"))).await, 204);
    let refused = phone.get("/api/v1/protected").await;
    assert_eq!((refused.code().as_str(), text(&refused.json(), "reason")), ("session_ended", "revoked"));
    assert_eq!(listed(&mut ada).await.len(), 1);
}

/// ASVS V8.2.2.
#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut bob = app.member("bob").await;
    let sessions = listed(&mut ada).await;
    let handle = text(sessions.first().expect("one"), "handle").to_owned();
    for handle in [handle.as_str(), "AAAAAAAAAAAAAAAAAAAAAA", "..", "%00"] {
        assert_eq!(delete(&mut bob, &format!("/api/v1/sessions/{handle}")).await, 404, "{handle}");
    }
    assert_eq!(ada.whoami().await.get("username"), Some(&"ada".into()));
    assert_eq!(delete(&mut app.program(), &format!("/api/v1/sessions/{handle}")).await, 401);
}

#[tokio::test]
async fn ending_the_session_that_asks_is_a_sign_out() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let sessions = listed(&mut ada).await;
    let handle = text(sessions.first().expect("one"), "handle").to_owned();
    let mut copy = ada.clone();
    let request = ada.bare(Method::DELETE, &format!("/api/v1/sessions/{handle}"));
    let answer = ada.send(request).await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("clear-site-data")),
        (204, Some("\"cache\", \"storage\""))
    );
    assert_eq!(ada.cookie("id"), None);
    assert_eq!(copy.get("/api/v1/protected").await.header("clear-site-data"), None, "once is enough");
}

#[tokio::test]
async fn ending_another_session_costs_the_browser_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.program().login("ada", PASSWORD).await;
    let request = ada.bare(Method::DELETE, "/api/v1/sessions");
    assert_eq!(ada.send(request).await.header("clear-site-data"), None);
}

/// ASVS V14.3.1.
#[tokio::test]
async fn a_change_of_user_has_the_browser_forget_the_first() {
    let app = TestApp::start().await;
    app.member("bob").await;
    let mut browser = app.member("ada").await;
    let again = browser.login("ada", PASSWORD).await;
    assert_eq!(again.header("clear-site-data"), None, "the same person");
    let other = browser.login("bob", PASSWORD).await;
    assert_eq!(
        (other.status.as_u16(), other.header("clear-site-data")),
        (200, Some("\"cache\", \"storage\""))
    );
}

/// ASVS V1.2.1.
#[tokio::test]
async fn what_a_device_calls_itself_is_no_markup() {
    let app = TestApp::start().await;
    let hostile = "</script><script>alert(1)</script>";
    let mut ada = app.member("ada").await;
    let body = serde_json::json!({ "username": "ada", "password": PASSWORD }).to_string();
    let mut other = app.program();
    let request = other.bare(Method::POST, "/api/v1/login").header(USER_AGENT, hostile);
    other.send(request.header("content-type", "application/json").body(body)).await;
    for (caller, path) in [(&mut ada, "/account"), (&mut other, "/session")] {
        let page = caller.get(path).await.body;
        assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert"), "{path} names the device: {page}");
        assert!(!page.contains("<script>alert"), "{path}");
    }
}

/// ASVS V7.5.2.
#[tokio::test]
async fn all_others_are_ended_at_once_in_every_mode() {
    let key = keygen().expect("randomness");
    let keys = format!("sessions.keys={key}");
    for store in ["sqlite", "memory", "filesystem", "encrypted", "signed"] {
        let app = TestApp::with(&[&format!("sessions.store={store}"), &keys]).await;
        let mut ada = app.member("ada").await;
        let mut others = [app.program(), app.plain_browser()];
        for other in &mut others {
            other.login("ada", PASSWORD).await;
        }
        assert_eq!(delete(&mut ada, "/api/v1/sessions").await, 204, "{store}");
        for other in &mut others {
            assert_eq!(other.whoami().await.get("authenticated"), Some(&Value::Bool(false)), "{store}");
        }
        assert_eq!(ada.whoami().await.get("username"), Some(&"ada".into()), "{store}");
    }
}

#[tokio::test]
async fn where_sessions_cannot_be_listed_the_answer_says_so() {
    let key = keygen().expect("randomness");
    let app = TestApp::with(&["sessions.store=encrypted", &format!("sessions.keys={key}")]).await;
    let mut ada = app.member("ada").await;
    app.program().login("ada", PASSWORD).await;
    let answer = ada.get("/api/v1/sessions").await.json();
    assert_eq!(answer.get("complete"), Some(&Value::Bool(false)));
    let request = ada.bare(Method::GET, "/api/v1/sessions").header(USER_AGENT, "Firefox/140.0 (X11; Linux)");
    let list = ada.send(request).await.json();
    let [this] = &list["sessions"].as_array().expect("a list")[..] else { unreachable!("this one: {list}") };
    assert_eq!((text(this, "device"), &this["address"]), ("Firefox, Linux", &Value::Null), "of the request");
}

/// What the program says to an operator, or why it refuses.
fn operator(app: &TestApp, store: &str, arguments: &[&str]) -> Result<String, String> {
    operator_with(app, &[&format!("sessions.store={store}")], arguments)
}

fn operator_with(app: &TestApp, settings: &[&str], arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.arg(format!("--set=database.url=sqlite://{}", app.database().display()));
    command.args(settings.iter().map(|setting| format!("--set={setting}"))).arg("sessions").args(arguments);
    let output =
        command.env("ANTEROOM_SESSIONS__KEYS", keygen().expect("randomness")).output().expect("runs");
    let text = |bytes| String::from_utf8(bytes).expect("text").trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[tokio::test]
async fn an_operator_lists_and_ends_sessions_on_other_servers() {
    let schema = Schema::create().await;
    for (store, url) in [("postgres", schema.url.clone()), ("redis", redis::shared().url())] {
        let settings = [format!("sessions.store={store}"), format!("sessions.url={url}")];
        let settings = settings.each_ref().map(String::as_str);
        let app = TestApp::with(&settings).await;
        app.clock.advance(SystemClock.now() - app.clock.now());
        let mut ada = app.member("ada").await;
        let list = operator_with(&app, &settings, &["list", "ada"]).expect("lists");
        let handle = list.split_whitespace().next().expect("a handle");
        assert_eq!(
            operator_with(&app, &settings, &["revoke", "ada", handle]),
            Ok("session ended".to_owned())
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(ada.get("/api/v1/protected").await.code(), "session_ended", "{store}");
    }
}

#[tokio::test]
async fn an_operator_ends_all_sessions_of_an_account_that_are_in_cookies() {
    let key = format!("sessions.keys={}", keygen().expect("randomness"));
    for store in ["encrypted", "signed"] {
        let app = TestApp::with(&[&format!("sessions.store={store}"), &key]).await;
        app.clock.advance(SystemClock.now() - app.clock.now());
        let (mut ada, mut bob) = (app.member("ada").await, app.member("bob").await);
        assert_eq!(ada.get("/api/v1/protected").await.status, 200, "{store}");
        assert_eq!(operator(&app, store, &["revoke", "ada"]), Ok("all sessions ended".to_owned()), "{store}");
        app.clock.advance(time::Duration::seconds(5));
        assert_eq!(ada.get("/api/v1/protected").await.code(), "session_ended", "{store}");
        assert_eq!(bob.get("/api/v1/protected").await.status, 200, "{store}");
    }
}

#[tokio::test]
async fn what_an_operator_ends_is_refused_within_a_second_by_a_server_that_has_it_in_memory() {
    for store in ["sqlite", "filesystem"] {
        let app = TestApp::with(&[&format!("sessions.store={store}")]).await;
        app.clock.advance(SystemClock.now() - app.clock.now());
        let mut ada = app.member("ada").await;
        for _ in 0..2 {
            assert_eq!(ada.get("/api/v1/protected").await.status, 200, "{store}");
        }
        assert_eq!(operator(&app, store, &["revoke", "ada"]), Ok("sessions ended: 1".to_owned()));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(ada.get("/api/v1/protected").await.code(), "session_ended", "{store}");
    }
}

#[tokio::test]
async fn an_operator_lists_and_ends_the_sessions_of_an_account() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    // The program judges by the machine's clock.
    app.clock.advance(SystemClock.now() - app.clock.now());
    let mut ada = app.member("ada").await;
    let mut bob = app.member("bob").await;
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    let handle = text(listed(&mut ada).await.first().expect("two"), "handle").to_owned();
    assert_eq!(operator(&app, "sqlite", &["list", "nobody"]), Err("there is no account nobody".to_owned()));
    let unknown = operator(&app, "sqlite", &["revoke", "ADA", "AAAAAAAAAAAAAAAAAAAAAA"]);
    assert_eq!(unknown, Err("ada has no session AAAAAAAAAAAAAAAAAAAAAA".to_owned()));
    let list = operator(&app, "sqlite", &["list", "ada"]).expect("lists");
    assert!(list.lines().count() == 2 && list.contains(&handle) && list.contains("127.0.0.1"), "{list}");
    assert_eq!(operator(&app, "sqlite", &["revoke", "ada", &handle]), Ok("session ended".to_owned()));
    assert_eq!(operator(&app, "sqlite", &["revoke", "ada"]), Ok("sessions ended: 1".to_owned()));
    assert_eq!(ada.get("/api/v1/protected").await.code(), "session_ended");
    assert_eq!(operator(&app, "sqlite", &["sweep"]), Ok("swept: 0".to_owned()));
    assert_eq!(bob.whoami().await.get("username"), Some(&"bob".into()));
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    // As if nobody had come for days: one session is over, and then all three reasons are old.
    let aged =
        connection.execute("UPDATE sessions SET deadline = deadline - 172800000", []).expect("ages them");
    assert_eq!((aged, operator(&app, "sqlite", &["sweep"])), (3, Ok("swept: 4".to_owned())));
    let left: i64 =
        connection.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)).expect("counts");
    assert_eq!(left, 0);
    let refused = operator(&app, "encrypted", &["list", "ada"]).expect_err("cannot be listed");
    assert!(refused.contains("nobody can list them"), "{refused}");
    for command in [&["list", "ada"][..], &["revoke", "ada"], &["sweep"]] {
        let refused = operator(&app, "memory", command).expect_err("is out of reach");
        assert!(refused.contains("in the running server, where no command reaches them"), "{refused}");
    }
}
