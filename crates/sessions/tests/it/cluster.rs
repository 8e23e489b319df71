//! A Redis cluster of which a node hangs.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use redis::cmd;
use sessions::store::redis::RedisStore;
use sessions::{
    AccountKey, Clock, FixedClock, Loaded, Policy, Reason, Record, SessionId, Sessions, SessionsBuilder,
    Store, StoreError,
};

use crate::servers::redis::{Redis, cluster, new_cluster, new_prefix};
use crate::stores::hex;

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
    let alone = Redis::start(&[]);
    let several = format!("{},{}", alone.url(), node.url());
    let refused = RedisStore::open(&several, "", BUDGET, Arc::clone(&clock)).await;
    let told = format!("{:?}", refused.expect_err("is refused"));
    assert!(told.contains("several addresses are those of a cluster"), "{told}");
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

/// Of which node a key is, by the first slot of the second.
fn is_of_the_first(open: &mut redis::Connection, name: &str) -> bool {
    let slot: u16 = cmd("CLUSTER").arg("KEYSLOT").arg(name).query(open).expect("answers");
    slot < 5461
}

#[tokio::test]
async fn a_node_that_hangs_keeps_no_session_on_another_alive() {
    let nodes = new_cluster();
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let [first, second, _] = &nodes;
    let mut open = second.connect().expect("connects");
    let store = RedisStore::open(&second.url(), "", BUDGET, Arc::clone(&clock)).await.expect("opens");
    let account = loop {
        let account = AccountKey::random();
        if !is_of_the_first(&mut open, &format!("account:{}", hex(account.as_bytes()))) {
            break account;
        }
    };
    let keys: Vec<_> = (0..30).map(|_| SessionId::random().key("")).collect();
    for key in &keys {
        let record = Record { account: Some(account), ..Record::new(Policy::SIGNED_IN, clock.now()) };
        assert!(store.insert(key, &record).await.expect("inserts"));
    }
    // All nodes get the script with the first call.
    let other = AccountKey::random();
    let record = Record { account: Some(other), ..Record::new(Policy::SIGNED_IN, clock.now()) };
    assert!(store.insert(&SessionId::random().key(""), &record).await.expect("inserts"));
    assert_eq!(store.end_of_account(other, None, Reason::Revoked).await.expect("ends"), 1);

    let hanging = Hanging::of(first);
    let ended = tokio::time::timeout(BUDGET, store.end_of_account(account, None, Reason::Revoked)).await;
    assert!(!matches!(ended, Ok(Ok(_))), "some are still alive");
    drop(hanging);
    for key in &keys {
        let begun = Instant::now();
        let loaded = loop {
            match store.load(key).await {
                Ok(loaded) => break loaded,
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(5), "{error}"),
            }
        };
        // What the node was told before it hung, it may do when it goes on.
        let may_live = is_of_the_first(&mut open, &hex(key.as_bytes()));
        assert!(may_live || matches!(loaded, Loaded::Ended { .. }), "{loaded:?}");
    }
}
