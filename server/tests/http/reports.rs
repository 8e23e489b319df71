use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, TestApp};

async fn report(app: &TestApp, content_type: &str, body: String) -> Answer {
    let mut browser = app.browser();
    let request = browser.bare(Method::POST, "/api/csp-reports").header("content-type", content_type);
    browser.send(request.header("origin", app.origin()).body(body)).await
}

/// ASVS V3.4.7.
#[tokio::test]
async fn every_page_says_where_violations_of_its_policy_are_reported() {
    let app = TestApp::start().await;
    for path in ["/", "/nowhere", "/login"] {
        let page = app.plain_browser().get(path).await;
        assert_eq!(page.header("reporting-endpoints"), Some("csp=\"/api/csp-reports\""), "{path}");
        assert!(page.header("content-security-policy").expect("a policy").ends_with("; report-to csp"));
    }
}

/// ASVS V3.4.7.
#[tokio::test]
async fn a_report_is_taken_and_what_is_none_is_refused() {
    let app = TestApp::start().await;
    let violation = json!([{
        "type": "csp-violation", "age": 1, "url": app.origin(), "user_agent": "x",
        "body": {"effectiveDirective": "script-src-elem", "lineNumber": 3, "blockedURL": "inline"},
    }, {"type": "deprecation"}]);
    let reports = "application/reports+json";
    for (content_type, body, status) in [
        (reports, violation.to_string(), 204),
        (reports, "[]".to_owned(), 204),
        (reports, "{".to_owned(), 400),
        (reports, r#"[{"body":{}}]"#.to_owned(), 400),
        (reports, " ".repeat(20_000), 413),
        ("application/json", violation.to_string(), 415),
    ] {
        let answer = report(&app, content_type, body).await;
        assert_eq!(answer.status.as_u16(), status, "{content_type}: {}", answer.body);
        assert_eq!(answer.set_cookies().len(), 0);
    }
}
