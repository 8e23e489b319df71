//! Nobody ever sees what was answered to somebody else (Flask CVE-2023-30861, CVE-2026-27205).

use serde_json::json;

use crate::app::{PASSWORD, TestApp};
use crate::backing::Backing;

const MEMBERS: usize = 64;

/// Whatever tells who is here.
const PATHS: [&str; 4] = ["/api/v1/whoami", "/api/v1/protected", "/", "/api/v1/session"];

async fn each_member_sees_only_their_own_name(app: &TestApp, requests: usize, what: &'static str) {
    let (client, base) = (reqwest::Client::new(), app.origin());
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..MEMBERS {
        let name = format!("member{number:02}");
        let member = app.member(&name).await;
        let cookie = format!("id={}", member.cookie("id").expect("a session"));
        let (client, base) = (client.clone(), base.clone());
        asking.spawn(async move {
            for path in PATHS.into_iter().cycle().take(requests) {
                let request = client.get(format!("{base}{path}")).header("cookie", &cookie);
                let body = request.send().await.expect("answers").text().await.expect("text");
                let names: Vec<_> =
                    body.match_indices("member").map(|(at, _)| body.get(at..at + 8)).collect();
                assert!(
                    !names.is_empty() && names.iter().all(|found| *found == Some(&*name)),
                    "{what}: {path}: {names:?}"
                );
            }
        });
    }
    while let Some(done) = asking.join_next().await {
        done.expect("each saw their own name alone");
    }
}

/// ASVS V14.2.2, V15.4.1.
#[tokio::test(flavor = "multi_thread")]
async fn interleaved_members_see_only_their_own_name() {
    each_member_sees_only_their_own_name(&TestApp::start().await, 200, "by default").await;
}

/// What members ask for at once may go to the store as one question.
///
/// ASVS V14.2.2, V15.4.1.
#[tokio::test(flavor = "multi_thread")]
async fn interleaved_members_see_only_their_own_name_wherever_their_sessions_are() {
    for backing in Backing::all().await {
        let app = backing.start_with(&["sessions.cache_bytes=0"]).await;
        each_member_sees_only_their_own_name(&app, 20, backing.name).await;
    }
}

/// ASVS V14.2.2, V14.3.2.
#[tokio::test]
async fn what_depends_on_the_visitor_is_never_stored() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let paths = [
        "/",
        "/home",
        "/products",
        "/about",
        "/contact",
        "/account",
        "/session",
        "/login",
        "/register",
        "/logout",
        "/nowhere",
        "/api/v1/whoami",
        "/api/v1/protected",
        "/api/v1/sessions",
        "/api/v1/session",
        "/api/nowhere",
    ];
    for path in paths {
        for caller in [app.plain_browser(), app.program(), ada.clone()] {
            for accept in ["text/html", "application/json", "*/*"] {
                let mut caller = caller.clone();
                let answer =
                    caller.send(caller.bare(reqwest::Method::GET, path).header("accept", accept)).await;
                assert_eq!(answer.header("cache-control"), Some("no-store, private"), "{path} {accept}");
                let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
                assert!(
                    varies.iter().any(|value| value.as_bytes() == b"Cookie"),
                    "{path} {accept} {varies:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_sets_a_cookie_is_never_stored() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let body = json!({"username": "ada", "password": PASSWORD});
    let answers = [
        ada.json(reqwest::Method::POST, "/api/v1/login", body).await,
        ada.choose("theme", "dark").await,
        ada.logout().await,
        app.browser().login("ada", PASSWORD).await,
        app.plain_browser().login("ada", PASSWORD).await,
        app.plain_browser().choose("theme", "dark").await,
    ];
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store, private"), "{answer:?}");
    }
}
