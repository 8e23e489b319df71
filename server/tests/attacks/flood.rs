//! Far more sign-ins at once than the machine can hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::app::TestApp;

const SIGN_INS: usize = 500;

/// Passwords that may wait, of `docs/security.md`.
const QUEUE: usize = 64;

/// ASVS V15.2.2.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_sign_ins_are_answered_or_sent_away_and_keep_nobody_else_waiting() {
    let app = TestApp::start().await;
    let mut ada = app.member("ada").await;
    let (client, url, done) = (Client::new(), app.url("/api/v1/login"), Arc::new(AtomicUsize::new(0)));
    let signing_in: Vec<_> = (0..SIGN_INS)
        .map(|_| {
            let (client, url, done) = (client.clone(), url.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                let body = json!({"username": "ada", "password": "another good password"});
                let answer = client.post(&url).json(&body).send().await.expect("answers");
                done.fetch_add(1, Ordering::Relaxed);
                (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
            })
        })
        .collect();
    for _ in 0..5 {
        assert_eq!(ada.get("/api/v1/whoami").await.status, 200);
    }
    assert!(done.load(Ordering::Relaxed) < SIGN_INS, "whoami is answered while others wait for their hash");
    let mut compared = 0;
    for signing_in in signing_in {
        let answer = signing_in.await.expect("runs");
        assert!(matches!(answer, (401, false) | (503, true)), "{answer:?}");
        compared += usize::from(answer.0 == 401);
    }
    assert!((QUEUE..SIGN_INS).contains(&compared), "the queue has 64 places: {compared}");
    assert_eq!(ada.get("/api/v1/protected").await.status, 200);
}

/// How many passwords were compared, and how many had no place in the line.
#[derive(Default)]
struct Line {
    compared: AtomicUsize,
    refused: AtomicUsize,
}

/// Signs in with a wrong password, and stands in line again as soon as it was compared.
async fn stand_in_line(url: String, line: Arc<Line>) {
    let (client, body) = (Client::new(), json!({"username": "ada", "password": "another good password"}));
    let sign_in = || async { client.post(&url).json(&body).send().await.expect("answers").status() };
    while sign_in().await == StatusCode::UNAUTHORIZED {
        line.compared.fetch_add(1, Ordering::Relaxed);
    }
    line.refused.fetch_add(1, Ordering::Relaxed);
}

/// If each of them had a place in the line, sixty-four passwords would be compared before it.
///
/// ASVS V15.4.4.
#[tokio::test(flavor = "multi_thread")]
async fn while_passwords_stand_in_line_whoami_is_answered_out_of_turn() {
    const ASKED: usize = 50;
    let app = TestApp::start().await;
    let (mut ada, line) = (app.member("ada").await, Arc::<Line>::default());
    let flood: Vec<_> = (0..2 * QUEUE)
        .map(|_| tokio::spawn(stand_in_line(app.url("/api/v1/login"), Arc::clone(&line))))
        .collect();
    while line.refused.load(Ordering::Relaxed) == 0 {
        let compared = line.compared.load(Ordering::Relaxed);
        assert!(compared < 10 * QUEUE, "twice as many as have a place, and nobody is sent away");
        tokio::task::yield_now().await;
    }
    let before = line.compared.load(Ordering::Relaxed);
    for _ in 0..ASKED {
        assert_eq!(ada.get("/api/v1/whoami").await.status, 200);
    }
    let compared = line.compared.load(Ordering::Relaxed) - before;
    flood.iter().for_each(tokio::task::JoinHandle::abort);
    assert!(compared < ASKED * QUEUE / 10, "{compared} were compared meanwhile");
}
