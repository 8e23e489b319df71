//! Keys are replaced: the new one seals, the old one opens until it is taken out (Flask CVE-2025-47278 had
//! the order wrong).

use serde_json::json;

use crate::app::TestApp;
use crate::backing::new_key;

const KEYED: [&str; 3] = ["sessions.store=encrypted", "sessions.store=signed", "sessions.sign_ids=true"];

async fn beside(app: &TestApp, store: &str, keys: &[&str]) -> TestApp {
    app.beside(&[store, &format!("sessions.keys={}", keys.join(","))]).await
}

/// ASVS V9.1.3.
#[tokio::test]
async fn the_first_key_seals_all_open_and_a_removed_one_opens_nothing() {
    let (old, new) = (new_key(), new_key());
    for store in KEYED {
        let before = TestApp::with(&[store, &format!("sessions.keys={old}")]).await;
        let both = beside(&before, store, &[&new, &old]).await;
        let after = beside(&before, store, &[&new]).await;
        let ada = before.member("ada").await;
        let [mut kept, mut moved, mut late] = [&before, &both, &after].map(|app| {
            let mut caller = app.program();
            caller.cookies.clone_from(&ada.cookies);
            caller
        });
        assert_eq!(moved.whoami().await["username"], json!("ada"), "{store}: the old key opens");
        assert_eq!(moved.choose("theme", "dark").await.status, 200, "{store}");
        assert_ne!(moved.cookies, ada.cookies, "{store}: it is sealed again");
        assert_eq!(late.whoami().await["authenticated"], json!(false), "{store}: the old key is gone");
        late.cookies.clone_from(&moved.cookies);
        assert_eq!(late.whoami().await["username"], json!("ada"), "{store}: the new key sealed it");
        kept.cookies.clone_from(&moved.cookies);
        assert_eq!(
            kept.whoami().await["authenticated"],
            json!(false),
            "{store}: the old key does not open it"
        );
    }
}

#[tokio::test]
async fn a_cookie_of_a_retired_key_is_told_that_its_session_has_ended() {
    let old = new_key();
    for store in KEYED {
        let before = TestApp::with(&[store, &format!("sessions.keys={old}")]).await;
        let after = beside(&before, store, &[&new_key()]).await;
        let ada = before.member("ada").await;
        let mut late = after.program();
        late.cookies.clone_from(&ada.cookies);
        assert_eq!(late.get("/api/v1/protected").await.code(), "session_ended", "{store}");
    }
}
