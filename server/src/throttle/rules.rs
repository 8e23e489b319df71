//! The two rules by which attempts are admitted. Moments and spans are microseconds, moments since 1970.

use auth::{Admission, LAST_FAILURE, account_delay};
use time::Duration;

use crate::config::Rate;

/// How far ahead another server's clock may be. What was noted further ahead than that, and than the rule could
/// have it, was noted before somebody set the clock back: it counts as noted now.
pub(super) const AHEAD: i64 = 60 * 1_000_000;

/// What a closed account is told to wait; only an operator or another password opens it.
const CLOSED: i64 = 15 * 60 * 1_000_000;

/// How long failures are kept after the last of them: so long that what they add up to beyond it is no attack.
/// A closed account is kept closed for ever.
pub(super) const KEPT_FOR: i64 = 400 * 24 * 3600 * 1_000_000;

/// A generic cell rate (ITU-T I.371): one moment for each key says when its bucket is full again.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// From one attempt to the next, on average.
    pub(super) interval: i64,
    /// How far ahead of now the moment may lie.
    pub(super) tolerance: i64,
}

impl Bucket {
    /// The bucket of a rate.
    #[must_use]
    pub fn of(rate: Rate) -> Self {
        let per = i64::try_from(rate.per.as_micros()).unwrap_or(i64::MAX / 4);
        let interval = (per / i64::from(rate.refill.max(1))).max(1);
        Self { interval, tolerance: interval.saturating_mul(i64::from(rate.burst.saturating_sub(1))) }
    }

    /// When the bucket is full again after one attempt more; otherwise how long that attempt has to wait.
    pub(super) fn pass(self, full_again: Option<i64>, now: i64) -> Result<i64, i64> {
        let latest = now.saturating_add(self.tolerance).saturating_add(self.interval + AHEAD);
        let full_again = full_again.filter(|moment| *moment <= latest).unwrap_or(now).max(now);
        match full_again - self.tolerance - now {
            ..=0 => Ok(full_again.saturating_add(self.interval)),
            wait => Err(wait),
        }
    }
}

/// Failures in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub(super) count: i64,
    /// When the last one was.
    pub(super) last: i64,
}

impl Failures {
    /// The failures with one guess more, if that is admitted; otherwise how long it has to wait.
    pub(super) fn guess(before: Option<Self>, now: i64) -> Result<Self, i64> {
        let Some(Self { count, last }) = before else { return Ok(Self { count: 1, last: now }) };
        let Some(delay) = delay(count) else { return Err(CLOSED) };
        let was_set_back = last > now + AHEAD;
        let wait = last + delay - now;
        if delay > 0 && wait > 0 && !was_set_back {
            return Err(wait);
        }
        Ok(Self { count: count + 1, last: if was_set_back { now } else { last.max(now) } })
    }

    /// How long a guess that was not admitted has to wait.
    pub(super) fn wait(before: Option<Self>, now: i64) -> i64 {
        Self::guess(before, now).err().unwrap_or(1)
    }
}

fn delay(count: i64) -> Option<i64> {
    let delay = account_delay(u32::try_from(count).unwrap_or(u32::MAX))?;
    i64::try_from(delay.whole_microseconds()).ok()
}

/// How long after each failure the next guess is admitted, from none to the last but one; for databases, which
/// apply the rule themselves.
pub(super) fn delays() -> Vec<i64> {
    (0..i64::from(LAST_FAILURE)).map_while(delay).collect()
}

/// What a wait means for an attempt; none is admitted.
pub(super) fn admission(wait: Option<i64>) -> Admission {
    wait.map_or(Admission::Admitted, |wait| Admission::Refused(Duration::microseconds(wait)))
}

/// What a database that has not admitted a guess says of it: how long to wait, or that there is no end to it.
pub(super) fn closed_or(wait: i64) -> i64 {
    if wait < 0 { CLOSED } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    #[test]
    fn there_is_a_delay_for_each_failure_but_the_last() {
        let delays = delays();
        assert_eq!(delays.len(), 100);
        assert_eq!(delays.get(4..7), Some(&[0, SECOND, 2 * SECOND][..]));
    }

    #[test]
    fn free_guesses_are_free_whichever_server_is_a_little_ahead() {
        let ahead = Failures { count: 3, last: 5 };
        assert_eq!(Failures::guess(Some(ahead), 0), Ok(Failures { count: 4, last: 5 }));
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let hour = 3600 * SECOND;
        let noted = Failures { count: 7, last: hour };
        assert_eq!(Failures::guess(Some(noted), 0), Ok(Failures { count: 8, last: 0 }));
        let bucket = Bucket { interval: 6 * SECOND, tolerance: 54 * SECOND };
        assert_eq!(bucket.pass(Some(hour), 0), Ok(6 * SECOND));
    }

    #[test]
    fn a_clock_that_is_set_back_opens_no_closed_account() {
        let closed = Failures { count: 100, last: 3600 * SECOND };
        assert_eq!(Failures::guess(Some(closed), 0), Err(CLOSED));
    }
}
