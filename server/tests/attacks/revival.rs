//! A change that was under way when its session ended must not bring the session back
//! (rack-session CVE-2025-46336, nextjs-auth0 #2335, express-session #632).

use serde_json::{Value, json};

use crate::app::{Caller, PASSWORD, TestApp};
use crate::backing::Backing;
use crate::raw::Raw;

const ROUNDS: usize = 200;
/// The same where the way that the session ended differs little.
const FEWER: usize = 10;
const BODY: &str = r#"{"theme":"dark"}"#;

/// A request that has begun and waits for its body.
struct Late(Raw);

impl Late {
    /// The server asks for the body once it knows who is calling: it has read the session by then.
    async fn begins(app: &TestApp, caller: &Caller<'_>) -> Self {
        let mut raw = Raw::to(app).await;
        let cookie = caller.cookie("id").expect("a session");
        let head = format!(
            "PATCH /api/v1/preferences HTTP/1.1\r\nHost: a\r\nCookie: id={cookie}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
            BODY.len()
        );
        raw.send(head).await.expect("is taken");
        assert_eq!(raw.status().await, 100);
        Self(raw)
    }

    /// The body comes at last. The answer must hand out nothing.
    async fn ends(mut self, name: &str) {
        self.0.send(BODY).await.expect("is taken");
        let transcript = self.0.read_all().await;
        assert!(!transcript.0.contains("set-cookie"), "{name}: {transcript:?}");
    }
}

/// Whoever holds the old cookie is a guest, and nothing that came late is kept for them.
async fn is_a_guest(copy: &mut Caller<'_>, name: &str) {
    let whoami = copy.whoami().await;
    let shown = ["authenticated", "theme", "session"].map(|field| whoami.get(field));
    assert_eq!(shown, [&json!(false), &json!("system"), &json!(null)].map(Some), "{name}");
}

async fn sessions_of(member: &mut Caller<'_>) -> usize {
    let listed = member.get("/api/v1/sessions").await.json();
    listed.get("sessions").and_then(Value::as_array).expect("a list").len()
}

/// ASVS V7.4.1.
#[tokio::test]
async fn a_change_in_flight_at_sign_out_revives_nothing() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        for _ in 0..ROUNDS {
            let late = Late::begins(&app, &ada).await;
            let mut copy = ada.clone();
            assert_eq!(ada.logout().await.status, 204);
            late.ends(backing.name).await;
            is_a_guest(&mut copy, backing.name).await;
            assert_eq!(ada.login("ada", PASSWORD).await.json()["theme"], json!("system"), "{}", backing.name);
        }
        assert_eq!(sessions_of(&mut ada).await, 1, "{}: no record was left behind", backing.name);
    }
}

/// ASVS V7.4.1.
#[tokio::test]
async fn a_change_in_flight_at_revocation_revives_nothing() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        let mut phone = app.program();
        for _ in 0..FEWER {
            phone.login("ada", PASSWORD).await;
            let late = Late::begins(&app, &phone).await;
            let request = ada.bare(reqwest::Method::DELETE, "/api/v1/sessions");
            assert_eq!(ada.send(request).await.status, 204);
            late.ends(backing.name).await;
            is_a_guest(&mut phone, backing.name).await;
        }
        assert_eq!(sessions_of(&mut ada).await, 1, "{}", backing.name);
    }
}

#[tokio::test]
async fn a_change_in_flight_at_a_change_of_id_is_dropped() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        for _ in 0..FEWER {
            let late = Late::begins(&app, &ada).await;
            let mut copy = ada.clone();
            assert_eq!(ada.login("ada", PASSWORD).await.status, 200);
            late.ends(backing.name).await;
            is_a_guest(&mut copy, backing.name).await;
            assert_eq!(ada.whoami().await["theme"], json!("system"), "{}", backing.name);
        }
        assert_eq!(sessions_of(&mut ada).await, 1, "{}", backing.name);
    }
}

/// ASVS V7.4.1.
#[tokio::test]
async fn a_change_that_comes_after_the_sign_out_is_dropped() {
    for backing in Backing::all().await {
        let app = backing.start().await;
        let mut ada = app.member("ada").await;
        let mut copy = ada.clone();
        assert_eq!(ada.logout().await.status, 204);
        let answer = copy.choose("theme", "dark").await;
        assert_eq!(answer.set_cookies().len(), 0, "{}: {answer:?}", backing.name);
        is_a_guest(&mut copy, backing.name).await;
        assert_eq!(ada.whoami().await["session"], json!(null), "{}", backing.name);
    }
}
