//! How a sweep of files leaves the processor to requests.

use std::time::{Duration, Instant};

/// For how long it works. A thread that works on end is given some milliseconds at a time by the system, for which
/// requests on the same core wait.
const STRETCH: Duration = Duration::from_micros(300);

/// How often it pauses as long as it has worked.
const REST: u32 = 2;

/// The pace of a thread that does nothing else.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
}

impl Pace {
    pub(super) fn begin() -> Self {
        Self { began: Instant::now() }
    }

    /// Pauses, if it is time to.
    pub(super) fn keep(&mut self) {
        let worked = self.began.elapsed();
        if worked >= STRETCH {
            std::thread::sleep(worked * REST);
            self.began = Instant::now();
        }
    }
}
