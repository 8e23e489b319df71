//! Removing an account, and how many sessions it may have.

use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};
use crate::stores::on_each;

/// Sign-ins that an account holds at once.
const MOST: usize = 20;

/// ASVS V7.4.2, V8.3.2.
#[tokio::test]
async fn all_sessions_of_a_removed_account_end_at_once_on_every_store_and_are_told_why() {
    on_each(async |app, store| {
        let mut ada = app.member("ada").await;
        let mut bob = app.member("bob").await;
        let mut others = [app.program(), app.plain_browser()];
        for other in &mut others {
            other.login("ada", PASSWORD).await;
        }
        let mut copy = ada.clone();
        assert_eq!(ada.remove_account(PASSWORD).await.status, 204, "{store}");
        for other in others.iter_mut().chain([&mut copy]) {
            assert_eq!(other.standing().await, "account_removed", "{store}");
        }
        assert_eq!(ada.whoami().await["authenticated"], json!(false), "{store}");
        assert_eq!(bob.standing().await, "bob", "{store}");
    })
    .await;
}

#[tokio::test]
async fn a_removed_account_is_gone_and_its_name_is_free() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    ada.choose("theme", "dark").await;
    let answer = ada.remove_account(PASSWORD).await;
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
    assert_eq!(ada.whoami().await["theme"], json!("dark"), "as at a sign-out");
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    for table in ["accounts", "known_devices", "pending_ends"] {
        let sql = format!("SELECT count(*) FROM {table}");
        let count: i64 = connection.query_row(&sql, [], |row| row.get(0)).expect("counts");
        assert_eq!(count, 0, "{table}");
    }
    assert_eq!(app.program().register("ada", PASSWORD).await.status, 201);
}

/// ASVS V7.5.3.
#[tokio::test]
async fn an_account_is_removed_by_its_password_alone() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let refused = ada.remove_account("another good password").await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "wrong_password"));
    assert_eq!(app.program().remove_account(PASSWORD).await.code(), "sign_in_required");
    assert_eq!(ada.standing().await, "ada");
    app.clock.advance(time::Duration::minutes(11));
    assert_eq!(ada.remove_account(PASSWORD).await.status, 204, "the password is a sign-in of its own");
}

#[tokio::test]
async fn the_form_forgets_the_remembered_name_too() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut browser = app.plain_browser();
    let fields = [("username", "ada"), ("password", PASSWORD), ("remember_username", "true")];
    browser.form("/api/fn/login", &fields).await;
    assert_eq!(browser.cookie("username"), Some("ada"));
    browser.remove_account("another good password").await;
    assert_eq!(browser.cookie("username"), Some("ada"));
    browser.remove_account(PASSWORD).await;
    assert_eq!(browser.cookie("username"), None);
    assert!(browser.get(::app::routes::REMOVED).await.body.contains("This account was removed."));
}

/// Each `<input …>` of a page that has this attribute.
fn inputs(page: &str, attribute: &str) -> Vec<String> {
    let inputs = page.split("<input").skip(1).filter_map(|rest| rest.split('>').next());
    inputs.filter(|input| input.contains(attribute)).map(str::to_owned).collect()
}

/// ASVS V6.2.6, V6.2.7.
#[tokio::test]
async fn passwords_are_typed_in_fields_that_hide_them_and_that_managers_know() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let mut ada = app.plain_browser();
    ada.register("ada", PASSWORD).await;
    for (page, current, new) in [
        (guest.get("/login").await.body, 1, 0),
        (guest.get("/register").await.body, 0, 1),
        (ada.get("/account").await.body, 3, 1),
    ] {
        let counted = ["current-password", "new-password"]
            .map(|word| inputs(&page, &format!("autocomplete=\"{word}\"")))
            .map(|found| found.iter().filter(|input| input.contains("type=\"password\"")).count());
        assert_eq!(counted, [current, new]);
        assert_eq!(inputs(&page, "type=\"password\"").len(), current + new);
        assert_ne!(inputs(&page, "autocomplete=\"username\"").len(), 0, "a manager is told whose it is");
        assert!(!page.contains("onpaste") && !page.contains("autocomplete=\"off\""), "{page}");
    }
}

/// ASVS V2.3.3.
#[tokio::test]
async fn a_store_that_fails_in_between_leaves_the_account() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for write in ["UPDATE ON sessions", "DELETE ON accounts", "INSERT ON pending_ends"] {
        app.meddle(&format!("CREATE TRIGGER broken BEFORE {write} BEGIN SELECT RAISE(FAIL, 'full'); END"));
        assert_eq!(ada.remove_account(PASSWORD).await.status, 503, "{write}");
        app.meddle("DROP TRIGGER broken");
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 200, "{write}");
        assert_eq!(ada.standing().await, "ada", "{write}");
    }
    assert_eq!(ada.remove_account(PASSWORD).await.status, 204);
}

#[tokio::test]
async fn that_the_note_of_it_cannot_be_taken_is_no_failure_of_the_removal() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.meddle("CREATE TRIGGER broken BEFORE DELETE ON pending_ends BEGIN SELECT RAISE(FAIL, 'full'); END");
    assert_eq!(ada.remove_account(PASSWORD).await.status, 204);
    assert_eq!(app.program().login("ada", PASSWORD).await.status, 401);
}

