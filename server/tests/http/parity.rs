//! REST, server function and form without JavaScript: the same outcome, whichever door.

use serde_json::{Value, json};

use crate::app::{Caller, Kind, OTHER_PASSWORD, PASSWORD, TestApp};

const DOORS: [Kind; 3] = [Kind::Program, Kind::Script, Kind::Form];

fn caller(app: &TestApp, door: Kind) -> Caller<'_> {
    match door {
        Kind::Program => app.program(),
        Kind::Script => app.browser(),
        Kind::Form => app.plain_browser(),
    }
}

/// What is the same behind every door: who is here afterwards.
async fn outcome(mut caller: Caller<'_>) -> Value {
    let mut whoami = caller.whoami().await;
    let session = whoami.get_mut("session").expect("there, or null");
    *session = Value::Bool(session.is_object());
    whoami
}

fn member(theme: &str) -> Value {
    json!({"authenticated": true, "username": "ada", "language": "en", "theme": theme, "session": true})
}

fn guest() -> Value {
    json!({"authenticated": false, "username": null, "language": "en", "theme": "system", "session": false})
}

#[tokio::test]
async fn register() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        let answer = ada.register("ada", PASSWORD).await;
        let expected = match door {
            Kind::Program => (201, None),
            Kind::Script => (200, None),
            Kind::Form => (303, Some("/")),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected);
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
    }
}

#[tokio::test]
async fn a_refused_registration() {
    for door in DOORS {
        let app = TestApp::start().await;
        app.member("ada").await;
        let mut other = caller(&app, door);
        let answer = other.register("ada", PASSWORD).await;
        let expected = match door {
            Kind::Program | Kind::Script => (409, None),
            Kind::Form => (303, Some("/register?username=ada&error=username_taken")),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected, "{door:?}");
        assert_eq!(outcome(other).await, guest());
    }
}

#[tokio::test]
async fn login() {
    for door in DOORS {
        let app = TestApp::start().await;
        app.member("ada").await;
        let mut ada = caller(&app, door);
        let answer = ada.login("ada", PASSWORD).await;
        assert_eq!(answer.status, if door == Kind::Form { 303 } else { 200 }, "{door:?}");
        assert_eq!(outcome(ada).await, member("system"));
    }
}

#[tokio::test]
async fn a_refused_login() {
    for door in DOORS {
        let app = TestApp::start().await;
        app.member("ada").await;
        let mut stranger = caller(&app, door);
        let answer = stranger.login("ada", "another good password").await;
        let expected = match door {
            Kind::Program | Kind::Script => (401, None),
            Kind::Form => (303, Some("/login?username=ada&error=invalid_credentials")),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected, "{door:?}");
        assert_eq!(outcome(stranger).await, guest());
    }
}

#[tokio::test]
async fn logout() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        ada.register("ada", PASSWORD).await;
        let answer = ada.logout().await;
        let expected = match door {
            Kind::Program => 204,
            Kind::Script => 200,
            Kind::Form => 303,
        };
        assert_eq!(answer.status, expected, "{door:?}");
        assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""), "{door:?}");
        assert_eq!(outcome(ada).await, guest());
    }
}

/// The session that is not the caller's, by its handle.
async fn other_handle(caller: &mut Caller<'_>) -> String {
    let list = caller.get("/api/v1/sessions").await.json();
    let mut sessions = list.get("sessions").and_then(Value::as_array).cloned().unwrap_or_default();
    sessions.retain(|session| session.get("current") == Some(&Value::Bool(false)));
    sessions.first().and_then(|other| other.get("handle")?.as_str()).map(str::to_owned).expect("another")
}

/// Nothing to tell a program, who is here to a script, the list to a form.
fn ended(door: Kind) -> (u16, Option<&'static str>) {
    match door {
        Kind::Program => (204, None),
        Kind::Script => (200, None),
        Kind::Form => (303, Some("/account")),
    }
}

#[tokio::test]
async fn ending_another_session() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut phone = app.member("ada").await;
        let mut ada = caller(&app, door);
        ada.login("ada", PASSWORD).await;
        let handle = other_handle(&mut ada).await;
        let answer = ada.end_session(&handle).await;
        assert_eq!((answer.status.as_u16(), answer.location()), ended(door));
        assert_eq!(phone.get("/api/v1/protected").await.json()["reason"], "revoked", "{door:?}");
        assert_eq!(ada.end_session(&handle).await.status, 404, "{door:?}: it has none any more");
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
    }
}

