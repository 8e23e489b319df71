//! Redis, alone and as a cluster of three.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use redis::{Client, Connection, RedisResult, cmd};

/// One Redis.
pub struct Redis(local_servers::Redis);

impl Redis {
    /// Starts it with further arguments, and waits until it answers.
    pub fn start(arguments: &[&str]) -> Self {
        Self(local_servers::Redis::start(arguments).expect("these tests need Redis"))
    }

    pub fn url(&self) -> String {
        self.0.url()
    }

    pub fn port(&self) -> u16 {
        self.0.port()
    }

    pub fn connect(&self) -> RedisResult<Connection> {
        Client::open(self.url())?.get_connection()
    }
}

/// One for all tests, each with a prefix of its own.
pub fn shared() -> &'static Redis {
    static SHARED: OnceLock<Redis> = OnceLock::new();
    SHARED.get_or_init(|| Redis::start(&[]))
}

/// A prefix that no other test has.
pub fn new_prefix() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("test{}:", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One cluster for all tests that leave it as it is.
pub fn cluster() -> &'static [Redis; 3] {
    static CLUSTER: OnceLock<[Redis; 3]> = OnceLock::new();
    CLUSTER.get_or_init(new_cluster)
}

/// Three nodes with a third of the slots each.
pub fn new_cluster() -> [Redis; 3] {
    let nodes =
        [(); 3].map(|()| Redis::start(&["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]));
    let slots = [(0, 5460), (5461, 10922), (10923, 16383)];
    for (node, (first, last)) in nodes.iter().zip(slots) {
        let mut open = node.connect().expect("connects");
        let () = cmd("CLUSTER")
            .arg("ADDSLOTSRANGE")
            .arg(first)
            .arg(last)
            .query(&mut open)
            .expect("takes its slots");
        for other in &nodes {
            let meet = cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(other.0.port()).exec(&mut open);
            meet.expect("meets the others");
        }
    }
    for node in &nodes {
        let mut open = node.connect().expect("connects");
        wait_until("the cluster is whole", || {
            let about: String = cmd("CLUSTER").arg("INFO").query(&mut open).unwrap_or_default();
            about.contains("cluster_state:ok") && about.contains("cluster_known_nodes:3")
        });
    }
    nodes
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
