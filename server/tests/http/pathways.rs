//! Every way that takes a password is as strong as every other.

use reqwest::StatusCode;
use serde_json::Value;

use crate::app::{Answer, Caller, Kind, OTHER_PASSWORD, PASSWORD, TestApp};

const DOORS: [Kind; 3] = [Kind::Program, Kind::Script, Kind::Form];

/// What an account's password is asked for.
#[derive(Clone, Copy, Debug)]
enum Way {
    SignIn,
    Confirm,
    ChangePassword,
    RemoveAccount,
}

const WAYS: [Way; 4] = [Way::SignIn, Way::Confirm, Way::ChangePassword, Way::RemoveAccount];

impl Way {
    /// Goes it with this password.
    async fn go(self, ada: &mut Caller<'_>, password: &str) -> Answer {
        match self {
            Self::SignIn => ada.login("ada", password).await,
            Self::Confirm => ada.confirm(password).await,
            Self::ChangePassword => ada.change_password(password, OTHER_PASSWORD).await,
            Self::RemoveAccount => ada.remove_account(password).await,
        }
    }
}

/// Somebody who is signed in at this door, with a browser that the account does not know: all count together.
async fn signed_in(app: &TestApp, door: Kind) -> Caller<'_> {
    let mut ada = match door {
        Kind::Program => app.program(),
        Kind::Script => app.browser(),
        Kind::Form => app.plain_browser(),
    };
    ada.login("ada", PASSWORD).await;
    ada.cookies.retain(|(name, _)| name != "device");
    ada
}

/// The failure's code, wherever this door has it.
fn code(answer: &Answer) -> String {
    let said = answer.location().and_then(|page| page.split("error=").nth(1)).map(str::to_owned);
    let said = said.unwrap_or_else(|| match serde_json::from_str::<Value>(&answer.body) {
        Ok(Value::String(said)) => said,
        _ => answer.code(),
    });
    said.split(['.', '&', '#']).next().unwrap_or_default().to_owned()
}

/// How many of the account's events are failed sign-ins.
async fn failures(ada: &mut Caller<'_>) -> u64 {
    let told = ada.get("/api/v1/events").await.json();
    let events = told.get("events").and_then(Value::as_array).into_iter().flatten();
    let failed = events.filter(|event| event.get("event").and_then(Value::as_str) == Some("sign_in_failed"));
    failed.filter_map(|event| event.get("count").and_then(Value::as_u64)).sum()
}

/// ASVS V6.3.4.
#[tokio::test]
async fn failures_of_every_way_through_every_door_are_logged_and_counted_together() {
    for door in DOORS {
        for way in WAYS {
            let app = TestApp::with(&["throttle.account=on"]).await;
            app.member("ada").await;
            let mut ada = signed_in(&app, door).await;
            for failed in 1..=5 {
                let said = code(&way.go(&mut ada, "another good password").await);
                let wrong = if matches!(way, Way::SignIn) { "invalid_credentials" } else { "wrong_password" };
                assert_eq!(said, wrong, "{door:?} {way:?}");
                assert_eq!(failures(&mut ada).await, failed, "{door:?} {way:?}");
            }
            for other in WAYS {
                let said = code(&other.go(&mut ada, PASSWORD).await);
                assert_eq!(said, "throttled", "{other:?} after {way:?} through {door:?}");
            }
        }
    }
}

/// ASVS V6.3.4.
#[tokio::test]
async fn every_way_through_every_door_counts_for_the_address() {
    for door in DOORS {
        for way in WAYS {
            let app = TestApp::with(&["throttle.address_sign_in=3/1m"]).await;
            app.member("ada").await;
            let mut ada = signed_in(&app, door).await;
            for _ in 0..2 {
                way.go(&mut ada, "another good password").await;
            }
            assert_eq!(code(&way.go(&mut ada, PASSWORD).await), "throttled", "{door:?} {way:?}");
            assert_eq!(app.program().login("ada", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
        }
    }
}

/// ASVS V6.3.4.
#[tokio::test]
async fn every_way_to_a_new_password_has_the_same_rules() {
    for door in DOORS {
        let app = TestApp::start().await;
        app.member("ada").await;
        let mut ada = signed_in(&app, door).await;
        let mut guest = signed_in(&app, door).await;
        guest.logout().await;
        for weak in ["short", "passwordpassword", "i am ada and nobody else", &"x".repeat(2000)] {
            let refused = [
                guest.register("ada-too", &weak.replace("ada", "ada-too")).await,
                ada.change_password(PASSWORD, weak).await,
            ];
            assert_eq!(refused.map(|answer| code(&answer)), ["invalid", "invalid"], "{door:?} {weak}");
        }
    }
}
