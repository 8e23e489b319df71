//! Who has an account here: no answer tells, neither by what it says nor by when it comes.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, Caller, Kind, TestApp};

const WRONG: &str = "another good password";

/// Everything but the moment, and the name that the visitor typed.
fn shown(answer: &Answer, name: &str) -> String {
    let mut headers: Vec<_> = answer.headers.iter().filter(|(name, _)| *name != "date").collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    format!("{} {headers:?} {}", answer.status, answer.body).replace(name, "")
}

fn caller(app: &TestApp, kind: Kind) -> Caller<'_> {
    match kind {
        Kind::Program => app.program(),
        Kind::Script => app.browser(),
        Kind::Form => app.plain_browser(),
    }
}

/// ASVS V6.3.8.
#[tokio::test]
async fn unknown_names_and_wrong_passwords_get_the_same_answer_through_every_door() {
    for door in [Kind::Program, Kind::Script, Kind::Form] {
        let app = TestApp::with(&["throttle.account=on"]).await;
        app.member("ada").await;
        for attempt in 0..8 {
            let known = caller(&app, door).login("ada", WRONG).await;
            let unknown = caller(&app, door).login("bob", WRONG).await;
            assert_eq!(shown(&known, "ada"), shown(&unknown, "bob"), "{door:?}, attempt {attempt}");
        }
    }
}

/// The area under the ROC curve: how often the second takes longer than the first (Mann and Whitney's U).
fn area(first: &[Duration], second: &[Duration]) -> f64 {
    let pairs = first.iter().flat_map(|one| second.iter().map(move |other| one.cmp(other)));
    let (mut longer, mut all) = (0_u32, 0_u32);
    for order in pairs {
        // An equal pair counts half.
        longer += match order {
            Ordering::Less => 2,
            Ordering::Equal => 1,
            Ordering::Greater => 0,
        };
        all += 2;
    }
    f64::from(longer) / f64::from(all)
}

/// What two kinds of request took, in turns of random order.
#[derive(Default)]
struct Samples {
    first: Vec<Duration>,
    second: Vec<Duration>,
}

impl Samples {
    async fn take(&mut self, app: &TestApp, [first, second]: [&str; 2], status: u16, count: usize) {
        let (mut program, mut order) = (app.program(), StdRng::seed_from_u64(7));
        for turn in 0..count {
            // Which of the two comes first is random, so that neither gets the better of the machine's moods.
            let is_swapped = order.random::<bool>();
            for is_second in [is_swapped, !is_swapped] {
                let name = if is_second { second } else { first };
                let body = json!({"username": name, "password": WRONG});
                let begun = Instant::now();
                let answer = program.json(Method::POST, "/api/v1/login", body).await;
                let took = begun.elapsed();
                assert_eq!(answer.status, status, "{name}, turn {turn}");
                if is_second { self.second.push(took) } else { self.first.push(took) }
            }
        }
    }

    fn area(&self) -> f64 {
        area(&self.first, &self.second)
    }

    fn tells_nothing(&self) -> bool {
        (0.45..=0.55).contains(&self.area())
    }

    fn distribution(samples: &[Duration]) -> String {
        let mut sorted = samples.to_vec();
        sorted.sort();
        let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or_default();
        format!("{:?}", [1, 10, 25, 50, 75, 90, 99].map(at))
    }
}

async fn takes_the_same_time(app: &TestApp, names: [&str; 2], status: u16) {
    let mut samples = Samples::default();
    samples.take(app, names, status, 400).await;
    if !samples.tells_nothing() {
        // Of two equal distributions so few samples look unequal once in a hundred times.
        samples.take(app, names, status, 400).await;
    }
    assert!(
        samples.tells_nothing(),
        "{names:?}: an area of {}; percentiles 1, 10, 25, 50, 75, 90, 99 of both:\n{}\n{}",
        samples.area(),
        Samples::distribution(&samples.first),
        Samples::distribution(&samples.second),
    );
}

/// ASVS V6.3.8.
#[tokio::test]
async fn unknown_names_and_wrong_passwords_take_the_same_time() {
    let app = TestApp::start().await;
    app.member("ada").await;
    takes_the_same_time(&app, ["ada", "bob"], 401).await;
}

/// ASVS V6.3.8.
#[tokio::test]
async fn throttled_names_take_the_same_time_whether_they_are_known_or_not() {
    let app = TestApp::with(&["throttle.account=on"]).await;
    app.member("ada").await;
    for name in ["ada", "bob"].repeat(5) {
        app.program().login(name, WRONG).await;
    }
    takes_the_same_time(&app, ["ada", "bob"], 429).await;
}
