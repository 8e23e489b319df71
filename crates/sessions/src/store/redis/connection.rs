//! A connection to one server, or to a cluster of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::cluster_async::ClusterConnection;
use redis::{Client, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value, cmd};

use super::super::StoreError;
use super::Address;

/// Since this version (7.0) what is told of a write comes before the answer to a question that was asked after it, on
/// which what is kept in memory relies.
const OLDEST: u32 = 7;
/// Shortest time with one server before another is looked for at its address.
const LEAST_STAY: Duration = Duration::from_secs(1);
/// Longest pause before another attempt to connect.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection to one server, or to all of a cluster: cheap to clone, one for all callers, made anew by itself.
#[derive(Clone)]
pub struct Connection {
    kind: Kind,
    node: Client,
}

#[derive(Clone)]
enum Kind {
    Single(Arc<Single>),
    Cluster(ClusterConnection),
}

/// To one server, until that says that it is a replica by now: then to whichever is at the address. redis 1.8.1 leaves
/// a connection only when it breaks, and a server that is demoted keeps its clients.
struct Single {
    node: Client,
    config: ConnectionManagerConfig,
    present: Mutex<Present>,
}

struct Present {
    manager: ConnectionManager,
    since: Instant,
    /// Counts the servers, or the attempts to find another.
    generation: u64,
}

impl Single {
    async fn open(node: &Client, config: ConnectionManagerConfig) -> RedisResult<Self> {
        let manager = ConnectionManager::new_with_config(node.clone(), config.clone()).await?;
        let present = Mutex::new(Present { manager, since: Instant::now(), generation: 0 });
        Ok(Self { node: node.clone(), config, present })
    }

    fn manager(&self) -> (ConnectionManager, u64) {
        let present = self.present.lock();
        (present.manager.clone(), present.generation)
    }

    /// Leaves a server that takes no writes or does not answer, not more often than now and then. What a manager could
    /// not connect to for another reason than the network it never tries again, and after a timeout it waits on.
    fn judge<'a>(&self, generation: u64, answers: Result<impl Iterator<Item = &'a Value>, &RedisError>) {
        let is_refused =
            |value: &Value| matches!(value, Value::ServerError(error) if error.code() == "READONLY");
        if answers.map_or(true, |mut answers| answers.any(is_refused)) {
            let mut present = self.present.lock();
            if present.generation == generation && present.since.elapsed() >= LEAST_STAY {
                self.renew(&mut present);
            }
        }
    }

    fn renew(&self, present: &mut Present) {
        if let Ok(manager) = ConnectionManager::new_lazy_with_config(self.node.clone(), self.config.clone()) {
            *present = Present { manager, since: Instant::now(), generation: present.generation + 1 };
        }
    }
}

