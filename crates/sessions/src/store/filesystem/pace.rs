//! How a sweep of files leaves the processor to requests, and ends when nobody waits for it any more.

use std::sync::Weak;
use std::time::{Duration, Instant};

/// For how long it works. A thread that works on end is given some milliseconds at a time by the system, for which
/// requests on the same core wait.
const STRETCH: Duration = Duration::from_micros(300);

/// How often it pauses as long as it has worked.
const REST: u32 = 2;

/// Longest pause: who was stopped in its work has not worked all the time.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The pace of a thread that does nothing else.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    caller: Weak<()>,
}

impl Pace {
    /// Begins to work, for as long as `caller` has an owner.
    pub(super) fn begin(caller: Weak<()>) -> Self {
        Self { began: Instant::now(), caller }
    }

    /// Whether somebody still waits.
    pub(super) fn is_wanted(&self) -> bool {
        self.caller.strong_count() > 0
    }

    /// Pauses, if it is time to.
    pub(super) fn keep(&mut self) {
        let worked = self.began.elapsed();
        if worked >= STRETCH && self.is_wanted() {
            std::thread::sleep((worked * REST).min(LONGEST_PAUSE));
            self.began = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_is_not_waited_for_does_not_pause() {
        let caller = Arc::new(());
        let mut pace = Pace::begin(Arc::downgrade(&caller));
        assert!(pace.is_wanted());
        drop(caller);
        pace.began -= Duration::from_hours(1);
        let before = pace.began;
        pace.keep();
        assert!(!pace.is_wanted() && pace.began == before);
    }
}
