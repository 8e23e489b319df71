use crate::app::{PASSWORD, TestApp};

/// ASVS V6.3.1, V2.4.1.
#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    app.member("ada").await;
    for _ in 0..5 {
        assert_eq!(app.program().login("ada", "another good password").await.status, 401);
    }
    let answer = app.program().login("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("1")));
    app.clock.advance(time::Duration::SECOND);
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

/// ASVS V2.4.1.
#[tokio::test]
async fn one_address_tries_ten_times_and_whoami_and_sign_out_are_free() {
    let app = TestApp::with(&["throttle.address_sign_in=10/1m"]).await;
    for number in 0..10 {
        assert_eq!(app.program().login(&format!("name{number}"), "x").await.status, 401);
    }
    assert_eq!(app.program().login("name11", "x").await.status, 429);
    assert_eq!(app.program().get("/api/v1/whoami").await.status, 200);
    assert_eq!(app.program().logout().await.status, 204);
}

/// ASVS V2.4.1.
#[tokio::test]
async fn one_address_registers_three_times_an_hour() {
    let app = TestApp::with(&["throttle.address_registration=3/1h"]).await;
    for name in ["ada", "bob", "eve"] {
        assert_eq!(app.program().register(name, PASSWORD).await.status, 201);
    }
    let answer = app.program().register("dan", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, Some("1200")));
}

#[tokio::test]
async fn one_address_begins_thirty_anonymous_sessions_and_keeps_using_them() {
    let app = TestApp::with(&["throttle.address_anonymous=30+60/1m"]).await;
    let mut guest = app.program();
    for _ in 0..30 {
        guest = app.program();
        assert_eq!(guest.choose("theme", "dark").await.status, 200);
    }
    assert_eq!(app.program().choose("theme", "dark").await.status, 429);
    assert_eq!(guest.choose("theme", "light").await.status, 200);
}

/// Each sign-out of a guest begins another session for what they have chosen.
#[tokio::test]
async fn a_guest_who_signs_out_over_and_over_begins_no_more_sessions_than_any_other() {
    let app = TestApp::with(&["throttle.address_anonymous=30+60/1m"]).await;
    let mut guest = app.program();
    guest.choose("theme", "dark").await;
    for _ in 1..30 {
        assert_eq!(guest.logout().await.status, 204);
        assert_eq!(guest.whoami().await["theme"], "dark");
    }
    assert_eq!(guest.logout().await.status, 204, "nobody is held in a session");
    assert_eq!(guest.cookie("id"), None);
    assert_eq!(guest.whoami().await["theme"], "system");
    assert_eq!(app.program().choose("theme", "dark").await.status, 429);
    let mut ada = app.member("ada").await;
    assert_eq!(ada.logout().await.status, 204);
}

#[tokio::test]
async fn where_each_visit_begins_a_session_the_thirty_first_of_an_address_does_not() {
    let app = TestApp::with(&["sessions.anonymous=visit", "throttle.address_anonymous=30+60/1m"]).await;
    let mut guest = app.program();
    for _ in 0..30 {
        guest = app.program();
        assert_eq!(guest.get("/").await.set_cookies().len(), 1);
    }
    let answer = app.program().get("/").await;
    assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (200, 0));
    assert!(guest.whoami().await["session"].is_object(), "who has a session keeps it");
}

/// ASVS V4.1.3, V15.3.4.
#[tokio::test]
async fn a_claimed_address_changes_nothing() {
    let app = TestApp::with(&["throttle.address_sign_in=1/1m"]).await;
    app.program().login("ada", "x").await;
    let mut liar = app.program();
    let request = liar.bare(reqwest::Method::POST, "/api/v1/login").header("X-Forwarded-For", "198.51.100.1");
    let request =
        request.header("content-type", "application/json").body(r#"{"username":"a","password":"b"}"#);
    assert_eq!(liar.send(request).await.status, 429);
}

#[tokio::test]
async fn a_dump_of_what_is_counted_names_nobody() {
    let app = TestApp::with(&["throttle.account=on", "throttle.address_sign_in=10/1m"]).await;
    assert_eq!(app.program().login("a-name-typed", "another good password").await.status, 401);
    let read = |file| std::fs::read(app.database().with_file_name(file)).unwrap_or_default();
    let text = ["test.db", "test.db-wal"].map(read).concat();
    let text = String::from_utf8_lossy(&text);
    assert!(text.contains("throttle_failures"), "this is where it is counted");
    assert!(!text.contains("a-name-typed") && !text.contains("127.0.0.1"));
}
