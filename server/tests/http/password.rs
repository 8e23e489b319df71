//! Changing a password.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{OTHER_PASSWORD, PASSWORD, TestApp};
use crate::stores::on_each;

/// What the database does instead of a write.
const FAIL: &str = "BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";

/// ASVS V6.2.2.
#[tokio::test]
async fn the_new_password_opens_the_account_and_the_old_one_does_not() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let answer = ada.change_password(PASSWORD, OTHER_PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
    assert_eq!(app.program().login("ada", OTHER_PASSWORD).await.status, 200);
}

/// ASVS V7.4.3.
#[tokio::test]
async fn all_other_sessions_end_at_once_on_every_store_and_are_told_why() {
    on_each(async |app, store| {
        let mut ada = app.member("ada").await;
        let mut bob = app.member("bob").await;
        let mut others = [app.program(), app.plain_browser()];
        for other in &mut others {
            other.login("ada", PASSWORD).await;
            assert_eq!(other.standing().await, "ada", "{store}");
        }
        assert_eq!(ada.change_password(PASSWORD, OTHER_PASSWORD).await.status, 204, "{store}");
        for other in &mut others {
            assert_eq!(other.standing().await, "password_changed", "{store}");
        }
        assert_eq!((ada.standing().await, bob.standing().await), ("ada".into(), "bob".into()), "{store}");
    })
    .await;
}

/// ASVS V7.4.3, V7.2.4.
#[tokio::test]
async fn this_session_goes_on_under_a_new_id_on_every_store() {
    on_each(async |app, store| {
        let mut ada = app.member("ada").await;
        ada.choose("theme", "dark").await;
        let mut copy = ada.clone();
        ada.change_password(PASSWORD, OTHER_PASSWORD).await;
        assert_eq!(ada.whoami().await["theme"], json!("dark"), "{store}");
        assert_eq!(copy.whoami().await["authenticated"], json!(false), "{store}: a copied cookie");
    })
    .await;
}

/// ASVS V6.2.3.
#[tokio::test]
async fn a_wrong_current_password_changes_nothing_and_counts_like_a_sign_in() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    for _ in 0..5 {
        let refused = ada.change_password("another good password", OTHER_PASSWORD).await;
        assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "wrong_password"));
    }
    for throttled in [ada.change_password(PASSWORD, OTHER_PASSWORD).await, ada.login("ada", PASSWORD).await] {
        assert_eq!((throttled.status.as_u16(), throttled.code().as_str()), (429, "throttled"));
    }
    assert_eq!(ada.standing().await, "ada");
    app.clock.advance(time::Duration::minutes(1));
    assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
}

/// ASVS V6.2.3.
#[tokio::test]
async fn both_passwords_are_needed() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for (field, body) in [
        ("current_password", json!({ "new_password": OTHER_PASSWORD })),
        ("new_password", json!({ "current_password": PASSWORD })),
    ] {
        let refused = ada.json(Method::PUT, "/api/v1/password", body).await;
        assert_eq!(
            (refused.status.as_u16(), &refused.json()["errors"][field][0]["code"]),
            (422, &json!("missing"))
        );
    }
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_new_password_is_judged_as_at_registration_and_must_be_new() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for (new, fault) in [
        ("short", "password_too_short"),
        ("passwordpassword", "password_common"),
        ("i am ada and nobody else", "password_contains_username"),
        (PASSWORD, "password_unchanged"),
    ] {
        let refused = ada.change_password(PASSWORD, new).await;
        let code = &refused.json()["errors"]["new_password"][0]["code"];
        assert_eq!((refused.status.as_u16(), code), (422, &json!(fault)));
    }
    let refused = ada.change_password(&"x".repeat(2000), "short").await.json();
    let fields = refused["errors"].as_object().expect("fields").keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields, ["current_password", "new_password"], "every fault of every field");
}

#[tokio::test]
async fn a_guest_and_one_whose_session_has_ended_change_nothing() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut copy = ada.clone();
    ada.logout().await;
    assert_eq!(app.program().change_password(PASSWORD, OTHER_PASSWORD).await.code(), "sign_in_required");
    assert_eq!(copy.change_password(PASSWORD, OTHER_PASSWORD).await.code(), "session_ended");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

/// ASVS V15.4.2.
#[tokio::test]
async fn whoever_is_signed_out_while_the_password_is_compared_changes_nothing_and_is_told_why() {
    let app = TestApp::with(&["throttle.account=on", "sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    app.meddle(
        "CREATE TRIGGER meanwhile AFTER DELETE ON throttle_failures
         BEGIN UPDATE sessions SET ended = 'revoked', account = NULL, value = ''; END",
    );
    let refused = ada.change_password(PASSWORD, OTHER_PASSWORD).await;
    assert_eq!((refused.code().as_str(), &refused.json()["reason"]), ("session_ended", &json!("revoked")));
    app.meddle("DROP TRIGGER meanwhile");
    assert_eq!(app.program().login("ada", OTHER_PASSWORD).await.status, 401);
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

/// ASVS V2.3.3.
#[tokio::test]
async fn a_store_that_fails_in_between_leaves_the_old_password() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    let others_end = "UPDATE ON sessions WHEN NEW.ended = 'password_changed'";
    for write in ["INSERT ON sessions", "UPDATE ON sessions", "UPDATE ON accounts", others_end] {
        app.meddle(&format!("CREATE TRIGGER broken BEFORE {write} {FAIL}"));
        let answer = ada.change_password(PASSWORD, OTHER_PASSWORD).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, "unavailable"), "{write}");
        app.meddle("DROP TRIGGER broken");
        assert_eq!(app.program().login("ada", OTHER_PASSWORD).await.status, 401, "{write}");
        assert_eq!((phone.standing().await, ada.standing().await), ("ada".into(), "ada".into()), "{write}");
    }
    assert_eq!(ada.change_password(PASSWORD, OTHER_PASSWORD).await.status, 204);
    assert_eq!(phone.standing().await, "password_changed");
}

