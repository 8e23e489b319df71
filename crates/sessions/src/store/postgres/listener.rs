//! What other servers have written, as the database tells it.
//!
//! Three facts bear this. PostgreSQL (13 and later) signals those who listen before it acknowledges a
//! commit, and hands them what they were told before `ReadyForQuery` of whatever they ask next: so one round
//! trip brings all that was acknowledged before it. A `PgListener` (sqlx 0.9.0) keeps what arrives during a
//! query in an unbounded buffer, which `next_buffered` empties without waiting. And it connects anew by
//! itself only after `recv` or `try_recv`, silent on what it has missed: neither is called here.

use std::fmt;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use super::super::cached::Foreign;
use super::super::encoding::key_from_hex;
use crate::{Key, SessionId};

/// As in `statements`.
const CHANNEL: &str = "sessions_written";

/// One connection of its own, which only listens.
pub(super) struct Listener {
    pool: PgPool,
    timeout: Duration,
    /// `None` until somebody asks, and after every call that did not end well.
    listening: Mutex<Option<Listening>>,
}

impl Listener {
    /// Will listen to the database of `pool`.
    pub(super) fn new(pool: PgPool, timeout: Duration) -> Self {
        Self { pool, timeout, listening: Mutex::default() }
    }

    /// What has been written since the last call.
    ///
    /// The connection is out of its place while it is used: a call that fails, or is dropped, takes it
    /// along with all that it had heard, and the next one begins anew.
    pub(super) async fn heard(&self) -> sqlx::Result<Foreign> {
        let mut place = self.listening.lock().await;
        let (listening, heard) = match place.take() {
            Some(mut listening) => {
                let heard = listening.ask().await?;
                (listening, heard)
            }
            None => (self.begin().await?, Foreign::Anything),
        };
        *place = Some(listening);
        Ok(heard)
    }

    /// Connects, listens, and makes sure of it.
    async fn begin(&self) -> sqlx::Result<Listening> {
        // A pool for each: one of them for all would wait for the place of a connection that hangs.
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool =
            pool.acquire_timeout(self.timeout).connect_lazy_with((*self.pool.connect_options()).clone());
        let mut listening = Listening::new(PgListener::connect_with(&pool).await?);
        listening.listener()?.listen(CHANNEL).await?;
        // A pooler that lends connections for single transactions would lose what is told between two of
        // them. So a key that no session has is told once, by another connection, and must be heard here.
        let key = SessionId::random().key("");
        sqlx::query("SELECT pg_notify('sessions_written', encode($1, 'hex'))")
            .bind(key.as_bytes())
            .execute(&self.pool)
            .await?;
        match listening.ask().await? {
            Foreign::Keys(keys) if !keys.contains(&key) => Err(sqlx::Error::Protocol(
                "what is told by NOTIFY does not arrive: is there a pooler in transaction mode between?"
                    .into(),
            )),
            _ => Ok(listening),
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// A connection that listens. `None` only while it is dropped.
struct Listening {
    listener: Option<PgListener>,
    runtime: Handle,
}

impl Listening {
    fn new(listener: PgListener) -> Self {
        Self { listener: Some(listener), runtime: Handle::current() }
    }

    fn listener(&mut self) -> sqlx::Result<&mut PgListener> {
        self.listener.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Makes a round trip, and takes what has arrived by then.
    async fn ask(&mut self) -> sqlx::Result<Foreign> {
        let listener = self.listener()?;
        (&mut *listener).execute("SELECT 1").await?;
        let told = std::iter::from_fn(|| listener.next_buffered());
        // Whatever is no key stands for more than can be told.
        let keys: Vec<Option<Key>> = told.map(|one| key_from_hex(one.payload())).collect();
        Ok(keys.into_iter().collect::<Option<_>>().map_or(Foreign::Anything, Foreign::Keys))
    }
}

impl Drop for Listening {
    /// A `PgListener` says good-bye in a task that it spawns, and panics where there is no runtime.
    fn drop(&mut self) {
        let _entered = self.runtime.enter();
        drop(self.listener.take());
    }
}
