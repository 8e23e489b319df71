//! Where a sign-in leads to: whatever a link asks for, it is a page of ours.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Url;
use serde_json::json;

use crate::app::{Caller, PASSWORD, TestApp};

/// What a link may say, still encoded.
const CORPUS: &str = include_str!("next.txt");

/// The vectors: one a line, and where it leads if that is not Home.
fn corpus() -> Vec<(&'static str, &'static str)> {
    let lines = CORPUS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(" -> ").unwrap_or((line, "/"))).collect()
}

/// As a browser that stands on `/login` resolves it.
fn resolved(app: &TestApp, location: &str) -> Url {
    let here = Url::parse(&app.url("/login")).expect("a URL");
    here.join(location).expect("it resolves")
}

fn is_a_page_of_ours(app: &TestApp, location: &str) -> bool {
    let target = resolved(app, location);
    let is_ours = target.origin().ascii_serialization() == app.origin();
    is_ours && location.starts_with('/') && !target.path().starts_with("//") && location.is_ascii()
}

async fn sent_on_to(member: &mut Caller<'_>, encoded: &str) -> String {
    let answer = member.get(&format!("/login?next={encoded}")).await;
    assert_eq!(answer.status, 303, "{encoded}");
    answer.location().expect("a place").to_owned()
}

/// ASVS V1.2.2, V3.7.2, V15.3.7.
#[tokio::test]
async fn each_hostile_link_leads_home_or_to_a_page_of_ours() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let corpus = corpus();
    assert!(corpus.len() >= 120, "{}", corpus.len());
    for (encoded, expected) in corpus {
        let location = sent_on_to(&mut ada, encoded).await;
        assert_eq!(location, expected, "{encoded}");
        assert!(is_a_page_of_ours(&app, &location), "{encoded} leads to {location}");
    }
}

/// ASVS V1.1.1, V2.2.2.
#[tokio::test]
async fn every_door_gives_the_same_verdict() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    // Each signs in over their own session: an account has 20 of them at most.
    let (mut program, mut browser) = (app.program(), app.plain_browser());
    // Each sign-in takes a hash, so every fourth will do.
    for (encoded, _) in corpus().into_iter().step_by(4) {
        let link = Url::parse(&app.url(&format!("/?next={encoded}"))).expect("a URL");
        let values: Vec<_> = link.query_pairs().map(|(_, value)| value.into_owned()).collect();
        // JSON has one value, and that in UTF-8.
        let [next] = &values[..] else { continue };
        if next.contains('\u{fffd}') {
            continue;
        }
        let expected = sent_on_to(&mut ada, encoded).await;
        let body = json!({"username": "ada", "password": PASSWORD, "next": next});
        let answer = program.json(reqwest::Method::POST, "/api/v1/login", body).await;
        let given = answer.json()["next"].as_str().expect("a path").to_owned();
        assert_eq!(resolved(&app, &given), resolved(&app, &expected), "{encoded}");
        let fields = [("username", "ada"), ("password", PASSWORD), ("next", next)];
        let answer = browser.form("/api/fn/login", &fields).await;
        assert_eq!(answer.location(), Some(&*expected), "{encoded}");
    }
}

/// Pieces that addresses are made of, and tricks with them, as a link carries them.
fn hostile() -> impl Strategy<Value = String> {
    let schemes = ["https:", "http:", "HTTP:", "javascript:", "data:", "blob:", "file:", "//", "ws:", "x:"];
    let slashes =
        ["/", "//", "\\", "%2f", "%2F", "%5c", "%5C", "%252f", "/./", "/../", "/%2e%2e/", "/%2e/", "/.%2E/"];
    // One decoding leaves them as escapes, which a browser reads as dots.
    let dots = ["/%252e/", "/%252E/", "/%252e%252E/", "/.%252E/"];
    let controls =
        ["%09", "%0a", "%0d", "%00", "%0d%0a", "%7f", "%85", "%c2%85", "%20", "+", "%e2%80%a8", "%ef%bb%bf"];
    let hosts = [
        "evil.example",
        "user@",
        "user:x@",
        "127.0.0.1",
        "[::1]",
        "0x7f.1",
        ":80",
        "evil%E3%80%82example",
        "e%2evil",
    ];
    let rest = [
        "?", "%3f", "#", "%23", ";", "a", "about", "login", "api", "%C3%BC", "%ff", "%", "%2", "&next=/",
        ".", "..",
    ];
    let all = [&schemes[..], &slashes, &slashes, &dots, &controls, &hosts, &rest].concat();
    prop::collection::vec(prop::sample::select(all), 0..8)
        .prop_map(|pieces| pieces.concat().replace('#', "%23"))
}

/// ASVS V3.7.2.
#[tokio::test(flavor = "multi_thread")]
async fn no_link_that_can_be_made_leads_elsewhere() {
    let app = TestApp::start().await;
    let ada = app.member("ada").await;
    let mut runner = TestRunner::new(Config { cases: 3000, failure_persistence: None, ..Config::default() });
    let judged = runner.run(&hostile(), |encoded| {
        let mut ada = ada.clone();
        let asking = sent_on_to(&mut ada, &encoded);
        let location = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asking));
        prop_assert!(is_a_page_of_ours(&app, &location), "{} leads to {}", encoded, location);
        Ok(())
    });
    judged.expect("none does");
}
