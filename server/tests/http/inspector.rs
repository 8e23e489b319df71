//! The session inspector: what it shows, in each mode, and what it never shows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use server::config::keygen;
use sessions::SessionId;

use crate::app::{Caller, PASSWORD, TestApp};

async fn inspected(caller: &mut Caller<'_>) -> Value {
    let answer = caller.get("/api/v1/session").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// What happened, with reasons or keys.
fn events(view: &Value) -> Vec<String> {
    let told = |event: &Value| {
        let text = |name| event.get(name).and_then(Value::as_str);
        let keys =
            event.get("keys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let detail: Vec<&str> = text("reason").into_iter().chain(keys).collect();
        format!("{} {}", text("event").unwrap_or_default(), detail.join(",")).trim().to_owned()
    };
    view.get("events").and_then(Value::as_array).into_iter().flatten().map(told).collect()
}

#[tokio::test]
async fn a_guest_without_a_session_sees_that_there_is_none() {
    let app = TestApp::start().await;
    let mut guest = app.program();
    let view = inspected(&mut guest).await;
    assert_eq!((&view["record"], &view["events"]), (&Value::Null, &json!([])));
    let cookie = json!({
        "name": "id", "attributes": ["Path=/", "HttpOnly", "SameSite=Lax"], "size": null, "holds": "id", "payload": null
    });
    assert_eq!(view["cookie"], cookie);
    assert!(guest.cookies.is_empty(), "looking begins no session");
}

/// As after a change of the store or of the keys, or of the cookie's path.
#[tokio::test]
async fn a_cookie_that_this_server_has_not_made_is_not_taken_for_one_of_its_own() {
    let key = format!("sessions.keys={}", keygen().expect("randomness"));
    for mode in ["sqlite", "encrypted", "signed"] {
        let app = TestApp::with(&[&format!("sessions.store={mode}"), &key]).await;
        for (cookies, holds, size, told) in [
            (&["garbage"][..], "unknown", json!("id=garbage".len()), "nothing that this server has made"),
            (&["a", "b"], "one_of_several", Value::Null, "there are several of this name"),
        ] {
            let mut guest = app.program();
            guest.cookies = cookies.iter().map(|value| ("id".to_owned(), (*value).to_owned())).collect();
            let view = inspected(&mut guest).await;
            assert_eq!((&view["cookie"]["holds"], &view["cookie"]["size"]), (&json!(holds), &size), "{mode}");
            assert!(guest.get("/session").await.body.contains(told), "{mode} {cookies:?}");
        }
    }
}

#[tokio::test]
async fn the_page_says_whose_session_it_is_and_how_long_its_cookie_stays() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    browser.choose("theme", "dark").await;
    assert!(browser.get("/session").await.body.contains("<dd>a guest’s</dd>"));
    browser.register("ada", PASSWORD).await;
    assert!(browser.get("/session").await.body.contains("<dd>signed in, until the browser is closed</dd>"));
    let fields = [("username", "ada"), ("password", PASSWORD), ("keep_signed_in", "true")];
    browser.form("/api/fn/login", &fields).await;
    assert!(
        browser.get("/session").await.body.contains("<dd>signed in, also after the browser is closed</dd>")
    );
}

#[tokio::test]
async fn the_page_says_that_it_cannot_tell_while_the_store_is_away() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    app.meddle("DROP TABLE sessions");
    let page = ada.get("/session").await;
    assert!(page.body.contains("<p role=\"status\">That did not work</p>"), "{}", page.body);
}

#[tokio::test]
async fn a_member_sees_the_record_and_both_limits_by_the_servers_clock() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    app.clock.advance(time::Duration::minutes(10));
    let view = inspected(&mut ada).await;
    assert_eq!((&view["kind"], &view["store"]), (&json!("server_side"), &json!("sqlite")));
    let record = &view["record"];
    assert_eq!(record["values"], json!({ "username": "ada", "address": "127.0.0.1" }));
    assert_eq!((&record["version"], &record["permanent"]), (&json!(0), &json!(false)));
    assert_eq!(record["created_at"], "2026-11-18T11:06:40Z");
    assert_eq!(record["last_seen"], "2026-11-18T11:06:40Z", "looking is no use");
    assert_eq!(record["idle"], json!({ "ends_at": "2026-11-18T11:36:40Z", "seconds": 1800, "left": 1200 }));
    assert_eq!(
        record["absolute"],
        json!({ "ends_at": "2026-11-19T11:06:40Z", "seconds": 86400, "left": 85800 })
    );
    assert_eq!(view["cookie"]["size"], json!("id=".len() + ada.cookie("id").expect("one").len()));
}

