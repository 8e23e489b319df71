//! The machine's clock is set, forwards and backwards.

use std::time::Instant;

use serde_json::json;
use time::Duration;

use crate::app::{PASSWORD, TestApp};
use crate::backing::Backing;

#[tokio::test]
async fn an_hour_back_signs_nobody_out_and_an_hour_ahead_nobody_in() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        app.clock.advance(Duration::hours(-1));
        assert_eq!(ada.whoami().await["username"], json!("ada"), "{}: an hour back", backing.name);
        assert_eq!(ada.choose("theme", "dark").await.status, 200, "{}", backing.name);
        let mut left = ada.clone();
        ada.logout().await;
        // By its limits it would be alive at the first two of these moments.
        for ahead in [0, 1, 1].map(Duration::hours) {
            app.clock.advance(ahead);
            assert_eq!(left.whoami().await["authenticated"], json!(false), "{}: is left", backing.name);
        }
        assert_eq!(ada.login("ada", PASSWORD).await.status, 200, "{}", backing.name);
    }
}

#[tokio::test]
async fn after_four_hundred_days_everybody_signs_in_again_and_a_clock_set_back_revives_nobody() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        let mut signed_out = ada.clone();
        ada.logout().await;
        ada.login("ada", PASSWORD).await;
        app.clock.advance(Duration::days(400));
        assert_eq!(ada.whoami().await["authenticated"], json!(false), "{}", backing.name);
        assert_eq!(signed_out.whoami().await["authenticated"], json!(false), "{}", backing.name);
        assert_eq!(ada.login("ada", PASSWORD).await.status, 200, "{}", backing.name);
        app.clock.advance(Duration::days(-400));
        assert_eq!(
            signed_out.whoami().await["authenticated"],
            json!(false),
            "{}: was signed out",
            backing.name
        );
    }
}

#[tokio::test]
async fn a_sweep_while_the_clock_is_ahead_revives_no_signed_out_cookie_once_it_is_put_back() {
    for backing in Backing::client_side() {
        let app = backing.start_with(&["sessions.sweep_every=100ms"]).await;
        let mut ada = app.member("ada").await;
        let mut signed_out = ada.clone();
        ada.logout().await;
        app.clock.advance(Duration::days(400));
        until_found_over(&app).await;
        // Some more sweeps.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        app.clock.advance(Duration::days(-400));
        let left = signed_out.whoami().await;
        assert_eq!(left["authenticated"], json!(false), "{}: was signed out", backing.name);
    }
}

/// Until a sweep has found that what has ended would have ended anyway.
async fn until_found_over(app: &TestApp) {
    let database = rusqlite::Connection::open(app.database()).expect("opens");
    let found = || {
        let count = "SELECT count(*) FROM ended_sessions WHERE over_since IS NOT NULL";
        database.query_row(count, [], |row| row.get::<_, i64>(0)).expect("has the table")
    };
    let give_up = Instant::now() + std::time::Duration::from_secs(20);
    while found() == 0 {
        assert!(Instant::now() < give_up, "nothing was swept");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
