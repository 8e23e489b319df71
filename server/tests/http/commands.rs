//! What an operator does from a terminal, beside a running server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use sessions::{Clock as _, SystemClock};

use crate::app::{PASSWORD, TestApp};
use crate::databases::Place;
use crate::servers::redis;

const NEW: &str = "a staple of quite another kind";
const WRONG: &str = "another good password";

/// What a command has done.
pub struct Done {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// Runs a command of the real program with these settings and this input.
pub async fn server(settings: &[&str], arguments: &[&str], input: &str) -> Done {
    let settings = settings.iter().map(|setting| format!("--set={setting}"));
    let arguments = arguments.iter().map(|&argument| argument.to_owned());
    let all: Vec<String> = settings.chain(arguments).collect();
    let input = input.to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
        command.args(all).current_dir(folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        let mut stdin = child.stdin.take().expect("its input");
        // A command that reads nothing may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        child.wait_with_output().expect("ends")
    });
    let done = run.await.expect("runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Done { code: done.status.code(), output: text(done.stdout), errors: text(done.stderr) }
}

/// A server whose clock is the machine's, by which the commands go.
async fn app(settings: &[&str]) -> TestApp {
    let app = TestApp::with(&[settings, &["throttle.account=on"]].concat()).await;
    app.clock.advance(SystemClock.now() - app.clock.now());
    app
}

#[tokio::test]
async fn a_password_that_an_operator_sets_is_the_only_one_and_ends_all_sessions() {
    for place in Place::each().await {
        let app = app(&[&place.setting()]).await;
        let mut ada = app.member("ada").await;
        let set = server(&[&place.setting()], &["account", "set-password", "ADA"], &format!("{NEW}\n")).await;
        assert_eq!(set.code, Some(0), "{}", set.errors);
        assert_eq!(set.output, "ada has a new password; sessions ended: 1\n");
        let ends = async {
            while ada.get("/api/v1/protected").await.status == 200 {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(crate::databases::PATIENCE, ends).await.expect("the session ends");
        assert_eq!(ada.get("/api/v1/protected").await.json()["reason"], "password_changed");
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
        assert_eq!(app.program().login("ada", NEW).await.status, 200);
    }
}

/// Nobody can list what is with the browsers; all that an account has can be ended.
#[tokio::test]
async fn an_operator_ends_sessions_that_are_in_cookies() {
    for store in ["encrypted", "signed"] {
        let (place, store) = (Place::sqlite(), format!("sessions.store={store}"));
        let key = format!("sessions.keys={}", server::config::keygen().expect("randomness"));
        let settings = [&place.setting(), &store, &key, "sessions.revoked_within=0"];
        let app = app(&settings).await;
        let mut ada = app.member("ada").await;
        let one = server(&settings, &["sessions", "revoke", "ada", "AAAAAAAAAAAAAAAAAAAAAA"], "").await;
        assert!(one.code != Some(0) && one.errors.contains("nobody can list them"), "{}", one.errors);
        assert_eq!(ada.standing().await, "ada");
        let swept = server(&settings, &["sessions", "sweep"], "").await;
        assert_eq!((swept.code, swept.output.as_str()), (Some(0), "swept: 0\n"), "{}", swept.errors);
        let set = format!("{NEW}\n");
        for (command, input, output, reason, password) in [
            (["sessions", "revoke", "ada"], "", "all sessions ended\n", "revoked", PASSWORD),
            (
                ["account", "set-password", "ada"],
                &set,
                "ada has a new password; sessions ended: all\n",
                "password_changed",
                NEW,
            ),
            (["account", "remove", "ada"], "", "removed ada; sessions ended: all\n", "account_removed", ""),
        ] {
            let done = server(&settings, &command, input).await;
            assert_eq!((done.code, done.output.as_str()), (Some(0), output), "{}", done.errors);
            assert_eq!(ada.standing().await, reason, "{store}");
            let status = if password.is_empty() { 401 } else { 200 };
            ada = app.program();
            assert_eq!(ada.login("ada", password).await.status, status, "{store}: {reason}");
        }
    }
}

#[tokio::test]
async fn a_password_that_an_operator_sets_forgets_failures_and_devices() {
    let place = Place::sqlite();
    let app = app(&[&place.setting()]).await;
    let mut ada = app.member("ada").await;
    for _ in 0..5 {
        app.program().login("ada", WRONG).await;
    }
    assert_eq!(server(&[&place.setting()], &["account", "set-password", "ada"], NEW).await.code, Some(0));
    for _ in 0..5 {
        assert_eq!(app.program().login("ada", WRONG).await.status, 401);
    }
    assert_eq!(ada.login("ada", NEW).await.status, 429, "its device is a stranger's now");
}

/// ASVS V6.3.1.
#[tokio::test]
async fn after_a_hundred_failures_only_an_operator_opens_an_account() {
    let place = Place::sqlite();
    let app = app(&[&place.setting()]).await;
    app.member("ada").await;
    for _ in 0..100 {
        assert_eq!(app.program().login("ada", WRONG).await.status, 401);
        app.clock.advance(time::Duration::minutes(15));
    }
    app.clock.advance(time::Duration::days(30));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 429);
    let unlocked = server(&[&place.setting()], &["account", "unlock", "ada"], "").await;
    assert_eq!(unlocked.output, "failed attempts at ada are forgotten\n");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_operator_unlocks_what_is_counted_in_redis_and_a_browser_s_own_failures() {
    let (place, url, prefix) = (Place::sqlite(), redis::shared().url(), redis::new_prefix());
    let sessions = [format!("sessions.url={url}"), format!("sessions.key_prefix={prefix}")];
    let settings = [&*place.setting(), "sessions.store=redis", &sessions[0], &sessions[1]];
    let app = app(&settings).await;
    let mut ada = app.member("ada").await;
    for _ in 0..5 {
        ada.login("ada", WRONG).await;
        app.program().login("ada", WRONG).await;
    }
    assert_eq!(ada.login("ada", PASSWORD).await.status, 429);
    let unlocked = server(&settings, &["account", "unlock", "ada"], "").await;
    assert_eq!(unlocked.code, Some(0), "{}", unlocked.errors);
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn an_operator_changes_nothing_while_sessions_are_out_of_reach() {
    let place = Place::sqlite();
    let settings = [&*place.setting(), "sessions.store=redis", "sessions.url=redis://127.0.0.1:1/"];
    assert_eq!(server(&settings[..1], &["account", "add", "ada"], PASSWORD).await.code, Some(0));
    for command in ["remove", "set-password"] {
        let refused = server(&settings, &["account", command, "ada"], NEW).await;
        assert_eq!(refused.code, Some(1), "{command}");
        assert!(refused.errors.starts_with("cannot open the session store"), "{}", refused.errors);
    }
    let app = TestApp::with(&[&place.setting()]).await;
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200, "nothing was changed");
}

#[tokio::test]
async fn a_password_is_never_an_argument_and_follows_the_rules() {
    let place = Place::sqlite();
    let setting = place.setting();
    assert_eq!(server(&[&setting], &["account", "add", "ada"], PASSWORD).await.code, Some(0));
    for command in ["add", "set-password"] {
        let refused = server(&[&setting], &["account", command, "ada", NEW], "").await;
        assert_eq!(refused.code, Some(2), "{command}: {}", refused.errors);
        assert!(!refused.output.contains(NEW));
    }
    let short = server(&[&setting], &["account", "set-password", "ada"], "short").await;
    assert_eq!((short.code, short.errors.contains("too short")), (Some(1), true), "{}", short.errors);
    for command in ["set-password", "unlock", "remove"] {
        let nobody = server(&[&setting], &["account", command, "eve"], NEW).await;
        assert_eq!(
            (nobody.code, nobody.errors.as_str()),
            (Some(1), "there is no account eve\n"),
            "{command}"
        );
    }
}