#[tokio::test]
async fn looking_keeps_nobody_signed_in_neither_as_json_nor_when_the_page_asks_for_it() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for path in ["/api/v1/session", "/session", "/api/v1/session"] {
        app.clock.advance(time::Duration::minutes(11));
        assert_eq!(ada.get(path).await.status, 200);
    }
    let view = inspected(&mut ada).await;
    assert_eq!(view["record"], Value::Null);
    assert_eq!(events(&view), ["ended idle"]);
}

#[tokio::test]
async fn what_happened_is_told_with_its_reasons_and_never_to_the_next_visitor() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    browser.choose("theme", "dark").await;
    browser.choose("language", "de").await;
    browser.register("ada", PASSWORD).await;
    app.clock.advance(time::Duration::minutes(5));
    browser.get("/about").await;
    let told = events(&inspected(&mut browser).await);
    assert_eq!(told, ["began", "changed language", "id_changed", "signed_in", "used"]);
    browser.logout().await;
    assert_eq!(
        events(&inspected(&mut browser).await),
        ["ended signed_out", "began"],
        "theme and language go on"
    );
    browser.register("bob", PASSWORD).await;
    let told = events(&inspected(&mut browser).await);
    assert_eq!(told, ["ended signed_out", "began", "id_changed", "signed_in"]);
    browser.login("ada", PASSWORD).await;
    assert_eq!(events(&inspected(&mut browser).await), ["id_changed", "signed_in"], "not what bob did");
}

#[tokio::test]
async fn an_end_from_elsewhere_is_told_with_its_reason() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let mut phone = app.program();
    phone.login("ada", PASSWORD).await;
    let request = ada.bare(reqwest::Method::DELETE, "/api/v1/sessions");
    assert_eq!(ada.send(request).await.status, 204);
    assert_eq!(events(&inspected(&mut phone).await), ["ended revoked"]);
    assert_eq!(events(&inspected(&mut ada).await), ["signed_in", "id_changed"], "hers alone");
}

/// The id within a signed record; elsewhere the cookie's own value.
fn record_id(cookie: &str) -> String {
    let first = cookie.split('.').next().unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(first).unwrap_or_default();
    let record: Value = serde_json::from_slice(&payload).unwrap_or_default();
    record.get("id").and_then(Value::as_str).unwrap_or(first).to_owned()
}

/// What a store keeps instead of the id, in hexadecimal digits.
fn hash(cookie: &str) -> String {
    let Some(id) = SessionId::parse(&record_id(cookie)) else { return record_id(cookie) };
    let digits = id.key("session:").as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>();
    digits.concat()
}

/// ASVS V8.2.3.
#[tokio::test]
async fn neither_the_id_nor_its_hash_is_ever_shown() {
    let key = keygen().expect("randomness");
    for settings in [
        vec!["sessions.store=sqlite".to_owned()],
        vec!["sessions.sign_ids=on".to_owned(), format!("sessions.keys={key}")],
        vec!["sessions.store=encrypted".to_owned(), format!("sessions.keys={key}")],
        vec!["sessions.store=signed".to_owned(), format!("sessions.keys={key}")],
    ] {
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let app = TestApp::with(&settings).await;
        let mut ada = app.member("ada").await;
        let secret = ada.cookie("id").expect("a session").to_owned();
        let list = ada.get("/api/v1/sessions").await.json();
        let handle = list["sessions"][0]["handle"].as_str().expect("a handle").to_owned();
        for path in ["/api/v1/session", "/session"] {
            let body = ada.get(path).await.body;
            let parts = secret.split('.').filter(|part| part.len() > 8).map(str::to_owned);
            for part in parts.chain([handle.clone(), record_id(&secret), hash(&secret)]) {
                assert!(!body.contains(&part), "{settings:?} {path}: {part}");
            }
        }
        assert!(!list.to_string().contains(secret.split('.').next().unwrap_or_default()), "{settings:?}");
    }
}

