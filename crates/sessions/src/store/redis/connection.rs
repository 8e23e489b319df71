//! A connection to one server, or to a cluster of them.

use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster::ClusterClient;
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, Pipeline, RedisFuture, RedisResult, Value, cmd};

/// Longest pause before another attempt to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// Either; both are cheap to clone, share one connection for all callers, and connect anew by themselves.
#[derive(Clone)]
pub(super) enum Connection {
    Single(ConnectionManager),
    Cluster(ClusterConnection),
}

impl Connection {
    /// Connects, and asks the first node what it is.
    pub(super) async fn open(client: Client, nodes: &[&str], timeout: Duration) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout))
            .set_min_delay(PAUSE)
            .set_max_delay(PAUSE)
            .set_number_of_retries(1);
        let mut single = ConnectionManager::new_with_config(client, config).await?;
        // Who may not ask is not in a cluster: its nodes tell everybody.
        let about: String = cmd("INFO").arg("cluster").query_async(&mut single).await.unwrap_or_default();
        if !about.lines().any(|line| line.trim() == "cluster_enabled:1") {
            return Ok(Self::Single(single));
        }
        let cluster = ClusterClient::builder(nodes.iter().copied())
            .connection_timeout(timeout)
            .response_timeout(timeout)
            .max_retry_wait(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX))
            .build()?;
        Ok(Self::Cluster(cluster.get_async_connection().await?))
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}
