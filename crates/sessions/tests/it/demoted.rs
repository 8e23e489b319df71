//! A Redis that has become a replica keeps its clients, while another takes the writes at the same address.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use redis::cmd;
use sessions::store::cached::Cached;
use sessions::store::redis::RedisStore;
use sessions::{Clock, FixedClock, Loaded, Policy, Reason, Record, SessionId, Store, StoreError};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::PATIENCE;
use crate::servers::redis::Redis;

/// A name that leads new connections to whichever port it is set to.
struct Address {
    url: String,
    port: Arc<AtomicU16>,
}

impl Address {
    async fn of(redis: &Redis) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("redis://{}/", listener.local_addr().expect("is bound"));
        let port = Arc::new(AtomicU16::new(redis.port()));
        let target = Arc::clone(&port);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let port = target.load(Ordering::Relaxed);
                tokio::spawn(async move {
                    let mut to = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
                    copy_bidirectional(&mut from, &mut to).await
                });
            }
        });
        Self { url, port }
    }

    /// The first becomes a replica of nobody who answers, and new connections lead to the second.
    fn moves(&self, from: &Redis, to: &Redis) {
        let mut open = from.connect().expect("connects");
        cmd("REPLICAOF").arg("127.0.0.1").arg(1).exec(&mut open).expect("is demoted");
        self.leads_to(to);
    }

    fn leads_to(&self, to: &Redis) {
        self.port.store(to.port(), Ordering::Relaxed);
    }
}

async fn open(url: &str, clock: &Arc<dyn Clock>) -> RedisStore {
    RedisStore::open(url, "", PATIENCE, Arc::clone(clock)).await.expect("opens")
}

async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !holds().await {
        assert!(Instant::now() < give_up, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn whoever_writes_finds_the_new_one() {
    let (first, second) = (Redis::start(&[]), Redis::start(&[]));
    let address = Address::of(&first).await;
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let store = open(&address.url, &clock).await;
    let record = Record::new(Policy::SIGNED_IN, clock.now());
    assert!(store.insert(&SessionId::random().key(""), &record).await.expect("inserts"));
    address.moves(&first, &second);
    let refused = store.insert(&SessionId::random().key(""), &record).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let key = SessionId::random().key("");
    until("the new one takes it", async || store.insert(&key, &record).await.is_ok()).await;
    let direct = open(&second.url(), &clock).await;
    assert!(matches!(direct.load(&key).await, Ok(Loaded::Living(_))));
}

/// It has the record still, and hears of no end.
#[tokio::test]
async fn whoever_only_reads_what_is_kept_in_memory_finds_the_new_one() {
    let (first, second) = (Redis::start(&[]), Redis::start(&[]));
    let address = Address::of(&first).await;
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let store = open(&address.url, &clock).await;
    let cached = Cached::new(store, 1 << 20, Arc::clone(&clock));
    let (key, record) = (SessionId::random().key(""), Record::new(Policy::SIGNED_IN, clock.now()));
    assert!(cached.insert(&key, &record).await.expect("inserts"));
    until("it is at hand", async || {
        let _ = cached.load(&key).await;
        cached.at_hand(&key).is_some()
    })
    .await;
    address.moves(&first, &second);
    until("the new one has none", async || {
        cached.at_hand(&key).is_none() && matches!(cached.load(&key).await, Ok(Loaded::Absent))
    })
    .await;
}

/// Whoever asks has lost a connection, and whoever listens has not: one is with either server.
#[tokio::test]
async fn whoever_listens_follows_whoever_asks() {
    let (first, second) = (Redis::start(&[]), Redis::start(&[]));
    let address = Address::of(&first).await;
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::default());
    let cached = Cached::new(open(&address.url, &clock).await, 1 << 20, Arc::clone(&clock));
    until("listens", async || clients(&first).iter().any(Client::listens)).await;
    let (key, record) = (SessionId::random().key(""), Record::new(Policy::SIGNED_IN, clock.now()));
    let direct = open(&second.url(), &clock).await;
    assert!(direct.insert(&key, &record).await.expect("inserts"));

    address.leads_to(&second);
    for client in clients(&first).iter().filter(|client| !client.listens()) {
        client.is_cut_from(&first);
    }
    let elsewhere = SessionId::random().key("");
    until("asks the second", async || {
        let _ = cached.insert(&elsewhere, &record).await;
        matches!(direct.load(&elsewhere).await, Ok(Loaded::Living(_)))
    })
    .await;
    let is_at_hand = async || {
        let _ = cached.load(&key).await;
        cached.at_hand(&key).is_some()
    };
    until("it is at hand", is_at_hand).await;
    // Long enough to have heard of whatever had happened before.
    tokio::time::sleep(Duration::from_secs(1)).await;
    until("it is at hand", is_at_hand).await;
    assert!(direct.end(&key, Reason::SignedOut).await.expect("ends").is_some());
    until("its end is heard of", async || cached.at_hand(&key).is_none()).await;
    assert!(matches!(cached.load(&key).await, Ok(Loaded::Ended { .. })));
}

/// Somebody with a connection to a Redis, as that tells of him.
struct Client {
    id: String,
    flags: String,
}

impl Client {
    fn listens(&self) -> bool {
        self.flags.contains('t')
    }

    fn is_cut_from(&self, redis: &Redis) {
        let mut open = redis.connect().expect("connects");
        cmd("CLIENT").arg(&["KILL", "ID", &self.id]).exec(&mut open).expect("is closed");
    }
}

fn clients(redis: &Redis) -> Vec<Client> {
    let mut open = redis.connect().expect("connects");
    let list: String = cmd("CLIENT").arg("LIST").query(&mut open).expect("lists");
    let of = |line: &str| {
        let value = |name| Some(line.split(' ').find_map(|field| field.strip_prefix(name))?.to_owned());
        Some(Client { id: value("id=")?, flags: value("flags=")? })
    };
    list.lines().filter_map(of).collect()
}
