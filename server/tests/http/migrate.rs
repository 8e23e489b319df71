//! `server migrate`, and servers that may do no more than serve.

use redis::cmd;

use crate::app::{PASSWORD, TestApp};
use crate::commands::{Done, server};
use crate::databases::{Place, path};
use crate::servers;
use crate::servers::postgres::Schema;

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

/// Makes a user of Redis with a line of the documentation. Returns the URL with it.
fn redis_user(prefix: &str, line: &str) -> String {
    let redis = servers::redis::shared();
    let user = prefix.trim_end_matches(':');
    let line = line.replace("app", user).replace("~session:*", &format!("~{prefix}*"));
    let mut words = line.split(' ');
    let mut make = cmd(words.next().expect("ACL"));
    make.arg(words.collect::<Vec<_>>()).exec(&mut redis.connect().expect("connects")).expect("makes a user");
    redis.url().replace("redis://", &format!("redis://{user}:a-long-password-of-your-own@"))
}

fn documented_redis_user() -> &'static str {
    let documentation = include_str!("../../../docs/deployment.md");
    documentation.lines().find(|line| line.starts_with("ACL SETUSER app ")).expect("is there")
}

/// Nobody could be signed in.
#[tokio::test]
async fn a_redis_user_who_may_not_ask_for_the_time_is_refused_at_the_start() {
    let line = documented_redis_user();
    assert!(line.contains(" +time "), "{line}");
    let url = redis_user(&servers::redis::new_prefix(), &line.replace(" +time ", " "));
    let settings = [&*format!("sessions.url={url}"), "sessions.store=redis"];
    let refused = server(&settings, &["sessions", "sweep"], "").await;
    assert_eq!(refused.code, Some(1), "{}", refused.errors);
    assert!(refused.errors.contains("'time' command"), "{}", refused.errors);
}

/// ASVS V13.2.2.
#[tokio::test]
async fn the_redis_user_of_the_documentation_may_use_our_keys_alone_and_that_is_enough() {
    let prefix = servers::redis::new_prefix();
    let url = redis_user(&prefix, documented_redis_user());
    let settings = [&*format!("sessions.url={url}"), &format!("sessions.key_prefix={prefix}")];
    let app =
        TestApp::with(&[&settings[..], &["sessions.store=redis", "throttle.account=on"]].concat()).await;
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    assert_eq!(app.program().login("ada", "another good password").await.status, 401);
    assert_eq!(ada.end_other_sessions().await.status, 204);
    assert_eq!(ada.logout().await.status, 204);
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
    let theirs = redis::Client::open(url).and_then(|client| client.get_connection());
    let mut theirs = theirs.expect("connects");
    for words in [
        &["SET", "other", "1"][..],
        &["GET", "other"],
        &["SCAN", "0"],
        &["RANDOMKEY"],
        &["SCRIPT", "FLUSH"],
        &["FLUSHALL"],
        &["CONFIG", "GET", "*"],
    ] {
        let (name, arguments) = words.split_first().expect("a command");
        let refused = cmd(name).arg(arguments).exec(&mut theirs);
        assert_eq!(refused.expect_err("is refused").code(), Some("NOPERM"), "{words:?}");
    }
}