#[tokio::test]
async fn ending_all_other_sessions() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut phone = app.member("ada").await;
        let mut ada = caller(&app, door);
        ada.login("ada", PASSWORD).await;
        let answer = ada.end_other_sessions().await;
        assert_eq!((answer.status.as_u16(), answer.location()), ended(door));
        assert_eq!(phone.get("/api/v1/protected").await.json()["reason"], "revoked", "{door:?}");
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
    }
}

#[tokio::test]
async fn a_guest_ends_nothing() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut guest = caller(&app, door);
        for answer in [guest.end_session("AAAAAAAAAAAAAAAAAAAAAA").await, guest.end_other_sessions().await] {
            assert_eq!(answer.status, 401, "{door:?}");
        }
    }
}

#[tokio::test]
async fn changing_the_password() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut phone = app.member("ada").await;
        let mut ada = caller(&app, door);
        ada.login("ada", PASSWORD).await;
        let answer = ada.change_password(PASSWORD, OTHER_PASSWORD).await;
        let expected = match door {
            Kind::Program => (204, None),
            Kind::Script => (200, None),
            Kind::Form => (303, Some("/account?done=password")),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected);
        assert_eq!(phone.standing().await, "password_changed", "{door:?}");
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
        assert_eq!(app.program().login("ada", OTHER_PASSWORD).await.status, 200, "{door:?}");
    }
}

#[tokio::test]
async fn a_refused_change_of_password() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        ada.register("ada", PASSWORD).await;
        for (current, new, status, error) in [
            ("another good password", OTHER_PASSWORD, 403, "wrong_password"),
            (PASSWORD, PASSWORD, 422, "invalid.new_password-password_unchanged"),
        ] {
            let answer = ada.change_password(current, new).await;
            let location = format!("/account?form=password&error={error}#password");
            let expected = if door == Kind::Form { (303, Some(&*location)) } else { (status, None) };
            assert_eq!((answer.status.as_u16(), answer.location()), expected, "{door:?}");
        }
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 200, "{door:?}");
    }
}

#[tokio::test]
async fn what_asks_for_a_recent_sign_in() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        ada.register("ada", PASSWORD).await;
        app.clock.advance(time::Duration::minutes(11));
        let refused = ada.end_other_sessions().await;
        assert_eq!(refused.status, if door == Kind::Form { 303 } else { 403 }, "{door:?}");
        let confirmed = ada.confirm(PASSWORD).await;
        assert_eq!(confirmed.status, if door == Kind::Form { 303 } else { 200 }, "{door:?}");
        let answer = ada.end_other_sessions().await;
        assert_eq!((answer.status.as_u16(), answer.location()), ended(door));
        assert_eq!(outcome(ada).await, member("system"), "{door:?}");
    }
}

#[tokio::test]
async fn removing_the_account() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        ada.register("ada", PASSWORD).await;
        let answer = ada.remove_account("another good password").await;
        let expected = match door {
            Kind::Program | Kind::Script => (403, None),
            Kind::Form => (303, Some("/account?form=removal&error=wrong_password#removal")),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected, "{door:?}");
        let answer = ada.remove_account(PASSWORD).await;
        let expected = match door {
            Kind::Program => (204, None),
            Kind::Script => (200, None),
            Kind::Form => (303, Some(::app::routes::REMOVED)),
        };
        assert_eq!((answer.status.as_u16(), answer.location()), expected, "{door:?}");
        assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""), "{door:?}");
        assert_eq!(outcome(ada).await, guest());
        assert_eq!(app.program().login("ada", PASSWORD).await.status, 401, "{door:?}");
    }
}

#[tokio::test]
async fn preferences() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut ada = caller(&app, door);
        ada.register("ada", PASSWORD).await;
        let answer = ada.choose("theme", "dark").await;
        assert_eq!(answer.status, if door == Kind::Form { 303 } else { 200 }, "{door:?}");
        assert_eq!(outcome(ada).await, member("dark"));
    }
}

#[tokio::test]
async fn a_refused_preference() {
    for door in DOORS {
        let app = TestApp::start().await;
        let mut guest = caller(&app, door);
        let answer = guest.choose("theme", "pink").await;
        assert_eq!((answer.status.as_u16(), answer.set_cookies().len()), (422, 0), "{door:?}");
    }
}

#[tokio::test]
async fn a_throttled_login() {
    for door in DOORS {
        let app = TestApp::with(&["throttle.address_sign_in=1/1m"]).await;
        let mut stranger = caller(&app, door);
        stranger.login("ada", PASSWORD).await;
        let answer = stranger.login("ada", PASSWORD).await;
        let expected = match door {
            Kind::Program | Kind::Script => (429, Some("60"), None),
            Kind::Form => (303, None, Some("/login?username=ada&error=throttled.60")),
        };
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after"), answer.location()),
            expected,
            "{door:?}"
        );
    }
}
