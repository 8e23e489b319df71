//! `sessions.idle` and the other time limits.

use std::time::Duration;

use sessions::Policy;

use crate::config::duration::{is_limit, time_span};
use crate::config::reader::Reader;

const IDLE: &str = "sessions.idle";
const ABSOLUTE: &str = "sessions.absolute";
const KEPT_IDLE: &str = "sessions.kept_idle";
const KEPT_ABSOLUTE: &str = "sessions.kept_absolute";
const ANONYMOUS_IDLE: &str = "sessions.anonymous_idle";
const ANONYMOUS_ABSOLUTE: &str = "sessions.anonymous_absolute";
const TOUCH_EVERY: &str = "sessions.touch_every";

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// The time limits of sessions. An idle limit counts from the last request, an absolute one from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// `sessions.idle`: idle limit of whoever signed in without being kept signed in.
    pub idle: Duration,
    /// `sessions.absolute`: absolute limit of the same.
    pub absolute: Duration,
    /// `sessions.kept_idle`: idle limit of whoever asked to be kept signed in.
    pub kept_idle: Duration,
    /// `sessions.kept_absolute`: absolute limit of the same.
    pub kept_absolute: Duration,
    /// `sessions.anonymous_idle`: idle limit of guests.
    pub anonymous_idle: Duration,
    /// `sessions.anonymous_absolute`: absolute limit of guests.
    pub anonymous_absolute: Duration,
    /// `sessions.touch_every`: a request moves the idle deadline at most this often; 0 is always.
    pub touch_every: Duration,
}

impl Timeouts {
    /// How long a sign-in lasts.
    #[must_use]
    pub fn signed_in(&self) -> Policy {
        policy(self.idle, self.absolute)
    }

    /// How long one lasts of somebody who asked to be kept signed in: their browser's end is not its end.
    #[must_use]
    pub fn kept_in(&self) -> Policy {
        Policy { persistent: true, ..policy(self.kept_idle, self.kept_absolute) }
    }

    /// How long a guest's session lasts.
    #[must_use]
    pub fn anonymous(&self) -> Policy {
        policy(self.anonymous_idle, self.anonymous_absolute)
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut limit = |key, default| reader.take_if(key, default, is_limit);
        Self {
            idle: limit(IDLE, 30 * MINUTE),
            absolute: limit(ABSOLUTE, DAY),
            kept_idle: limit(KEPT_IDLE, 14 * DAY),
            kept_absolute: limit(KEPT_ABSOLUTE, 30 * DAY),
            anonymous_idle: limit(ANONYMOUS_IDLE, DAY),
            anonymous_absolute: limit(ANONYMOUS_ABSOLUTE, 7 * DAY),
            touch_every: reader.take(TOUCH_EVERY, MINUTE),
        }
    }

    pub(super) fn check(&self, reader: &mut Reader) {
        for (idle_key, idle, absolute_key, absolute) in [
            (IDLE, self.idle, ABSOLUTE, self.absolute),
            (KEPT_IDLE, self.kept_idle, KEPT_ABSOLUTE, self.kept_absolute),
            (ANONYMOUS_IDLE, self.anonymous_idle, ANONYMOUS_ABSOLUTE, self.anonymous_absolute),
        ] {
            if idle > absolute {
                let why = "the idle limit must not be longer than the absolute one";
                reader.contradiction(&[idle_key, absolute_key], why);
            }
            if self.touch_every >= idle {
                let why = "a session in use would go idle before it is touched: touch more often";
                reader.contradiction(&[TOUCH_EVERY, idle_key], why);
            }
        }
    }
}

fn policy(idle: Duration, absolute: Duration) -> Policy {
    Policy { idle: time_span(idle), absolute: time_span(absolute), persistent: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{accepted, refused};

    #[test]
    fn the_defaults_are_those_of_the_security_document() {
        let table = accepted(&[]).explain().to_string();
        let shown: Vec<_> =
            table.lines().filter(|line| line.contains("idle") || line.contains("absolute")).collect();
        let values: Vec<_> = shown.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
        assert_eq!(values, ["30m", "1d", "14d", "30d", "1d", "7d"]);
    }

    #[test]
    fn each_kind_of_session_has_limits_of_its_own() {
        let timeouts = accepted(&[
            (IDLE, "2h"),
            (ABSOLUTE, "3h"),
            (KEPT_IDLE, "4h"),
            (KEPT_ABSOLUTE, "5h"),
            (ANONYMOUS_IDLE, "6h"),
            (ANONYMOUS_ABSOLUTE, "7h"),
        ])
        .sessions
        .timeouts;
        let hours =
            |policy: Policy| (policy.idle.whole_hours(), policy.absolute.whole_hours(), policy.persistent);
        assert_eq!(hours(timeouts.signed_in()), (2, 3, false));
        assert_eq!(hours(timeouts.kept_in()), (4, 5, true));
        assert_eq!(hours(timeouts.anonymous()), (6, 7, false));
    }

    #[test]
    fn an_idle_limit_longer_than_its_absolute_one_is_refused() {
        for (idle, absolute) in
            [(IDLE, ABSOLUTE), (KEPT_IDLE, KEPT_ABSOLUTE), (ANONYMOUS_IDLE, ANONYMOUS_ABSOLUTE)]
        {
            let text = refused(&[(idle, "2h"), (absolute, "1h")]);
            let expected =
                format!("{idle} is 2h (--set) and {absolute} is 1h (--set), but the idle limit must");
            assert!(text.starts_with(&expected), "{text}");
            accepted(&[(idle, "2h"), (absolute, "2h")]);
        }
    }

    #[test]
    fn touching_no_more_often_than_sessions_go_idle_is_refused() {
        for idle in [IDLE, KEPT_IDLE, ANONYMOUS_IDLE] {
            let text = refused(&[(idle, "60s")]);
            assert!(
                text.starts_with(&format!("sessions.touch_every is 1m (default) and {idle} is 1m")),
                "{text}"
            );
            accepted(&[(idle, "60s"), (TOUCH_EVERY, "0")]);
        }
    }

    #[test]
    fn a_limit_is_neither_nothing_nor_longer_than_browsers_keep_cookies() {
        for duration in ["0", "401d"] {
            assert!(refused(&[(KEPT_ABSOLUTE, duration)]).contains("at most 400d"), "{duration}");
        }
    }
}
