//! The server is told to stop while it works: every request that it took is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Client;
use tempfile::TempDir;

use crate::process::Process;

/// Somebody who asks again and again on a connection of their own until nobody listens any more. Returns how
/// many answers came; an answer that breaks off is a failure.
async fn ask_until_it_is_gone(origin: String, answered: Arc<AtomicUsize>) {
    let client = Client::new();
    loop {
        match client.get(format!("{origin}/")).send().await {
            Ok(answer) => {
                let page = answer.text().await.expect("an answer that has begun is finished");
                assert!(page.ends_with("</script>"), "the page is whole");
                answered.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) if error.is_connect() => return,
            // The server may close a connection that is at rest, in the moment in which the next request leaves.
            Err(error) => assert!(error.is_request(), "{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_begun_is_finished_and_the_program_ends_well() {
    let folder = TempDir::new().expect("a folder");
    let mut process = Process::start(&folder, &[]);
    let answered = Arc::new(AtomicUsize::new(0));
    let asking: Vec<_> = (0..16)
        .map(|_| tokio::spawn(ask_until_it_is_gone(process.origin.clone(), Arc::clone(&answered))))
        .collect();
    while answered.load(Ordering::Relaxed) < 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.signal("TERM");
    for asking in asking {
        asking.await.expect("nothing broke off");
    }
    assert_eq!(process.status(), Some(0));
}
