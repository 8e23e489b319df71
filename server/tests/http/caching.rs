use crate::app::TestApp;

/// ASVS V7.6.2.
#[tokio::test]
async fn health_and_missing_files_set_no_cookie_and_ask_no_store() {
    let app = TestApp::with(&["sessions.anonymous=visit"]).await;
    for path in ["/healthz", "/readyz", "/api/openapi.json", "/pkg/nothing.js"] {
        assert_eq!(app.program().get(path).await.set_cookies().len(), 0, "{path}");
    }
}
