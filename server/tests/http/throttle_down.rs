//! What counts attempts, or holds the accounts, does not answer: nobody guesses, and the rest of the site stays up.

use sqlx::{Connection as _, Executor as _};

use crate::app::{PASSWORD, TestApp};
use crate::servers::postgres::Schema;

const SETTINGS: [&str; 4] = [
    "throttle.account=on",
    "throttle.address_sign_in=100/1m",
    "throttle.address_registration=100/1m",
    "throttle.address_anonymous=100/1m",
];

fn rename(app: &TestApp, table: &str, to: &str) {
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    connection.execute_batch(&format!("ALTER TABLE {table} RENAME TO {to}")).expect("renames it");
}

#[tokio::test]
async fn without_a_count_nobody_guesses_a_password() {
    for table in ["throttle_addresses", "throttle_failures"] {
        let app = TestApp::with(&SETTINGS).await;
        app.member("ada").await;
        rename(&app, table, "gone");
        for name in ["ada", "eve"] {
            let answer = app.program().login(name, PASSWORD).await;
            assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")), "{table}");
            assert_eq!(answer.set_cookies().len(), 0);
        }
        rename(&app, "gone", table);
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 200, "back without a restart");
    }
}

#[tokio::test]
async fn without_a_count_the_rest_of_the_site_stays_up() {
    let app = TestApp::with(&SETTINGS).await;
    let mut ada = app.member("ada").await;
    for table in ["throttle_addresses", "throttle_failures"] {
        rename(&app, table, &format!("{table}_gone"));
    }
    for path in ["/", "/products", "/about", "/api/v1/whoami", "/api/v1/protected"] {
        assert_eq!(ada.get(path).await.status, 200, "{path}");
    }
    let mut guest = app.program();
    assert_eq!(guest.choose("theme", "dark").await.status, 200);
    assert_eq!(guest.whoami().await.get("theme"), Some(&"dark".into()));
    assert_eq!(ada.logout().await.status, 204);
}

/// ASVS V13.2.6.
#[tokio::test]
async fn an_accounts_database_that_is_busy_is_given_up_in_time_and_comes_back() {
    let schema = Schema::create().await;
    let url = format!("database.url={}", schema.url);
    let app = TestApp::with(&[&url, "database.timeout=500ms"]).await;
    let mut ada = app.member("ada").await;
    let mut other = schema.connect().await;
    let mut holding = other.begin().await.expect("begins");
    holding.execute("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE").await.expect("locks");
    let mut callers: Vec<_> = (0..30).map(|_| app.program()).collect();
    let sign_ins = callers.iter_mut().map(|caller| caller.login("ada", PASSWORD));
    for answer in futures_util::future::join_all(sign_ins).await {
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")));
    }
    assert_eq!(ada.get("/api/v1/protected").await.status, 200, "sessions are apart");
    holding.rollback().await.expect("lets go");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}
