//! The session store stops answering: whoever needs it is told so, nobody else notices.

use serde_json::json;

use crate::app::TestApp;
use crate::outages::Log;

fn break_store(app: &TestApp) {
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    connection.execute_batch("ALTER TABLE sessions RENAME TO sessions_gone").expect("breaks it");
}

fn mend_store(app: &TestApp) {
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    connection.execute_batch("ALTER TABLE sessions_gone RENAME TO sessions").expect("mends it");
}

/// ASVS V16.5.2, V16.5.3.
#[tokio::test]
async fn members_get_503_and_keep_their_cookie_and_public_pages_stay_up() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    break_store(&app);
    for path in ["/api/v1/whoami", "/api/v1/protected", "/about"] {
        let answer = ada.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, Some("1")), "{path}");
        assert_eq!(answer.set_cookies().len(), 0);
        assert!(!answer.body.contains("sessions_gone") && !answer.body.contains("SQL"), "{}", answer.body);
    }
    let home = ada.get("/").await;
    assert_eq!((home.status.as_u16(), home.body.contains("ada")), (200, false), "as a guest");
    assert_eq!(ada.get("/readyz").await.status, 503);
    assert_eq!(ada.get("/healthz").await.status, 200);
    mend_store(&app);
    assert_eq!(ada.whoami().await["username"], json!("ada"), "back without a restart");
}

/// ASVS V16.5.2.
#[tokio::test]
async fn guests_without_a_cookie_never_reach_the_store() {
    let app = TestApp::start().await;
    break_store(&app);
    let mut guest = app.plain_browser();
    for path in ["/", "/products", "/login", "/api/v1/whoami"] {
        assert_eq!(guest.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_sign_out_that_cannot_be_stored_is_not_acknowledged() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    break_store(&app);
    let answer = ada.logout().await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (503, 0));
    mend_store(&app);
    assert_eq!(ada.whoami().await["authenticated"], json!(true));
}

/// ASVS V16.5.3.
#[tokio::test]
async fn a_damaged_record_is_a_guest_and_is_removed() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    connection.execute_batch("UPDATE sessions SET value = '{'").expect("damages it");
    let log = Log::begin();
    assert_eq!(ada.get("/").await.status, 200);
    assert_eq!(ada.whoami().await["authenticated"], json!(false));
    let left: i64 = connection
        .query_row("SELECT count(*) FROM sessions WHERE value = '{'", [], |row| row.get(0))
        .expect("counts");
    assert_eq!(left, 0);
    assert_eq!(
        log.text().matches("removing a session record that cannot be read").count(),
        1,
        "{}",
        log.text()
    );
}
