//! A Redis cluster of which a node hangs.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use redis::cmd;
use sessions::store::redis::RedisStore;
use sessions::{
    AccountKey, Clock, FixedClock, Policy, Record, SessionId, Sessions, SessionsBuilder, Store, StoreError,
};

use crate::servers::redis::{Redis, cluster, new_cluster, new_prefix};

/// That of [`SessionsBuilder`], which the engine gives each call.
const BUDGET: Duration = Duration::from_millis(500);
/// A machine that stalls does not do so each time.
const ATTEMPTS: u32 = 5;

/// A node that is stopped, until this is dropped.
struct Hanging(String);

impl Hanging {
    fn of(node: &Redis) -> Self {
        let mut open = node.connect().expect("connects");
        let about: String = cmd("INFO").arg("server").query(&mut open).expect("answers");
        let process = about.lines().find_map(|line| line.trim().strip_prefix("process_id:"));
        let hanging = Self(process.expect("tells its number").to_owned());
        hanging.signal("-STOP");
        hanging
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.0]).status().is_ok_and(|status| status.success()));
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// How many of these accounts' lists can be read, and how long it takes to say so of each.
async fn listable(sessions: &Sessions, accounts: &[AccountKey]) -> (usize, Duration) {
    let begun = Instant::now();
    let lists = join_all(accounts.iter().map(|account| sessions.of_account(*account))).await;
    let unavailable = |list: &&Result<_, StoreError>| matches!(list, Err(StoreError::Unavailable(_)));
    let away = lists.iter().filter(unavailable).count();
    let there = lists.iter().filter(|list| matches!(list, Ok(Some(list)) if list.len() == 1)).count();
    assert_eq!(there + away, accounts.len(), "one that cannot be asked has no empty list");
    (there, begun.elapsed())
}

#[tokio::test]
async fn a_cluster_is_found_by_any_of_its_nodes() {
    let [node, ..] = cluster();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let address = format!("redis://127.0.0.1:1/, {}", node.url());
    let store = RedisStore::open(&address, "", BUDGET, Arc::clone(&clock)).await.expect("opens");
    assert!(store.is_cluster());
    let nobody = RedisStore::open("redis://127.0.0.1:1/,redis://127.0.0.1:2/", "", BUDGET, clock).await;
    assert!(matches!(nobody, Err(StoreError::Unavailable(_))));
}

/// The answer to the first may be lost with its connection.
#[tokio::test]
async fn a_cluster_that_is_told_twice_to_begin_a_session_begins_it_once() {
    let [node, ..] = cluster();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let store =
        RedisStore::open(&node.url(), &new_prefix(), BUDGET, Arc::clone(&clock)).await.expect("opens");
    let (key, record) = (SessionId::random().key(""), Record::new(Policy::SIGNED_IN, clock.now()));
    assert!(store.insert(&key, &record).await.expect("inserts"));
    assert!(store.insert(&key, &record).await.expect("finds its own"));
    let another = Record { account: Some(AccountKey::random()), ..record };
    assert!(!store.insert(&key, &another).await.expect("answers"));
}

/// ASVS V16.5.2.
#[tokio::test]
async fn a_node_that_hangs_is_an_error_within_the_budget_and_the_others_answer() {
    let nodes = new_cluster();
    let clock = Arc::new(FixedClock::default());
    let [first, ..] = &nodes;
    let opened = RedisStore::open(&first.url(), "", BUDGET, Arc::clone(&clock) as Arc<dyn Clock>).await;
    let store = Arc::new(opened.expect("opens"));
    let accounts: Vec<_> = (0..60).map(|_| AccountKey::random()).collect();
    for account in &accounts {
        let record = Record { account: Some(*account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
        assert!(store.insert(&SessionId::random().key(""), &record).await.expect("inserts"));
    }
    let builder = SessionsBuilder { clock, ..SessionsBuilder::new(store) };
    assert_eq!(builder.store_timeout, BUDGET);
    let sessions = builder.build();
    assert_eq!(listable(&sessions, &accounts).await.0, accounts.len());

    let hanging = Hanging::of(first);
    let mut fastest = Duration::MAX;
    for _ in 0..ATTEMPTS {
        let (there, took) = listable(&sessions, &accounts).await;
        assert!(0 < there && there < accounts.len(), "{there}");
        fastest = fastest.min(took);
    }
    assert!(fastest < 2 * BUDGET, "{fastest:?}");

    drop(hanging);
    let begun = Instant::now();
    while listable(&sessions, &accounts).await.0 < accounts.len() {
        assert!(begun.elapsed() < Duration::from_secs(5), "back within five seconds");
        tokio::time::sleep(BUDGET / 10).await;
    }
}