#[tokio::test]
async fn that_the_note_of_it_cannot_be_taken_is_no_failure_of_the_change() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.meddle(&format!("CREATE TRIGGER broken BEFORE DELETE ON pending_ends {FAIL}"));
    assert_eq!(ada.change_password(PASSWORD, OTHER_PASSWORD).await.status, 204);
    assert_eq!(ada.standing().await, "ada");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
    assert_eq!(app.program().login("ada", OTHER_PASSWORD).await.status, 200);
}

/// ASVS V2.3.3.
#[tokio::test]
async fn a_process_that_is_killed_before_sessions_have_ended_is_followed_up_at_the_next_start() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    let mut bob = app.member("bob").await;
    app.meddle(
        "INSERT INTO pending_ends SELECT key, 'password_changed', 0 FROM accounts WHERE username = 'ada'",
    );
    let database = format!("database.url=sqlite://{}", app.database().display());
    let _next = TestApp::with(&[&database]).await;
    assert_eq!((ada.standing().await, bob.standing().await), ("password_changed".into(), "bob".into()));
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 200);
}

/// It may be the only one, while strangers guess.
#[tokio::test]
async fn the_browser_of_a_change_that_failed_is_still_known() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    app.meddle(&format!(
        "CREATE TRIGGER broken BEFORE UPDATE ON sessions WHEN NEW.ended IN ('password_changed', 'account_removed') {FAIL}"
    ));
    app.program().login("ada", PASSWORD).await;
    for is_removal in [false, true] {
        let failed = if is_removal {
            ada.remove_account(PASSWORD).await
        } else {
            ada.change_password(PASSWORD, OTHER_PASSWORD).await
        };
        assert_eq!(failed.status, 503);
        let mut stranger = app.program();
        while stranger.login("ada", "another good password").await.status != 429 {}
        assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
        app.clock.advance(time::Duration::hours(2));
        ada.login("ada", PASSWORD).await;
    }
}

#[tokio::test]
async fn who_cannot_be_followed_up_holds_up_nobody_else() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    app.member("ada").await;
    let mut bob = app.member("bob").await;
    app.meddle(&format!("CREATE TRIGGER broken BEFORE DELETE ON pending_ends WHEN OLD.noted = 0 {FAIL}"));
    app.meddle("INSERT INTO pending_ends SELECT key, 'password_changed', username = 'bob' FROM accounts");
    let database = format!("database.url=sqlite://{}", app.database().display());
    let _next = TestApp::with(&[&database]).await;
    let give_up = Instant::now() + Duration::from_secs(20);
    while bob.standing().await == "bob" {
        assert!(Instant::now() < give_up, "the note before is in the way");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bob.standing().await, "password_changed");
}

/// ASVS V2.3.3, V15.4.2.
#[tokio::test]
async fn a_sign_in_with_the_old_password_leaves_no_session_if_it_is_changed_meanwhile() {
    let app = TestApp::start().await;
    app.member("ada").await;
    // The change, to its end, between comparing the password and beginning the session.
    app.meddle(
        "CREATE TRIGGER meanwhile BEFORE INSERT ON sessions BEGIN UPDATE accounts SET password = 'x'; END",
    );
    let mut thief = app.program();
    let answer = thief.login("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_credentials"));
    assert_eq!(thief.whoami().await["session"], Value::Null);
}

/// ASVS V15.4.2.
#[tokio::test]
async fn of_two_changes_at_once_one_is_done() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    let third = "quiet copper bicycles hum along";
    let (one, other) =
        tokio::join!(ada.change_password(PASSWORD, OTHER_PASSWORD), phone.change_password(PASSWORD, third));
    let done = [&one, &other].map(|answer| answer.status == 204);
    assert_ne!(done[0], done[1], "{one:?} {other:?}");
    let (right, wrong) = if done[0] { (OTHER_PASSWORD, third) } else { (third, OTHER_PASSWORD) };
    assert_eq!(app.program().login("ada", wrong).await.status, 401);
    assert_eq!(app.program().login("ada", right).await.status, 200);
    let (mut winner, mut loser) = if done[0] { (ada, phone) } else { (phone, ada) };
    assert_eq!(winner.whoami().await["authenticated"], json!(true));
    assert_eq!(loser.whoami().await["authenticated"], json!(false), "whoever knew the old password is out");
}
