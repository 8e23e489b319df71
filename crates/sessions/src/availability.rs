//! When something that requests depend on goes away, and when it is back.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};

use crate::Clock;

/// How long nothing must have failed until it counts as back. What is cached is believed for less, so an answer after
/// that time was not from memory; and what fails now and then is away, not coming and going.
const QUIET: Duration = Duration::seconds(5);

/// Logs once when something goes away, and once when it is back, whatever number of requests notices it
/// (OWASP ASVS 5.0.0, V16.3.4).
#[derive(Debug)]
pub struct Availability {
    what: &'static str,
    is_away: AtomicBool,
    failed: Mutex<Option<OffsetDateTime>>,
}

impl Availability {
    /// Of something by this name; it is there.
    #[must_use]
    pub const fn of(what: &'static str) -> Self {
        Self { what, is_away: AtomicBool::new(false), failed: Mutex::new(None) }
    }

    /// Notes how a call ended: `None` if it was answered.
    pub fn note(&self, failure: Option<&dyn Error>, clock: &dyn Clock) {
        match failure {
            Some(error) => self.has_failed(error, clock.now()),
            // All that most calls ever do.
            None if !self.is_away.load(Ordering::Relaxed) => {}
            None => self.has_answered(clock.now()),
        }
    }

    #[cfg(test)]
    pub(crate) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    fn has_failed(&self, error: &dyn Error, now: OffsetDateTime) {
        if self.failed.lock().replace(now).is_none() {
            self.is_away.store(true, Ordering::Relaxed);
            let (what, source) = (self.what, error.source());
            tracing::error!(event = "store_away", what, %error, ?source, "who needs it is told to come again");
        }
    }

    fn has_answered(&self, now: OffsetDateTime) {
        let mut failed = self.failed.lock();
        // A clock that was put back is no reason to wait.
        if failed.take_if(|failed| !(Duration::ZERO..QUIET).contains(&(now - *failed))).is_some() {
            self.is_away.store(false, Ordering::Relaxed);
            tracing::info!(event = "store_back", what = self.what, "it answers again");
        }
    }
}
