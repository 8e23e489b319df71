//! `server migrate`, and what the other commands do beside a running server.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::app::{PASSWORD, TestApp};
use crate::databases::{Place, path};
use crate::servers::postgres::Schema;

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

#[tokio::test]
async fn a_check_says_what_is_missing_and_changes_nothing() {
    let place = Place::sqlite();
    let Place::File(folder) = &place else { unreachable!("a file") };
    let checked = server(&[&place.setting()], &["migrate", "--check"], "").await;
    assert_eq!((checked.code, checked.output.as_str()), (Some(1), ""));
    assert!(
        checked.errors.contains("migrations are missing; `server migrate` applies them"),
        "{}",
        checked.errors
    );
    assert!(!path(folder).exists());
    assert_eq!(server(&[&place.setting()], &["migrate"], "").await.code, Some(0));
    let checked = server(&[&place.setting()], &["migrate", "--check"], "").await;
    assert_eq!((checked.code, checked.output.as_str()), (Some(0), "the tables are up to date\n"));
}

#[tokio::test]
async fn a_check_of_postgres_changes_nothing_either() {
    let place = Place::postgres().await;
    for _ in 0..2 {
        let checked = server(&[&place.setting()], &["migrate", "--check"], "").await;
        assert_eq!(checked.code, Some(1), "{}", checked.errors);
    }
    assert_eq!(server(&[&place.setting()], &["migrate"], "").await.code, Some(0));
    let checked = server(&[&place.setting()], &["migrate", "--check"], "").await;
    assert_eq!(checked.code, Some(0), "{}", checked.errors);
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let url = "database.url=postgres://ada:correct-horse@127.0.0.1:1/anteroom";
    for arguments in [&["migrate"][..], &["migrate", "--check"], &["account", "list"], &["config"]] {
        let Done { output, errors, .. } = server(&[url], arguments, "").await;
        assert!(!output.contains("correct-horse") && !errors.contains("correct-horse"), "{output}{errors}");
        assert!(output.contains("***@127.0.0.1:1") || errors.contains("***@127.0.0.1:1"), "{output}{errors}");
    }
}

/// A role that may read and write these tables and nothing else.
async fn restricted(schema: &Schema) -> String {
    let name = schema.name();
    let grant = format!(
        "CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA {name} TO {name};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {name} TO {name}"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut schema.connect().await).await.expect("grants");
    schema.url.replace("postgres@", &format!("{name}@"))
}

/// ASVS V13.2.2.
#[tokio::test]
async fn a_role_that_may_not_create_tables_serves_what_its_owner_has_migrated() {
    let schema = Schema::create().await;
    let owner = format!("database.url={}", schema.url);
    assert_eq!(server(&[&owner], &["migrate"], "").await.code, Some(0));
    let url = format!("database.url={}", restricted(&schema).await);
    let app = TestApp::with(&[&url, "throttle.account=on", "throttle.address_sign_in=100/1m"]).await;
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    assert_eq!(ada.logout().await.status, 204);
    assert_eq!(app.program().login("ada", "another good password").await.status, 401);
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
    assert_eq!(ada.end_other_sessions().await.status, 204);
    assert_eq!(server(&[&url], &["account", "remove", "ada"], "").await.code, Some(0));
}
