//! Redis, alone and as a cluster of three.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use redis::{Client, Commands as _, Connection, RedisResult, cmd};

use super::{Server, free_port, is_installed};

/// One Redis.
pub struct Redis {
    port: u16,
    _server: Server,
}

impl Redis {
    /// Starts it with further arguments, and waits until it answers.
    pub fn start(arguments: &[&str]) -> Self {
        assert!(
            is_installed("redis-server"),
            "these tests need redis-server: install it, on Debian with `apt-get install redis-server`"
        );
        let folder = tempfile::tempdir().expect("a folder").keep();
        let port = free_port();
        let mut all: Vec<String> =
            ["--bind", "127.0.0.1", "--save", "", "--port"].map(str::to_owned).to_vec();
        all.push(port.to_string());
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let redis = Self { port, _server: Server::start("redis-server", &all, &folder) };
        wait_until("Redis answers", || redis.connect().and_then(|mut open| open.ping::<()>()).is_ok());
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
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

/// Three nodes with a third of the slots each; one cluster for all tests.
pub fn cluster() -> &'static [Redis; 3] {
    static CLUSTER: OnceLock<[Redis; 3]> = OnceLock::new();
    CLUSTER.get_or_init(|| {
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
                let meet = cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(other.port).exec(&mut open);
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
    })
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
