//! What strangers write ends up inside pages, also as data for their scripts: it never becomes a script.

use reqwest::header::USER_AGENT;
use serde_json::json;

use crate::app::{Caller, PASSWORD, TestApp};

/// Each ends, opens or hides a script for somebody who has not escaped it; the last of them within the forty
/// characters that are kept of a browser's name.
const HOSTILE: [&str; 4] = [
    "</script><script>x=1</script>",
    "</ScRiPt/><svg/onload=x=1>\u{2028}x=1\u{2029}x=1",
    "\"]);x=1;//\\\"]);x=1;//\\",
    "<!--<script></script><script>x=1</script>",
];

/// What stands between the tags of each script, as a browser reads it: a script ends at the first closing tag,
/// unless a comment and another script were opened in it.
fn scripts(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page.to_ascii_lowercase();
    while let Some((_, after)) = rest.split_once("<script") {
        let (_, text) = after.split_once('>').expect("the tag ends");
        let (text, after) = text.split_once("</script").expect("the script ends");
        assert!(!text.contains("<!--"), "{text}");
        found.push(text.to_owned());
        rest = after.to_owned();
    }
    found
}

/// Which scripts a page has, apart from what is in their strings.
fn program(page: &str) -> Vec<String> {
    let without_strings = |script: &String| {
        let escaped = script.replace("\\\\", "").replace("\\\"", "");
        escaped.split('"').step_by(2).collect::<Vec<_>>().join("\"")
    };
    scripts(page).iter().map(without_strings).collect()
}

fn assert_harmless(hostile: &str, page: &str, usual: &[String]) {
    assert_eq!(program(page), usual, "{hostile}: {page}");
    for text in scripts(page) {
        assert!(!text.contains('<') && !text.contains(['\u{2028}', '\u{2029}']), "{hostile}: {text}");
    }
}

async fn signed_in_with<'a>(app: &'a TestApp, user_agent: &str) -> Caller<'a> {
    let mut ada = app.program();
    let body = json!({ "username": "ada", "password": PASSWORD }).to_string();
    let request = ada.bare(reqwest::Method::POST, "/api/v1/login").header(USER_AGENT, user_agent.as_bytes());
    let answer = ada.send(request.header("content-type", "application/json").body(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    ada
}

/// ASVS V1.2.3.
#[tokio::test]
async fn the_name_of_a_browser_is_data_in_the_page_of_its_sessions() {
    let app = TestApp::start().await;
    app.member("ada").await;
    for path in ["/account", "/session"] {
        let usual = program(&signed_in_with(&app, "curl/8.5.0").await.get(path).await.body);
        assert!(usual.len() > 3, "{usual:?}");
        // A header that is not ASCII is no name.
        for hostile in HOSTILE.into_iter().filter(|text| text.is_ascii()) {
            let page = signed_in_with(&app, hostile).await.get(path).await.body;
            assert!(scripts(&page).iter().any(|text| text.contains("x=1")), "{hostile} arrives: {page}");
            assert_harmless(hostile, &page, &usual);
        }
    }
}

/// ASVS V1.2.3.
#[tokio::test]
async fn whatever_a_record_holds_is_data_in_the_inspector() {
    let app = TestApp::with(&["sessions.cache_bytes=0"]).await;
    let mut ada = app.member("ada").await;
    let usual = program(&ada.get("/session").await.body);
    for hostile in HOSTILE {
        let value = json!(hostile).to_string().replace('\'', "''");
        app.meddle(&format!(
            "UPDATE sessions SET value = json_set(value, '$.values.device', json('{value}'))"
        ));
        let page = ada.get("/session").await.body;
        assert!(scripts(&page).iter().any(|text| text.contains("x=1")), "{hostile} arrives: {page}");
        assert_harmless(hostile, &page, &usual);
    }
}

/// ASVS V1.2.3.
#[tokio::test]
async fn the_sites_name_and_what_comes_back_to_a_form_are_data() {
    let usual = program(&TestApp::start().await.plain_browser().get("/login").await.body);
    for hostile in HOSTILE {
        let app = TestApp::with(&[&format!("server.brand={hostile}")]).await;
        let mut guest = app.plain_browser();
        let fields = [("username", hostile), ("password", PASSWORD), ("next", hostile)];
        let refused = guest.form("/api/fn/login", &fields).await;
        let page = guest.get(refused.location().expect("the form again")).await.body;
        assert!(page.contains("That name and password do not match."), "{page}");
        assert_harmless(hostile, &page, &usual);
    }
}