#[tokio::test]
async fn each_mode_says_what_its_cookie_holds() {
    let key = format!("sessions.keys={}", keygen().expect("randomness"));
    for (setting, holds, kind) in [
        ("sessions.sign_ids=on", "signed_id", "server_side"),
        ("sessions.store=encrypted", "encrypted", "client_side"),
        ("sessions.store=signed", "signed", "client_side"),
    ] {
        let app = TestApp::with(&[setting, &key]).await;
        let mut ada = app.member("ada").await;
        let view = inspected(&mut ada).await;
        assert_eq!((&view["cookie"]["holds"], &view["kind"]), (&json!(holds), &json!(kind)));
        let payload = &view["cookie"]["payload"];
        if holds == "signed" {
            assert_eq!((&payload["values"]["username"], &payload["id"]), (&json!("ada"), &json!("…")));
        } else {
            assert_eq!(payload, &Value::Null, "{holds}");
        }
        assert_eq!(view["record"]["values"]["username"], "ada", "{holds}");
        let page = ada.get("/session").await.body.replace("&quot;", "\"");
        assert!(page.contains("Idle limit") && page.contains("<dt>username</dt><dd>\"ada\"</dd>"), "{page}");
        let decoded =
            page.contains("What any base64 decoder shows") && page.contains("\"username\": \"ada\"");
        assert_eq!(decoded, holds == "signed", "{page}");
    }
}

#[tokio::test]
async fn a_kept_in_session_says_how_long_its_cookie_is_kept() {
    let app = TestApp::start().await;
    app.member("ada").await;
    let mut ada = app.program();
    let body = json!({ "username": "ada", "password": PASSWORD, "keep_signed_in": true });
    ada.json(reqwest::Method::POST, "/api/v1/login", body).await;
    let view = inspected(&mut ada).await;
    assert_eq!(view["record"]["permanent"], true);
    assert_eq!(view["cookie"]["attributes"][0], "Max-Age=2592000");
}

#[tokio::test]
async fn where_the_inspector_is_off_there_is_neither_page_nor_resource_nor_link() {
    let app = TestApp::with(&["inspector.enabled=off"]).await;
    let mut ada = app.member("ada").await;
    let answer = ada.get("/api/v1/session").await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "not_found"));
    let mut browser = app.plain_browser();
    let page = browser.get("/session").await;
    assert_eq!((page.status.as_u16(), page.body.contains("<title>Page not found")), (404, true));
    assert!(!browser.get("/").await.body.contains("/session"));
}

#[tokio::test]
async fn the_page_comes_filled_without_a_script() {
    let app = TestApp::start().await;
    let mut browser = app.plain_browser();
    let guest = browser.get("/session").await;
    assert_eq!(guest.status, 200);
    assert!(guest.body.contains("There is no session."), "{}", guest.body);
    browser.register("ada", PASSWORD).await;
    let page = browser.get("/session").await.body;
    for shown in
        ["Idle limit: 0:30:00 left", "<dt>username</dt><dd>&quot;ada&quot;</dd>", "sqlite", "signed in"]
    {
        let plain = page.replace("<!>", "").replace("&#x27;", "'");
        assert!(plain.contains(shown) || plain.contains(&shown.replace("&quot;", "\"")), "{shown}: {page}");
    }
}

/// ASVS V8.2.2.
#[tokio::test]
async fn whoever_comes_after_an_ended_session_is_told_of_its_end_alone() {
    let key = format!("sessions.keys={}", keygen().expect("randomness"));
    for store in ["sqlite", "signed", "encrypted"] {
        let app = TestApp::with(&[&format!("sessions.store={store}"), &key]).await;
        let mut browser = app.plain_browser();
        browser.register("ada", PASSWORD).await;
        app.clock.advance(time::Duration::minutes(31));
        let view = inspected(&mut browser).await;
        assert_eq!((&view["record"], &view["cookie"]["payload"]), (&Value::Null, &Value::Null), "{store}");
        assert_eq!(events(&view), ["ended idle"], "{store}");
        assert!(!browser.get("/session").await.body.contains("ada"), "{store}");
    }
}

#[tokio::test]
async fn a_retired_key_is_told() {
    let keys = [(); 2].map(|()| format!("sessions.keys={}", keygen().expect("randomness")));
    let [app, later] = keys.each_ref().map(|key| ["sessions.store=signed", key.as_str()]);
    let (app, later) = (TestApp::with(&app).await, TestApp::with(&later).await);
    let ada = app.member("ada").await;
    let mut copy = later.program();
    copy.cookies.clone_from(&ada.cookies);
    assert_eq!(events(&inspected(&mut copy).await), ["ended key_retired"]);
}
