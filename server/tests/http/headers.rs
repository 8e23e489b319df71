use std::collections::HashSet;

use crate::app::TestApp;

/// ASVS V3.4.4, V3.4.5, V3.4.6, V3.4.8, V3.5.8, V3.2.1.
#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let long = format!("/{}", "a".repeat(9000));
    for path in
        ["/", "/about", "/nowhere", "/api/v1/whoami", "/api/nowhere", "/pkg/nothing.js", "/healthz", &long]
    {
        let answer = guest.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("server"), None);
    }
}

/// ASVS V3.4.3.
#[tokio::test]
async fn each_page_has_a_nonce_of_its_own_which_its_scripts_carry() {
    let app = TestApp::start().await;
    let mut guest = app.plain_browser();
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let page = guest.get("/").await;
        let policy = page.header("content-security-policy").expect("a policy");
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert_eq!(nonce.len(), 22, "128 bits");
        let scripts = page.body.matches("<script").count();
        assert_eq!(page.body.matches(&format!("nonce=\"{nonce}\"")).count(), scripts, "{}", page.body);
        assert!(seen.insert(nonce.to_owned()), "a nonce came twice");
    }
}

/// ASVS V3.3.1, V3.4.1, V3.3.3.
#[tokio::test]
async fn over_tls_cookies_and_transport_are_strict() {
    let settings = ["server.public_origin=https://anteroom.example", "server.trusted_proxies=127.0.0.1"];
    let app = TestApp::with(&settings).await;
    let mut guest = app.program();
    let answer = guest.choose("theme", "dark").await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    let cookie = answer.set_cookies()[0];
    assert!(
        cookie.starts_with("__Host-id=") && cookie.ends_with("; Path=/; HttpOnly; Secure; SameSite=Lax"),
        "{cookie}"
    );
}
