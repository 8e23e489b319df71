//! The throttle: the limits that hold, over whatever keeps the counts.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use auth::{Admission, ClientAddress, Clock, Counter, Gate, Throttle, ThrottleError};
use sessions::Availability;

use super::Key;
use super::reports::Reports;
use super::rules::{Bucket, admission};
use crate::config;
use crate::moments::micros;

/// Most addresses, and most names and devices, that are remembered after a sweep.
const MOST_ROWS: usize = 1_000_000;

/// Keeps counts. Each method is atomic: it reads, judges and notes in one step, from however many requests and
/// servers at once. Moments are microseconds since 1970.
#[async_trait]
pub trait Tally: fmt::Debug + Send + Sync + 'static {
    /// Counts an attempt against a bucket.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn pass(&self, key: Key, bucket: Bucket, now: i64) -> Result<Admission, ThrottleError>;

    /// Counts a guess at a password.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn guess(&self, key: Key, now: i64) -> Result<Admission, ThrottleError>;

    /// Forgets all guesses that were counted under a key.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn forgive(&self, key: Key) -> Result<(), ThrottleError>;

    /// Takes back one guess.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn take_back(&self, key: Key) -> Result<(), ThrottleError>;

    /// Removes at most `limit` rows: what has no consequence any more, and what goes beyond `most` rows of a
    /// kind: buckets that are full again soonest, and the fewest and oldest failures. Returns how many.
    ///
    /// # Errors
    /// [`ThrottleError`].
    async fn sweep(&self, now: i64, most: usize, limit: usize) -> Result<u64, ThrottleError>;
}

/// Counts attempts against the limits in the settings.
#[derive(Debug)]
pub struct CountingThrottle {
    clock: Arc<dyn Clock>,
    limits: config::Throttle,
    tally: Arc<dyn Tally>,
    reports: Reports,
    availability: Availability,
}

impl CountingThrottle {
    /// Counts in `tally`.
    #[must_use]
    pub fn new(tally: Arc<dyn Tally>, limits: config::Throttle, clock: Arc<dyn Clock>) -> Self {
        let availability = Availability::of("count of attempts");
        Self { clock, limits, tally, reports: Reports::default(), availability }
    }

    fn now(&self) -> i64 {
        micros(self.clock.now())
    }

    /// Waits for what the tally says, and notes whether it said something.
    async fn note<T>(
        &self,
        call: impl Future<Output = Result<T, ThrottleError>>,
    ) -> Result<T, ThrottleError> {
        let answer = call.await;
        self.availability.note(answer.as_ref().err().map(|error| error as _), &*self.clock);
        answer
    }
}

#[async_trait]
impl Throttle for CountingThrottle {
    async fn admit_address(&self, gate: Gate, address: ClientAddress) -> Result<Admission, ThrottleError> {
        let rate = match gate {
            Gate::SignIn => self.limits.address_sign_in,
            Gate::Registration => self.limits.address_registration,
            Gate::AnonymousSession => self.limits.address_anonymous,
            Gate::Report => return Ok(admission(self.reports.pass(address, self.now()))),
        };
        match rate {
            None => Ok(Admission::Admitted),
            Some(rate) => {
                let key = Key::of_address(gate, address);
                self.note(self.tally.pass(key, Bucket::of(rate), self.now())).await
            }
        }
    }

    async fn admit_guess(&self, counter: &Counter) -> Result<Admission, ThrottleError> {
        if !self.limits.account {
            return Ok(Admission::Admitted);
        }
        self.note(self.tally.guess(Key::of_counter(counter), self.now())).await
    }

    async fn forgive(&self, counter: &Counter) -> Result<(), ThrottleError> {
        self.note(self.tally.forgive(Key::of_counter(counter))).await
    }

    async fn take_back(&self, counter: &Counter) -> Result<(), ThrottleError> {
        self.note(self.tally.take_back(Key::of_counter(counter))).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, ThrottleError> {
        self.tally.sweep(self.now(), MOST_ROWS, limit).await
    }
}
