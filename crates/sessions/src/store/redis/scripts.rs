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

local function lasting(milliseconds)
  return string.format('%.0f', math.min(milliseconds, LONGEST))
end

local function keep(text, milliseconds)
  if milliseconds > 0 then
    redis.call('SET', KEYS[1], text, 'PX', lasting(milliseconds))
  else
    redis.call('DEL', KEYS[1])
  end
end
";

/// A living session, read from its text; an error for one that cannot be read; nil for one that has ended.
/// And its use: `seen` never goes back, and Redis keeps the record for a day past its idle deadline.
const LIVING: &str = r"
local LINE = '^(%-?%d+) (%d+) ((%-?%d+) (%-?%d+) (%-?%d+) %d ([%x%-]+)\n)()'

local function corrupt()
  return redis.error_reply('CORRUPT a session record is not as it was written')
end

local function read(text)
  if not text or string.sub(text, 1, 6) == 'ended ' then return nil end
  local seen, version, rest, created, idle, absolute, account, values = string.match(text, LINE)
  if not seen then return corrupt() end
  local found = { seen = tonumber(seen), idle = tonumber(idle), version = tonumber(version) }
  found.account = account ~= '-' and account or ''
  found.rest, found.values = rest, string.sub(text, values)
  found.last = tonumber(created) + tonumber(absolute)
  found.deadline = math.min(found.seen + found.idle, found.last)
  return found
end

local function living(now)
  local found = read(redis.call('GET', KEYS[1]))
  if found and not found.err and now >= found.deadline then return nil end
  return found
end

local function use(found, at, now)
  local seen = math.max(found.seen, at)
  local text = string.format('%.0f %.0f ', seen, found.version) .. found.rest .. found.values
  keep(text, math.min(seen + found.idle, found.last) - now + KEPT)
  return text
end
";

/// `ARGV`: now, how long the key is kept, the text. A cluster's client that has lost the answer asks again, and finds
/// its own record.
const INSERT: &str = r"
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'string' and redis.call('GET', KEYS[1]) == ARGV[3] then return 1 end
if kind ~= 'none' then return 0 end
keep(ARGV[3], tonumber(ARGV[2]))
return 1
";

/// `ARGV`: now, when it is used, how many values to remove, their names, then values to set: name, JSON.
const APPLY: &str = r"
local now, removed = tonumber(ARGV[1]), tonumber(ARGV[3])
local found = living(now)
if not found then return nil end
if found.err then return found end
local gone, values, at = {}, {}, 1
for place = 4, 3 + removed do gone[ARGV[place]] = true end
for place = 4 + removed, #ARGV, 2 do gone[ARGV[place]] = true end
while at <= #found.values do
  local name, json, from = string.match(found.values, '^(%d+) (%d+) ()', at)
  if not name then return corrupt() end
  local to = from + tonumber(name) + tonumber(json)
  if to > #found.values + 1 then return corrupt() end
  if not gone[string.sub(found.values, from, from + tonumber(name) - 1)] then
    values[#values + 1] = string.sub(found.values, at, to - 1)
  end
  at = to
end
for place = 4 + removed, #ARGV, 2 do
  local name, json = ARGV[place], ARGV[place + 1]
  values[#values + 1] = #name .. ' ' .. #json .. ' ' .. name .. json
end
found.values, found.version = table.concat(values), found.version + 1
return use(found, tonumber(ARGV[2]), now)
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

/// `ARGV`: now, the reason, and whose it must be to end, if that matters. Answers with the text that stood there, if
/// it has ended now, and whose it was; if that matters, with no more than that it has; and whether anything stood
/// there. One that is over by now ends, too: it would live again if the clock is put back.
const END: &str = r"
local now, reason, wanted = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then return { false, '', 0 } end
local account, at, last = '', now, false
if kind == 'string' then
  local text = redis.call('GET', KEYS[1])
  local found = read(text)
  if not found then return { false, '', 1 } end
  account = found.account or ''
  local is_over = not found.err and now >= found.deadline
  if wanted ~= '' and wanted ~= account then return { false, '', 1 } end
  if is_over then
    reason, at = found.deadline >= found.last and 'absolute' or 'idle', found.deadline
  elseif not found.err then
    last = wanted == '' and text or '1'
  end
elseif wanted ~= '' then
  return { false, '', 1 }
end
-- At its `maxmemory` Redis refuses a script whose first write may grow, and a session must end all the same.
redis.call('DEL', KEYS[1])
keep('ended ' .. reason .. ' ' .. string.format('%.0f', at), at + KEPT - now)
return { last, account, 1 }
";

/// `KEYS[1]` is an account's index; `ARGV`: how long the new session lasts at most, its key, when it ends at the latest.
/// By Redis's own clock, by which it forgets records, too, or by the server's if that is ahead: it may be put back, and
/// the sessions would live unlisted. Names of sessions that must be forgotten go, and the index goes with its last session.
const LIST: &str = r"
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local over = math.max(now + tonumber(ARGV[1]), tonumber(ARGV[3]))
redis.call('ZADD', KEYS[1], string.format('%.0f', over + KEPT), ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last then redis.call('PEXPIRE', KEYS[1], lasting(tonumber(last) - now)) end
";
