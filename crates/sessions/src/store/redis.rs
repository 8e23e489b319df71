//! Sessions in Redis, one server or a cluster.
//!
//! Choose it for several servers which need speed more than durability: what Redis has acknowledged
//! survives a crash of Anteroom, and a crash of Redis as far as its own persistence goes
//! (`appendfsync always` for all of it, `everysec` for all but a second, none without it).
//!
//! A session is one text (see `text`). Everything that reads before it writes is a script, which Redis runs
//! whole or not at all, so that parallel changes to different keys all stay. A session is one key, as a cluster asks of a script; its account's index is
//! another, written *before* the session and cleaned after it, so that a crash between the two leaves a
//! name too many there and never one too few. Redis removes what has expired by itself.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use redis::{FromRedisValue, RedisError, Script, ScriptInvocation, cmd};
use time::OffsetDateTime;

use super::cached::{Foreign, Watched};
use super::encoding::{hex, millis, span};
use super::together::Together;
use super::{Capabilities, Loaded, REASON_KEPT_FOR, Store, StoreError, Summary};
use crate::{AccountKey, Change, Clock, Key, Pauses, Reason, Record};

mod address;
mod connection;
mod scripts;
mod text;
mod watch;

pub use address::Address;
pub use connection::Connection;
use scripts::Scripts;
use text::Stored;
use watch::Watch;

/// A Redis server or cluster with sessions under a prefix.
#[derive(Clone, Debug)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    prefix: String,
    connection: Connection,
    scripts: Scripts,
    watch: Watch,
    together: Together<Text>,
}

/// What stands under a key, if anything does.
type Text = Option<Vec<u8>>;

impl std::fmt::Debug for Inner {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl RedisStore {
    /// Connects to the server at this address, or to the cluster that it is part of. `prefix` begins the name of every key. No attempt to connect, and no
    /// answer, is waited for longer than `timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the URL cannot be read or nobody answers there.
    pub async fn open<'a>(
        address: impl Into<Address<'a>>,
        prefix: &str,
        timeout: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        let address = address.into();
        let connection = Connection::open(address, timeout).await?;
        // Whoever may not ask could sign nobody in.
        let _: Vec<String> = cmd("TIME").query_async(&mut connection.clone()).await.map_err(meaning)?;
        let watch = Watch::new(connection.clone(), prefix, timeout);
        let (scripts, together) = (Scripts::new(), Together::default());
        let inner = Inner { clock, prefix: prefix.to_owned(), connection, scripts, watch, together };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether it is a cluster, which tells nobody what others have written.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.inner.connection.is_cluster()
    }

    fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
    }

    /// Where a session is.
    fn place(&self, key: &Key) -> String {
        [&self.inner.prefix, hex(key.as_bytes()).as_str()].concat()
    }

    /// Where an account's sessions are listed.
    fn index(&self, account: AccountKey) -> String {
        format!("{}account:{}", self.inner.prefix, hex(account.as_bytes()))
    }

    /// What is there, asked for together with others; in a cluster, whose nodes are asked one by one, alone.
    async fn text(&self, key: &Key) -> Result<Text, StoreError> {
        let store = self.clone();
        let asked_for = |keys: Vec<Key>| async move {
            let mut commands = redis::pipe();
            for key in &keys {
                commands.cmd("GET").arg(store.place(key));
            }
            commands.query_async(&mut store.inner.connection.clone()).await.map_err(meaning_together)
        };
        if !self.is_cluster()
            && let Some(answer) = self.inner.together.ask(*key, asked_for).await
        {
            return answer;
        }
        let mut command = cmd("GET");
        command.arg(self.place(key));
        command.query_async(&mut self.inner.connection.clone()).await.map_err(meaning)
    }

    async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, StoreError> {
        script.invoke_async(&mut self.inner.connection.clone()).await.map_err(meaning)
    }

    /// Begins a call of a script about one key.
    fn call<'a>(&self, script: &'a Script, place: &str) -> ScriptInvocation<'a> {
        let mut call = script.key(place);
        call.arg(millis(self.now()));
        call
    }

    /// Ends one session; of `account` alone, and alive, if one is given. What it held, and whose it was, if it ended
    /// now.
    async fn end_one(
        &self,
        key: &Key,
        reason: Reason,
        account: Option<AccountKey>,
    ) -> Result<Ended, StoreError> {
        let mut call = self.call(&self.inner.scripts.end, &self.place(key));
        call.arg(reason.as_str()).arg(account.map(text::account_text).unwrap_or_default());
        let (last, account, was_there): (Text, String, bool) = self.run(&call).await?;
        Ok(Ended { last, account: text::account_of(&account), was_there })
    }

    /// Takes names off an account's list. What is left there is passed over by those who read it.
    async fn unlist(&self, account: AccountKey, keys: &[Key]) {
        if keys.is_empty() {
            return;
        }
        let mut command = cmd("ZREM");
        command.arg(self.index(account));
        for key in keys {
            command.arg(&key.as_bytes()[..]);
        }
        if let Err(error) = command.exec_async(&mut self.inner.connection.clone()).await {
            tracing::debug!(%error, "sessions that have ended are still listed");
        }
    }

    async fn listed(&self, account: AccountKey) -> Result<Vec<Key>, StoreError> {
        let mut command = cmd("ZRANGE");
        command.arg(self.index(account)).arg(0).arg(-1);
        let names: Vec<Vec<u8>> =
            command.query_async(&mut self.inner.connection.clone()).await.map_err(meaning)?;
        Ok(names.into_iter().filter_map(|name| name.try_into().ok()).map(Key::from_bytes).collect())
    }
}

