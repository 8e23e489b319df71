//! A copied cookie, after its account was changed or removed in another session: it is a guest's everywhere, and
//! its holder is told why.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Caller, OTHER_PASSWORD, PASSWORD, TestApp};
use crate::backing::Backing;

/// In no text of the site: wherever it is found, the account is shown.
const NAME: &str = "lovelace";

/// What everybody is answered.
const OPEN: [&str; 7] =
    ["/", "/products", "/login", "/register", "/session", "/api/v1/whoami", "/api/v1/session"];
/// What members are answered, with what it takes.
const CLOSED: [(Method, &str, &str); 8] = [
    (Method::GET, "/api/v1/protected", ""),
    (Method::GET, "/api/v1/sessions", ""),
    (Method::GET, "/api/v1/events", ""),
    (Method::DELETE, "/api/v1/sessions", ""),
    (Method::DELETE, "/api/v1/sessions/AAAAAAAAAAAAAAAAAAAAAA", ""),
    (Method::POST, "/api/v1/confirm", r#"{"password":"correct horse battery staple"}"#),
    (
        Method::PUT,
        "/api/v1/password",
        r#"{"current_password":"correct horse battery staple","new_password":"wide open doors at midnight"}"#,
    ),
    (Method::DELETE, "/api/v1/account", r#"{"password":"correct horse battery staple"}"#),
];
const PAGES: [&str; 3] = ["/about", "/contact", "/account"];

/// Each request comes with the whole copy, whatever the one before was told to forget.
async fn is_worth_nothing(copy: &Caller<'_>, reason: &str, name: &str) {
    for path in OPEN {
        let answer = copy.clone().get(path).await;
        assert!(answer.status == 200 && !answer.body.contains(NAME), "{name}: {path}: {answer:?}");
    }
    for path in PAGES {
        let answer = copy.clone().get(path).await;
        assert!(answer.status == 303 && !answer.body.contains(NAME), "{name}: {path}: {answer:?}");
    }
    for (method, path, body) in CLOSED {
        let request = copy.bare(method, path).header("content-type", "application/json").body(body);
        let answer = copy.clone().send(request).await;
        assert_eq!(answer.status, 401, "{name}: {path}: {answer:?}");
        let told = answer.json();
        let told = ["code", "reason"].map(|field| told.get(field));
        assert_eq!(told, [&json!("session_ended"), &json!(reason)].map(Some), "{name}: {path}");
    }
    assert_eq!(copy.clone().whoami().await.get("session"), Some(&Value::Null), "{name}");
}

/// Somebody who is signed in twice, and the copies of both cookies.
async fn copied(app: &TestApp) -> (Caller<'_>, [Caller<'_>; 2]) {
    let (ada, mut phone) = (app.member(NAME).await, app.program());
    assert_eq!(phone.login(NAME, PASSWORD).await.status, 200);
    let copies = [ada.clone(), phone];
    (ada, copies)
}

/// ASVS V7.4.1, V7.4.3.
#[tokio::test]
async fn a_copy_is_worth_nothing_after_a_change_of_the_password() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let (mut ada, [own, phones]) = copied(&app).await;
        assert_eq!(ada.change_password(PASSWORD, OTHER_PASSWORD).await.status, 204, "{}", backing.name);
        is_worth_nothing(&phones, "password_changed", backing.name).await;
        is_worth_nothing(&own, "unknown", backing.name).await;
        assert_eq!(ada.standing().await, NAME, "{}", backing.name);
    }
}

/// ASVS V7.4.1, V7.4.2, V8.3.2.
#[tokio::test]
async fn a_copy_is_worth_nothing_after_the_removal_of_its_account() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let (mut ada, copies) = copied(&app).await;
        assert_eq!(ada.remove_account(PASSWORD).await.status, 204, "{}", backing.name);
        for copy in &copies {
            is_worth_nothing(copy, "account_removed", backing.name).await;
        }
        app.member(NAME).await;
        for copy in &copies {
            is_worth_nothing(copy, "account_removed", "whoever takes the name next").await;
        }
    }
}
