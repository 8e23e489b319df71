//! What others write, as Redis tells it (`CLIENT TRACKING`, Redis 6 and later).

use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, RedisResult, Value, cmd};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::super::StoreError;
use super::super::cached::Foreign;
use super::super::encoding::key_from_hex;
use super::connection::Connection;
use crate::Key;

/// A connection of its own, on which Redis names every key under the prefix that anybody writes.
///
/// In broadcast mode Redis needs no memory for it, and queues the names before it answers whoever wrote
/// (Redis 7.0, `beforeSleep`); so they stand before the answer to a later question on this connection.
pub(super) struct Watch {
    client: Option<Client>,
    /// That on which everything else is asked.
    asked: Connection,
    prefix: String,
    timeout: Duration,
    /// The lock is held for a whole call: there is one caller.
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: MultiplexedConnection,
    pushed: UnboundedReceiver<PushInfo>,
    /// Which server everything else was asked of when this was opened.
    generation: u64,
}

impl Watch {
    /// Connects when first asked.
    pub(super) fn new(asked: Connection, prefix: &str, timeout: Duration) -> Self {
        let about = asked.node().get_connection_info().clone();
        let settings = about.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(about.set_redis_settings(settings)).ok();
        Self { client, asked, prefix: prefix.to_owned(), timeout, open: Mutex::default() }
    }

    /// What has been written since the last call, by whomever. Afresh connected, nobody knows.
    pub(super) async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        let mut open = self.open.lock().await;
        // Left empty if this call fails or is dropped: then names may have been lost.
        let Some(mut watching) = open.take().filter(|open| open.generation == self.asked.generation()) else {
            *open = Some(self.connect().await.map_err(StoreError::unavailable)?);
            return Ok(Foreign::Anything);
        };
        let written = self.written(&mut watching).await;
        match &written {
            Ok(_) => *open = Some(watching),
            Err(_) => self.asked.leave(),
        }
        written
    }

    async fn written(&self, open: &mut Open) -> Result<Foreign, StoreError> {
        let mut asked = self.asked.clone();
        let both = async { tokio::try_join!(Server::at(&mut open.connection), Server::at(&mut asked)) };
        let (here, there) = both.await.map_err(StoreError::unavailable)?;
        if here.is_replica {
            return Err(StoreError::unavailable("this Redis is a replica by now"));
        }
        // A connection that broke alone is made anew, and the address may have led elsewhere.
        if here.run_id != there.run_id {
            return Err(StoreError::unavailable("another Redis is asked by now"));
        }
        open.written(&self.prefix)
    }

    async fn connect(&self) -> RedisResult<Open> {
        let client = self.client.as_ref().ok_or((redis::ErrorKind::Client, "no client for RESP3"))?;
        let (sender, pushed) = unbounded_channel();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timeout))
            .set_response_timeout(Some(self.timeout))
            .set_push_sender(sender);
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        cmd("CLIENT")
            .arg(&["TRACKING", "ON", "BCAST", "PREFIX", &self.prefix])
            .exec_async(&mut connection)
            .await?;
        if Server::at(&mut connection).await?.is_replica {
            return Err((redis::ErrorKind::Client, "this Redis is a replica").into());
        }
        // The address may have led elsewhere a moment ago: both are to be to the same server.
        self.asked.leave();
        Ok(Open { connection, pushed, generation: self.asked.generation() })
    }
}

impl Open {
    /// What was written since the last call. Its names are lost with this call.
    fn written(&mut self, prefix: &str) -> Result<Foreign, StoreError> {
        let mut written = Some(Vec::new());
        while let Ok(push) = self.pushed.try_recv() {
            match push.kind {
                PushKind::Invalidate => {
                    let named = named(&push.data, prefix);
                    written = written.zip(named).map(|(written, named)| [written, named].concat());
                }
                PushKind::Disconnection => {
                    return Err(StoreError::unavailable("the connection was lost"));
                }
                _ => {}
            }
        }
        Ok(written.map_or(Foreign::Anything, Foreign::Keys))
    }
}

/// What a server says of itself; nothing to those who may not ask.
#[derive(Default)]
struct Server {
    /// Another's after each start.
    run_id: String,
    /// Whether it hears of what is written elsewhere at best, and maybe of nothing.
    is_replica: bool,
}

impl Server {
    async fn at(connection: &mut (impl ConnectionLike + Send)) -> RedisResult<Self> {
        let about: String = match cmd("INFO").arg(&["server", "replication"]).query_async(connection).await {
            Err(error) if error.code() == Some("NOPERM") => return Ok(Self::default()),
            about => about?,
        };
        let value = |name| about.lines().find_map(|line| line.trim().strip_prefix(name));
        let run_id = value("run_id:").unwrap_or_default().to_owned();
        Ok(Self { run_id, is_replica: value("role:") == Some("slave") })
    }
}

/// The sessions that a message names; `None` if it names nothing, which means everything (`FLUSHALL`).
fn named(data: &[Value], prefix: &str) -> Option<Vec<Key>> {
    let [Value::Array(names)] = data else { return None };
    let keys = names.iter().filter_map(|name| match name {
        Value::BulkString(name) => key_from_hex(std::str::from_utf8(name).ok()?.strip_prefix(prefix)?),
        _ => None,
    });
    Some(keys.collect())
}
