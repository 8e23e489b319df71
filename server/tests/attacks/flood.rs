//! Far more sign-ins at once than the machine can hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Client;
use serde_json::json;

use crate::app::TestApp;

const SIGN_INS: usize = 500;

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
    assert!((64..SIGN_INS).contains(&compared), "the queue has 64 places: {compared}");
    assert_eq!(ada.get("/api/v1/protected").await.status, 200);
}
