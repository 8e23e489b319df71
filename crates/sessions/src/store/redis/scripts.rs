//! What Redis does in one step.
//!
//! `KEYS[1]` is the session, `ARGV[1]` the present moment. All moments and durations are milliseconds;
//! Lua's numbers keep them exact for 285,000 years, but print them with an exponent unless told not to.

use redis::Script;

/// The code of the error about a record that lacks what the limits need.
pub(super) const CORRUPT: &str = "CORRUPT";

/// Each is sent once to a server and then called by its hash.
pub(super) struct Scripts {
    pub insert: Script,
    pub apply: Script,
    pub touch: Script,
    pub end: Script,
    pub list: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            insert: Script::new(&[EXPIRY, INSERT].concat()),
            apply: Script::new(&[EXPIRY, LIVING, APPLY].concat()),
            touch: Script::new(&[EXPIRY, LIVING, TOUCH].concat()),
            end: Script::new(&[EXPIRY, LIVING, END].concat()),
            list: Script::new(&[EXPIRY, LIST].concat()),
        }
    }
}

/// How long Redis keeps the key: at most ten years after its last use.
const EXPIRY: &str = r"
local KEPT, LONGEST = 86400000, 315360000000

local function expire_in(milliseconds)
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(milliseconds, LONGEST)))
end
";

/// The limits of a living session; an error for one that cannot be read; nil for one that has ended.
/// And its use: `seen` never goes back, and Redis keeps the record for a day past its idle deadline.
const LIVING: &str = r"
local function limits()
  local found = redis.call('HMGET', KEYS[1], 'created', 'seen', 'idle', 'absolute', 'ended')
  if found[5] or redis.call('EXISTS', KEYS[1]) == 0 then return nil end
  local created, seen = tonumber(found[1] or nil), tonumber(found[2] or nil)
  local idle, absolute = tonumber(found[3] or nil), tonumber(found[4] or nil)
  if not (created and seen and idle and absolute) then
    return redis.error_reply('CORRUPT a session record lacks a field')
  end
  local last = created + absolute
  return { seen = seen, idle = idle, last = last, deadline = math.min(seen + idle, last) }
end

local function living(now)
  local found = limits()
  if found and not found.err and now >= found.deadline then return nil end
  return found
end

local function use(found, at, now)
  local seen = math.max(found.seen, at)
  redis.call('HSET', KEYS[1], 'seen', string.format('%.0f', seen))
  expire_in(math.min(seen + found.idle, found.last) - now + KEPT)
end
";

const INSERT: &str = r"
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
for place = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[place], ARGV[place + 1]) end
expire_in(tonumber(ARGV[2]))
return 1
";

/// `ARGV`: now, when it is used, how many fields to remove, these, then fields to set with their values.
const APPLY: &str = r"
local now, removed = tonumber(ARGV[1]), tonumber(ARGV[3])
local found = living(now)
if not found then return nil end
if found.err then return found end
for place = 4, 3 + removed do redis.call('HDEL', KEYS[1], ARGV[place]) end
for place = 4 + removed, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[place], ARGV[place + 1]) end
redis.call('HINCRBY', KEYS[1], 'version', 1)
use(found, tonumber(ARGV[2]), now)
return redis.call('HGETALL', KEYS[1])
";

/// `ARGV`: now, when it is used.
const TOUCH: &str = r"
local now = tonumber(ARGV[1])
local found = living(now)
if not found then return 0 end
if found.err then return found end
use(found, tonumber(ARGV[2]), now)
return 1
";

/// `ARGV`: now, the reason, and whose it must be to end, if that matters. Answers whether it has ended now,
/// and whose it was.
const END: &str = r"
local now, reason, wanted = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return { 0, '' } end
local account, at = '', now
if kind == 'hash' then
  if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return { 0, '' } end
  account = redis.call('HGET', KEYS[1], 'account') or ''
  local found = limits()
  local is_over = found and not found.err and now >= found.deadline
  if wanted ~= '' and (wanted ~= account or is_over) then return { 0, '' } end
  if is_over then
    reason, at = found.deadline >= found.last and 'absolute' or 'idle', found.deadline
  end
elseif wanted ~= '' then
  return { 0, '' }
end
redis.call('DEL', KEYS[1])
if at + KEPT > now then
  redis.call('HSET', KEYS[1], 'ended', reason, 'at', string.format('%.0f', at))
  expire_in(at + KEPT - now)
end
return { 1, account }
";

/// `KEYS[1]` is an account's index; `ARGV`: now, the new session's last moment, its key. Names of sessions
/// that must be over by now go, and the index goes with its last session.
const LIST: &str = r"
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last then expire_in(tonumber(last) - tonumber(ARGV[1])) end
";