/// What became of a session that was to end.
struct Ended {
    /// What it held, if it lived until then; less than that, if it was to be somebody's.
    last: Text,
    account: Option<AccountKey>,
    /// Whether anything is under its key: what is listed and is not may be about to begin.
    was_there: bool,
}

#[async_trait]
impl Store for RedisStore {
    async fn insert(&self, key: &Key, record: &Record) -> Result<bool, StoreError> {
        if let Some(account) = record.account {
            let mut call = self.inner.scripts.list.key(self.index(account));
            let over = record.absolute_deadline();
            call.arg(span(over - self.now())).arg(&key.as_bytes()[..]).arg(millis(over));
            let () = self.run(&call).await?;
        }
        let kept_for = record.idle_deadline() - self.now() + REASON_KEPT_FOR;
        let mut call = self.call(&self.inner.scripts.insert, &self.place(key));
        call.arg(span(kept_for)).arg(text::write(record)?);
        self.run(&call).await
    }

    async fn load(&self, key: &Key) -> Result<Loaded, StoreError> {
        let found = self.text(key).await?;
        let now = self.now();
        let loaded = match Stored::read(found)? {
            Stored::Nothing => Loaded::Absent,
            Stored::Record(record) => Loaded::at(record, now),
            Stored::Ended { reason, at } => Loaded::Ended { reason, at },
        };
        // Redis forgets a reason by its own clock.
        Ok(match loaded {
            Loaded::Ended { at, .. } if now - REASON_KEPT_FOR >= at => Loaded::Absent,
            loaded => loaded,
        })
    }

    async fn apply(&self, key: &Key, change: &Change) -> Result<Option<Record>, StoreError> {
        let mut call = self.call(&self.inner.scripts.apply, &self.place(key));
        call.arg(millis(change.at)).arg(change.removed.len());
        for name in &change.removed {
            call.arg(name);
        }
        for (name, value) in &change.set {
            call.arg(name).arg(text::json(value)?);
        }
        match Stored::read(self.run(&call).await?)? {
            Stored::Record(record) => Ok(Some(record)),
            Stored::Nothing | Stored::Ended { .. } => Ok(None),
        }
    }

    async fn touch(&self, key: &Key, seen: OffsetDateTime) -> Result<bool, StoreError> {
        let mut call = self.call(&self.inner.scripts.touch, &self.place(key));
        call.arg(millis(seen));
        self.run(&call).await
    }

    async fn end(&self, key: &Key, reason: Reason) -> Result<Option<Record>, StoreError> {
        let ended = self.end_one(key, reason, None).await?;
        if let Some(account) = ended.account {
            self.unlist(account, &[*key]).await;
        }
        Ok(match Stored::read(ended.last) {
            Ok(Stored::Record(record)) => Some(record),
            Ok(Stored::Nothing | Stored::Ended { .. }) | Err(_) => None,
        })
    }

    async fn of_account(&self, account: AccountKey) -> Result<Vec<Summary>, StoreError> {
        let mut summaries = Vec::new();
        for key in self.listed(account).await? {
            match self.load(&key).await {
                Ok(Loaded::Living(record)) if record.account == Some(account) => {
                    summaries.push(Summary { key, record: Arc::unwrap_or_clone(record) });
                }
                Ok(_) | Err(StoreError::Corrupt(_)) => {}
                Err(unavailable) => return Err(unavailable),
            }
        }
        summaries.sort_by_key(|summary| std::cmp::Reverse(summary.record.created_at));
        Ok(summaries)
    }

    async fn end_of_account(
        &self,
        account: AccountKey,
        except: Option<&Key>,
        reason: Reason,
    ) -> Result<u64, StoreError> {
        let listed = self.listed(account).await?.into_iter().filter(|key| Some(key) != except);
        // At once: one that fails or hangs, in a cluster, keeps no other alive.
        let ending = listed.map(|key| async move { (key, self.end_one(&key, reason, Some(account)).await) });
        let (mut over, mut count, mut failure) = (Vec::new(), 0, None);
        for (key, ended) in join_all(ending).await {
            match ended {
                Ok(ended) => {
                    count += u64::from(ended.last.is_some());
                    over.extend(ended.was_there.then_some(key));
                }
                Err(error) => drop(failure.get_or_insert(error)),
            }
        }
        self.unlist(account, &over).await;
        failure.map_or(Ok(count), Err)
    }

    /// Does nothing: each key has its own expiry.
    async fn sweep(&self, _: usize, _: &Pauses) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "redis",
            is_client_side: false,
            survives_restart: true,
            shared: true,
            listable: true,
            expires_by_itself: true,
        }
    }
}

#[async_trait]
impl Watched for RedisStore {
    async fn foreign_writes(&self) -> Result<Foreign, StoreError> {
        self.inner.watch.foreign_writes().await
    }
}

/// What an error means to those who asked together: an answer to each of them, if the server gave any, says of some
/// that they cannot be read.
fn meaning_together(error: RedisError) -> StoreError {
    match error.clone().into_server_errors() {
        Some(_) => StoreError::corrupt(error),
        None => meaning(error),
    }
}

/// What stands under a session's key and is no session is corrupt; anything else says that Redis cannot be
/// used at present.
fn meaning(error: RedisError) -> StoreError {
    match error.code() {
        Some("WRONGTYPE" | scripts::CORRUPT) => StoreError::corrupt(error),
        _ => StoreError::unavailable(error),
    }
}
