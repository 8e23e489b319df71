//! Who has an account here: no answer tells by what it says. `timing.rs` asks when it comes.

use crate::app::{Answer, Caller, Kind, TestApp};

const WRONG: &str = "another good password";

/// Everything but the moment, and the name that the visitor typed.
fn shown(answer: &Answer, name: &str) -> String {
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| *name != "date").collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    format!("{} {headers:?} {}", answer.status, answer.body).replace(name, "")
}

fn caller(app: &TestApp, kind: Kind) -> Caller<'_> {
    match kind {
        Kind::Program => app.program(),
        Kind::Script => app.browser(),
        Kind::Form => app.plain_browser(),
    }
}

/// ASVS V6.3.8.
#[tokio::test]
async fn unknown_names_and_wrong_passwords_get_the_same_answer_through_every_door() {
    for door in [Kind::Program, Kind::Script, Kind::Form] {
        let app = TestApp::with(&["throttle.account=on"]).await;
        app.member("ada").await;
        for attempt in 0..8 {
            let known = caller(&app, door).login("ada", WRONG).await;
            let unknown = caller(&app, door).login("bob", WRONG).await;
            assert_eq!(shown(&known, "ada"), shown(&unknown, "bob"), "{door:?}, attempt {attempt}");
        }
    }
}
