//! The example behaves as Flask-Session's own tests ask of their application.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Response};

struct Twin {
    child: Child,
    origin: String,
    _folder: tempfile::TempDir,
}

impl Twin {
    fn start() -> Self {
        Self::start_with(&[("ANTEROOM_SESSIONS__STORE", "sqlite")])
    }

    fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(program())
            .current_dir(folder.path())
            .env("ANTEROOM_SERVER__ADDRESS", "127.0.0.1:0")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the example runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("output")).read_line(&mut line).expect("a line");
        let origin = line.trim().to_owned();
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        Self { child, origin, _folder: folder }
    }

    async fn post(&self, client: &Client, path: &str, form: &[(&str, &str)]) -> Response {
        client.post(format!("{}{path}", self.origin)).form(form).send().await.expect("answers")
    }

    async fn get(&self, client: &Client, path: &str) -> String {
        let answer = client.get(format!("{}{path}", self.origin)).send().await.expect("answers");
        answer.text().await.expect("text")
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.child.kill().expect("is killed");
        self.child.wait().expect("is gone");
    }
}

/// Cargo builds examples before it runs tests, beside the folder of the test programs.
fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("this program");
    let build = tests.parent().and_then(|deps| deps.parent()).expect("target/debug");
    build.join("examples/flask_twin")
}

fn browser() -> Client {
    Client::builder().cookie_store(true).build().expect("a client")
}

#[tokio::test]
async fn a_value_is_set_read_replaced_and_deleted_by_one_browser_alone() {
    let twin = Twin::start();
    let (ada, bob) = (browser(), browser());
    assert_eq!(twin.get(&ada, "/get").await, "no value set");
    assert_eq!(twin.post(&ada, "/set", &[("value", "42")]).await.text().await.expect("text"), "value set");
    assert_eq!(twin.get(&ada, "/get").await, "42");
    assert_eq!(twin.get(&bob, "/get").await, "no value set");
    twin.post(&ada, "/modify", &[("value", "43")]).await;
    assert_eq!(twin.get(&ada, "/get").await, "43");
    twin.post(&ada, "/delete", &[]).await;
    assert_eq!(twin.get(&ada, "/get").await, "no value set");
}

#[tokio::test]
async fn a_value_too_large_for_a_cookie_is_an_error_that_names_the_size() {
    let twin = Twin::start_with(&[("ANTEROOM_SESSIONS__STORE", "signed")]);
    let ada = browser();
    let large = "x".repeat(4000);
    for (path, field) in [("/set", "value"), ("/modify", "value"), ("/login", "username")] {
        let refused = twin.post(&ada, path, &[(field, &large)]).await;
        assert_eq!(refused.status(), 413, "{path}");
        let sentence = refused.text().await.expect("text");
        assert!(sentence.contains("a cookie of") && sentence.contains("browsers keep 4096"), "{sentence}");
    }
    assert_eq!(twin.get(&ada, "/get").await, "no value set");
}

#[tokio::test]
async fn what_touches_no_session_sets_no_cookie() {
    let twin = Twin::start();
    let answer = browser().get(format!("{}/", twin.origin)).send().await.expect("answers");
    assert!(answer.headers().get("set-cookie").is_none() && answer.headers().get("vary").is_none());
    let read = browser().get(format!("{}/get", twin.origin)).send().await.expect("answers");
    assert!(read.headers().get("set-cookie").is_none(), "nor does a read");
    assert_eq!(read.headers().get("vary").and_then(|vary| vary.to_str().ok()), Some("Cookie"));
}

#[tokio::test]
async fn whoever_signs_in_is_known_until_they_sign_out() {
    let twin = Twin::start();
    let ada = browser();
    assert_eq!(twin.post(&ada, "/login", &[("username", "ada")]).await.status(), 204);
    assert_eq!(twin.get(&ada, "/whoami").await, "\"ada\"");
    twin.post(&ada, "/logout", &[]).await;
    assert_eq!(twin.get(&ada, "/whoami").await, "null");
}

#[tokio::test]
async fn the_settings_of_the_server_are_those_of_the_twin() {
    for store in ["memory", "filesystem", "encrypted", "signed"] {
        let twin = Twin::start_with(&[
            ("ANTEROOM_SESSIONS__STORE", store),
            ("ANTEROOM_SESSIONS__IDLE", "2s"),
            ("ANTEROOM_SESSIONS__TOUCH_EVERY", "0s"),
            ("ANTEROOM_SESSIONS__COOKIE__NAME", "twin"),
        ]);
        let ada = browser();
        let answer = twin.post(&ada, "/login", &[("username", "ada")]).await;
        let cookie = answer.headers().get("set-cookie").and_then(|set| set.to_str().ok()).unwrap_or_default();
        assert!(cookie.starts_with("twin="), "{store}: {cookie}");
        assert_eq!(twin.get(&ada, "/whoami").await, "\"ada\"", "{store}");
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        assert_eq!(twin.get(&ada, "/whoami").await, "null", "{store}: it has gone idle");
    }
}
