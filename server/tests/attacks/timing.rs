//! Who has an account here, or has had one: no answer tells by when it comes.
//!
//! Passwords are hashed weakly, so that a hash hides little of what else takes time.

use std::cmp::Ordering;
use std::fmt;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use reqwest::Method;
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

const WRONG: &str = "another good password";
/// Who has an account, who has had one, and who never had.
const NAMES: [&str; 3] = ["ada", "eve", "bob"];
/// Samples of each name by which it is judged. Equal distributions look unequal once in seventy times then, so
/// whatever looks so is measured anew, with so many samples that they would but once in a million.
const SAMPLES: usize = 400;
const SAMPLES_IN_DOUBT: usize = 1600;
const PERCENTILES: [usize; 7] = [1, 10, 25, 50, 75, 90, 99];

/// What the requests with a name took.
struct Samples {
    name: &'static str,
    taken: Vec<Duration>,
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.taken.clone();
        sorted.sort();
        let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or_default();
        write!(f, "{}: percentiles {PERCENTILES:?} {:?}", self.name, PERCENTILES.map(at))
    }
}

/// The same of each name.
struct Measurement([Samples; 3]);

impl Measurement {
    /// The names take turns in random order, so that none gets the better of the machine's moods.
    async fn take(app: &TestApp, status: u16, count: usize) -> Self {
        let (mut program, mut random) = (app.program(), StdRng::seed_from_u64(7));
        let mut all = NAMES.map(|name| Samples { name, taken: Vec::with_capacity(count) });
        for turn in 0..count {
            let mut order = all.each_mut();
            order.shuffle(&mut random);
            for Samples { name, taken } in order {
                let body = json!({"username": name, "password": WRONG});
                let begun = Instant::now();
                let answer = program.json(Method::POST, "/api/v1/login", body).await;
                taken.push(begun.elapsed());
                assert_eq!(answer.status, status, "{name}, turn {turn}");
            }
        }
        Self(all)
    }

    /// The pairs of names that can be told apart.
    fn told(&self) -> Vec<String> {
        let [known, removed, unknown] = &self.0;
        let pairs = [(known, unknown), (removed, unknown), (known, removed)].map(|(one, other)| {
            let area = area(&one.taken, &other.taken);
            let is_even = (0.45..=0.55).contains(&area);
            (!is_even).then(|| format!("{} and {}: an area of {area:.3}", one.name, other.name))
        });
        pairs.into_iter().flatten().collect()
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([known, removed, unknown]) = self;
        write!(f, "{:?}\n{known}\n{removed}\n{unknown}", self.told())
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

/// A server that Ada has an account on, and Eve has had one.
async fn app(settings: &[&str]) -> TestApp {
    let app = TestApp::hashing_weakly(settings).await;
    app.member("ada").await;
    assert_eq!(app.member("eve").await.remove_account(PASSWORD).await.status, 204);
    app
}

async fn all_take_the_same_time(app: &TestApp, status: u16) {
    let first = Measurement::take(app, status, SAMPLES).await;
    if !first.told().is_empty() {
        let second = Measurement::take(app, status, SAMPLES_IN_DOUBT).await;
        assert!(second.told().is_empty(), "first {first}\nthen, with more samples, {second}");
    }
}

/// ASVS V6.3.8.
#[tokio::test]
async fn known_removed_and_unknown_names_take_the_same_time() {
    all_take_the_same_time(&app(&[]).await, 401).await;
}

/// ASVS V6.3.8.
#[tokio::test]
async fn throttled_they_take_the_same_time_too() {
    let app = app(&["throttle.account=on"]).await;
    for name in NAMES.repeat(5) {
        app.program().login(name, WRONG).await;
    }
    all_take_the_same_time(&app, 429).await;
}