/// ASVS V2.3.3, V15.4.2.
#[tokio::test]
async fn a_sign_in_leaves_no_session_if_the_account_is_removed_meanwhile() {
    let app = TestApp::start().await;
    app.member("ada").await;
    // The removal, to its end, between comparing the password and beginning the session.
    app.meddle("CREATE TRIGGER meanwhile BEFORE INSERT ON sessions BEGIN DELETE FROM accounts; END");
    let mut ada = app.program();
    let answer = ada.login("ada", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "invalid_credentials"));
    assert_eq!(ada.whoami().await["session"], Value::Null);
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    let sql = "SELECT count(*) FROM sessions WHERE account IS NOT NULL AND ended IS NULL";
    let living: i64 = connection.query_row(sql, [], |row| row.get(0)).expect("counts");
    assert_eq!(living, 1, "the one of the registration, which the trigger has not ended");
}

/// ASVS V15.4.2, V8.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn of_sign_ins_that_race_a_removal_none_stays_signed_in() {
    for _ in 0..5 {
        let app = TestApp::start().await;
        let mut ada = app.member("ada").await;
        let mut others = [app.program(), app.program(), app.program()];
        let [one, two, three] = &mut others;
        let (removed, ..) = tokio::join!(
            ada.remove_account(PASSWORD),
            one.login("ada", PASSWORD),
            two.login("ada", PASSWORD),
            three.login("ada", PASSWORD),
        );
        assert_eq!(removed.status, 204);
        for other in &mut others {
            assert_eq!(other.whoami().await["authenticated"], json!(false));
        }
    }
}

/// The other request, to its end, between comparing the password and the removal; then the sessions cannot be ended.
#[tokio::test]
async fn an_account_that_another_request_has_removed_is_not_put_back() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    app.meddle(
        "CREATE TRIGGER meanwhile AFTER DELETE ON throttle_failures BEGIN DELETE FROM accounts; END;
         CREATE TRIGGER broken BEFORE UPDATE ON sessions BEGIN SELECT RAISE(FAIL, 'full'); END",
    );
    assert_eq!(ada.remove_account(PASSWORD).await.status, 503);
    app.meddle("DROP TRIGGER meanwhile");
    assert_eq!(
        app.program().login("ada", PASSWORD).await.status,
        401,
        "the other request has said that it is gone"
    );
}

/// The one from which it is removed was ended on another server, which is not known here yet.
#[tokio::test]
async fn all_sessions_end_with_the_account_though_the_one_that_asks_has_ended() {
    let key = format!("sessions.keys={}", server::config::keygen().expect("randomness"));
    let settings = ["sessions.store=encrypted", &key, "sessions.revoked_within=5s"];
    let here = TestApp::with(&settings).await;
    let elsewhere = here.beside(&settings).await;
    let mut laptop = here.member("ada").await;
    assert_eq!(laptop.standing().await, "ada");
    let mut phone = elsewhere.program();
    phone.login("ada", PASSWORD).await;
    assert_eq!(phone.end_other_sessions().await.status, 204);
    laptop.remove_account(PASSWORD).await;
    here.clock.advance(time::Duration::seconds(6));
    assert_ne!(phone.standing().await, "ada");
}

/// The change, to its end, between comparing the password and the removal.
///
/// ASVS V15.4.2.
#[tokio::test]
async fn an_account_whose_password_is_changed_meanwhile_is_not_removed_with_the_old_one() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    let mut ada = app.member("ada").await;
    app.meddle(
        "CREATE TRIGGER meanwhile AFTER DELETE ON throttle_failures BEGIN UPDATE accounts SET password = 'x'; END",
    );
    let refused = ada.remove_account(PASSWORD).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (403, "wrong_password"));
    assert_eq!(ada.standing().await, "ada");
    let connection = rusqlite::Connection::open(app.database()).expect("opens");
    let password: String =
        connection.query_row("SELECT password FROM accounts", [], |row| row.get(0)).expect("is there");
    assert_eq!(password, "x");
}

/// ASVS V2.3.2.
#[tokio::test]
async fn one_session_more_than_twenty_ends_the_oldest_which_is_told_so() {
    let app = TestApp::hashing_weakly(&[]).await;
    let mut oldest = app.member("ada").await;
    let mut second = app.program();
    for number in 1..=MOST {
        app.clock.advance(time::Duration::seconds(1));
        let mut newest = if number == 1 { second.clone() } else { app.program() };
        newest.login("ada", PASSWORD).await;
        if number == 1 {
            second = newest;
        }
    }
    assert_eq!((oldest.standing().await, second.standing().await), ("displaced".into(), "ada".into()));
    let listed = second.get("/api/v1/sessions").await.json();
    assert_eq!(listed["sessions"].as_array().map(Vec::len), Some(MOST));
}

/// ASVS V2.3.2.
#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_at_once_leave_no_more_than_twenty_either() {
    let app = TestApp::hashing_weakly(&[]).await;
    let mut ada = app.member("ada").await;
    let mut phones: Vec<_> = (0..MOST + 5).map(|_| app.program()).collect();
    let signing_in = phones.iter_mut().map(|phone| phone.login("ada", PASSWORD));
    futures_util::future::join_all(signing_in).await;
    let mut living = usize::from(ada.standing().await == "ada");
    for phone in &mut phones {
        living += usize::from(phone.standing().await == "ada");
    }
    assert!((MOST - 1..=MOST).contains(&living), "{living}");
}