impl Connection {
    /// Connects to the server at this address, or to the cluster that it is part of. No attempt to connect, and no
    /// answer, is waited for longer than `timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the URL cannot be read or nobody answers there.
    pub async fn open<'a>(address: impl Into<Address<'a>>, timeout: Duration) -> Result<Self, StoreError> {
        Self::to(address.into(), timeout).await.map_err(StoreError::unavailable)
    }

    /// Whether it is a cluster's.
    #[must_use]
    pub const fn is_cluster(&self) -> bool {
        matches!(self.kind, Kind::Cluster(_))
    }

    /// Says that another server may be at the address by now.
    pub(super) fn leave(&self) {
        if let Kind::Single(single) = &self.kind {
            single.renew(&mut single.present.lock());
        }
    }

    /// Counts how often a server was left: what was heard of another says nothing of this one.
    pub(super) fn generation(&self) -> u64 {
        if let Kind::Single(single) = &self.kind { single.present.lock().generation } else { 0 }
    }

    /// The server, or the one of a cluster that was asked first.
    pub(super) const fn node(&self) -> &Client {
        &self.node
    }

    /// Connects, and asks the first node that answers what it is.
    async fn to(address: Address<'_>, timeout: Duration) -> RedisResult<Self> {
        let (mut failure, clients) = (None, address.clients().collect::<RedisResult<Vec<_>>>()?);
        let are_several = clients.len() > 1;
        for node in clients {
            match Self::by(node, address, timeout).await {
                Ok(connection) if are_several && !connection.is_cluster() => {
                    let about = connection.node.get_connection_info().addr().to_string();
                    return Err((
                        ErrorKind::InvalidClientConfig,
                        "several addresses are those of a cluster, and this Redis is in none",
                        about,
                    )
                        .into());
                }
                Ok(connection) => return Ok(connection),
                Err(error) => drop(failure.get_or_insert(error)),
            }
        }
        Err(failure
            .unwrap_or_else(|| (ErrorKind::InvalidClientConfig, "no address of a Redis is given").into()))
    }

    async fn by(node: Client, address: Address<'_>, timeout: Duration) -> RedisResult<Self> {
        // Before whoever asks gives up, so that it is known here.
        let timeout = timeout.mul_f32(0.9);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(timeout))
            .set_response_timeout(Some(timeout))
            .set_min_delay(PAUSE)
            .set_max_delay(PAUSE)
            .set_number_of_retries(1);
        let single = Single::open(&node, config).await?;
        // Who may not ask is not in a cluster: its nodes tell everybody.
        let about: String = match cmd("INFO").query_async(&mut single.manager().0).await {
            Err(error) if error.code() == Some("NOAUTH") => return Err(error),
            answer => answer.unwrap_or_default(),
        };
        check_version(&about)?;
        if !about.lines().any(|line| line.trim() == "cluster_enabled:1") {
            return Ok(Self { kind: Kind::Single(Arc::new(single)), node });
        }
        let cluster = address
            .cluster()
            .connection_timeout(timeout)
            .response_timeout(timeout)
            .max_retry_wait(u64::try_from(PAUSE.as_millis()).unwrap_or(u64::MAX))
            .build()?;
        Ok(Self { kind: Kind::Cluster(cluster.get_async_connection().await?), node })
    }
}

/// Refuses a server that is too old, by what it says about itself; one that says nothing is taken at its word.
fn check_version(about: &str) -> RedisResult<()> {
    let version = about.lines().find_map(|line| line.trim().strip_prefix("redis_version:"));
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match (version, major) {
        (Some(version), Some(major)) if major < OLDEST => {
            Err((ErrorKind::Client, "Redis 7 or later is needed, and this one is", version.to_owned()).into())
        }
        _ => Ok(()),
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.kind {
            Kind::Single(single) => Box::pin(async {
                let (mut manager, generation) = single.manager();
                let answer = manager.req_packed_command(command).await;
                single.judge(generation, answer.as_ref().map(std::iter::once));
                answer
            }),
            Kind::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.kind {
            Kind::Single(single) => Box::pin(async move {
                let (mut manager, generation) = single.manager();
                let answer = manager.req_packed_commands(pipeline, offset, count).await;
                single.judge(generation, answer.as_ref().map(|answers| answers.iter()));
                answer
            }),
            Kind::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.kind {
            Kind::Single(single) => single.manager().0.get_db(),
            Kind::Cluster(connection) => connection.get_db(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_server_is_refused_with_its_version() {
        let about = |version| format!("# Server\r\nredis_version:{version}\r\nredis_mode:standalone\r\n");
        for new in ["7.0.15", "7.2.4", "8.0.1", "255.255.255", "unstable"] {
            assert!(check_version(&about(new)).is_ok(), "{new}");
        }
        assert!(check_version("").is_ok(), "who may not ask");
        for old in ["6.2.14", "5.0"] {
            let error = check_version(&about(old)).expect_err("is too old").to_string();
            assert!(error.contains("Redis 7 or later is needed") && error.contains(old), "{error}");
        }
    }
}
