//! Attempts counted in Redis, where the sessions are too: shared by all servers over it. What it counts
//! survives as Redis itself does.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use auth::{Admission, ThrottleError};
use redis::{FromRedisValue, Script, ScriptInvocation};
use sessions::StoreError;
use sessions::store::redis::{Address, Connection};

use super::Key;
use super::counting::Tally;
use super::rules::{AHEAD, Bucket, KEPT_FOR, admission, closed_or, delays};

/// Keys of what is counted, under a prefix. Each expires by itself.
#[derive(Clone)]
pub struct RedisTally {
    connection: Connection,
    timeout: Duration,
    prefix: String,
    scripts: std::sync::Arc<Scripts>,
}

/// Each judges and notes in one step, in one key. They answer 0 for what is admitted, otherwise how long to wait.
struct Scripts {
    pass: Script,
    guess: Script,
    take_back: Script,
}

/// `ARGV`: now, the interval, the tolerance, how far ahead a clock may be.
const PASS: &str = r"
local now, interval, tolerance, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full = tonumber(redis.call('GET', KEYS[1]) or nil) or now
if full > now + tolerance + interval + ahead or full < now then full = now end
local wait = full - tolerance - now
if wait > 0 then return wait end
full = full + interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', string.format('%.0f', math.ceil((full - now) / 1000)))
return 0
";

/// `ARGV`: now, how far ahead a clock may be, for how many milliseconds failures are kept, the delay after each
/// number of failures. Answers -1 after the last of them, which is kept for ever.
const GUESS: &str = r"
local now, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local noted = redis.call('HMGET', KEYS[1], 'count', 'last')
local count, last = tonumber(noted[1] or nil) or 0, tonumber(noted[2] or nil) or now
local delay = tonumber(ARGV[4 + count])
if not delay then return -1 end
local was_set_back, wait = last > now + ahead, last + delay - now
if delay > 0 and wait > 0 and not was_set_back then return wait end
if was_set_back or last < now then last = now end
redis.call('HSET', KEYS[1], 'count', count + 1, 'last', string.format('%.0f', last))
if ARGV[5 + count] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
else
  redis.call('PERSIST', KEYS[1])
end
return 0
";

/// `ARGV`: for how many milliseconds failures are kept.
const TAKE_BACK: &str = r"
local count = tonumber(redis.call('HGET', KEYS[1], 'count') or nil)
if count and count > 0 then
  redis.call('HSET', KEYS[1], 'count', count - 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 0
";

impl RedisTally {
    /// Connects to the server, or the cluster, at this address. `prefix` begins the name of every key. No attempt to
    /// connect, and no answer, is waited for longer than `timeout`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open(address: Address<'_>, prefix: &str, timeout: Duration) -> Result<Self, StoreError> {
        let connection = Connection::open(address, timeout).await?;
        let scripts =
            Scripts { pass: Script::new(PASS), guess: Script::new(GUESS), take_back: Script::new(TAKE_BACK) };
        Ok(Self { connection, timeout, prefix: format!("{prefix}throttle:"), scripts: scripts.into() })
    }

    /// Where a key is: under the prefix, in hexadecimal.
    fn place(&self, key: Key) -> String {
        let digits = key.as_bytes().iter().map(|byte| format!("{byte:02x}"));
        std::iter::once(self.prefix.clone()).chain(digits).collect()
    }

    async fn run<T: FromRedisValue>(&self, call: &ScriptInvocation<'_>) -> Result<T, ThrottleError> {
        let mut connection = self.connection.clone();
        let answer = tokio::time::timeout(self.timeout, call.invoke_async(&mut connection)).await;
        answer.map_err(ThrottleError::new)?.map_err(ThrottleError::new)
    }
}

impl fmt::Debug for RedisTally {
    /// Without the address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTally").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[async_trait]
impl Tally for RedisTally {
    async fn pass(&self, key: Key, bucket: Bucket, now: i64) -> Result<Admission, ThrottleError> {
        let mut call = self.scripts.pass.key(self.place(key));
        call.arg(now).arg(bucket.interval).arg(bucket.tolerance).arg(AHEAD);
        let wait: i64 = self.run(&call).await?;
        Ok(admission((wait > 0).then_some(wait)))
    }

    async fn guess(&self, key: Key, now: i64) -> Result<Admission, ThrottleError> {
        let mut call = self.scripts.guess.key(self.place(key));
        call.arg(now).arg(AHEAD).arg(KEPT_FOR / 1000).arg(delays());
        let wait: i64 = self.run(&call).await?;
        Ok(admission((wait != 0).then(|| closed_or(wait))))
    }

    async fn forgive(&self, key: Key) -> Result<(), ThrottleError> {
        let mut command = redis::cmd("DEL");
        command.arg(self.place(key));
        command.exec_async(&mut self.connection.clone()).await.map_err(ThrottleError::new)
    }

    async fn take_back(&self, key: Key) -> Result<(), ThrottleError> {
        let mut call = self.scripts.take_back.key(self.place(key));
        call.arg(KEPT_FOR / 1000);
        self.run(&call).await
    }

    /// Does nothing: each key has its own expiry, and Redis its own bound (`maxmemory`).
    async fn sweep(&self, _: i64, _: usize, _: usize) -> Result<u64, ThrottleError> {
        Ok(0)
    }
}
