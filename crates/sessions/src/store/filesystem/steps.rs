//! How a sweep of files leaves the processor to requests, and ends when nobody waits for it any more.

use std::sync::Weak;
use std::time::{Duration, Instant};

use crate::Pauses;

/// For how long it works. A thread that works on end is given some milliseconds at a time by the system, for which
/// requests on the same core wait.
const STRETCH: Duration = Duration::from_micros(300);

/// The steps of a thread that does nothing else than sweep.
#[derive(Debug)]
pub(super) struct Steps {
    pauses: Pauses,
    began: Instant,
    taken: u64,
    caller: Weak<()>,
}

impl Steps {
    /// Begins to work, for as long as `caller` has an owner.
    pub(super) fn begin(pauses: Pauses, caller: Weak<()>) -> Self {
        Self { pauses, began: Instant::now(), taken: 0, caller }
    }

    /// Whether somebody still waits.
    pub(super) fn is_wanted(&self) -> bool {
        self.caller.strong_count() > 0
    }

    /// Notes that one is swept.
    pub(super) fn take_one(&mut self) {
        self.taken += 1;
    }

    /// Pauses, if it is time to.
    pub(super) fn pause(&mut self) {
        let worked = self.began.elapsed();
        if worked < STRETCH || !self.is_wanted() {
            return;
        }
        for piece in self.pauses.pieces(worked, self.taken) {
            std::thread::sleep(piece);
            if !self.is_wanted() {
                break;
            }
        }
        (self.began, self.taken) = (Instant::now(), 0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_is_not_waited_for_does_not_pause() {
        let caller = Arc::new(());
        let mut steps = Steps::begin(Pauses::brisk(), Arc::downgrade(&caller));
        assert!(steps.is_wanted());
        drop(caller);
        steps.began -= Duration::from_hours(1);
        let before = steps.began;
        steps.pause();
        assert!(!steps.is_wanted() && steps.began == before);
    }
}
