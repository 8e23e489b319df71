use crate::app::TestApp;

/// ASVS V14.3.2, V14.2.2.
#[tokio::test]
async fn pages_and_answers_about_a_visitor_are_nobody_elses() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    for path in ["/", "/about", "/nowhere", "/api/v1/whoami", "/api/v1/protected", "/login"] {
        for answer in [ada.get(path).await, app.plain_browser().get(path).await] {
            assert_eq!(answer.header("cache-control"), Some("no-store, private"), "{path}");
            let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
            assert!(varies.iter().any(|value| value.as_bytes() == b"Cookie"), "{path} {varies:?}");
        }
    }
}

/// ASVS V7.6.2.
#[tokio::test]
async fn health_and_missing_files_set_no_cookie_and_ask_no_store() {
    let app = TestApp::with(&["sessions.anonymous=visit"]).await;
    for path in ["/healthz", "/readyz", "/api/openapi.json", "/pkg/nothing.js"] {
        assert_eq!(app.program().get(path).await.set_cookies().len(), 0, "{path}");
    }
}

/// ASVS V14.2.2, V15.4.1.
#[tokio::test]
async fn interleaved_members_see_only_their_own_name() {
    let app = TestApp::start().await;
    let mut members = Vec::new();
    for number in 0..8 {
        members.push((format!("member{number}"), app.member(&format!("member{number}")).await));
    }
    for _ in 0..10 {
        for (name, member) in &mut members {
            assert_eq!(member.whoami().await["username"], serde_json::json!(name));
            assert!(member.get("/").await.body.contains(name.as_str()));
        }
    }
}
