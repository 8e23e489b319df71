//! Headers in which a client claims to be elsewhere, or to ask for something else.

use reqwest::Method;

use crate::app::{Answer, Caller, TestApp};

/// What proxies say, said by a stranger.
const CLAIMS: [(&str, &str); 16] = [
    ("Host", "evil.example"),
    ("Host", "127.0.0.1:1@evil.example"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Server", "evil.example"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Prefix", "//evil.example"),
    ("X-Forwarded-Port", "1"),
    ("X-Forwarded-For", "198.51.100.7"),
    ("X-Real-IP", "198.51.100.7"),
    ("X-Host", "evil.example"),
    ("Forwarded", "for=198.51.100.7;host=evil.example;proto=https"),
    ("X-Original-URL", "/account"),
    ("X-Rewrite-URL", "/account"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-User", "ada"),
    ("Remote-User", "ada"),
];

const PATHS: [&str; 10] = [
    "/",
    "/about",
    "/about/",
    "/login?next=/about",
    "/account",
    "/nowhere",
    "/session",
    "/api/v1/whoami",
    "/api/v1/sessions",
    "/api/v1/protected",
];

async fn ask(caller: &mut Caller<'_>, path: &str, claim: Option<(&str, &str)>) -> Answer {
    let mut request = caller.bare(Method::GET, path).header("accept", "text/html");
    if let Some((name, value)) = claim {
        request = request.header(name, value);
    }
    caller.send(request).await
}

/// All of an answer that is not made anew for each.
fn lasting(answer: &Answer) -> (u16, Option<String>, Vec<String>, String) {
    let policy = answer.header("content-security-policy").unwrap_or_default();
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("no nonce");
    let cookies = answer.set_cookies().into_iter().map(str::to_owned).collect();
    (answer.status.as_u16(), answer.location().map(str::to_owned), cookies, answer.body.replace(nonce, ""))
}

/// ASVS V4.1.3, V15.3.4.
#[tokio::test]
async fn what_a_stranger_claims_reaches_no_redirect_no_link_and_no_verdict() {
    let app = TestApp::start().await;
    for mut caller in [app.plain_browser(), app.member("ada").await] {
        for path in PATHS {
            let honest = ask(&mut caller, path, None).await;
            for claim in CLAIMS {
                let claimed = ask(&mut caller, path, Some(claim)).await;
                assert_eq!(lasting(&claimed), lasting(&honest), "{path} {claim:?}");
            }
        }
    }
}

/// ASVS V4.1.3.
#[tokio::test]
async fn a_target_with_a_host_of_its_own_leads_nowhere_else() {
    let app = TestApp::start().await;
    for target in
        ["http://evil.example/about", "http://user@evil.example/about", "https://evil.example/about"]
    {
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let transcript = crate::raw::exchange(&app, request).await;
        assert_eq!(
            (transcript.statuses(), transcript.header("location")),
            (vec![303], Some("/login?next=/about"))
        );
    }
}
