//! How long answers took.

use std::time::Duration;

/// One connection's, or all.
#[derive(Default)]
pub struct Latencies {
    /// Answers, those before the measured time too.
    pub requests: usize,
    /// Microseconds of the measured ones.
    pub measured: Vec<u32>,
}

impl Latencies {
    /// Counts an answer; one that is measured with its latency.
    pub fn note(&mut self, latency: Option<Duration>) {
        self.requests += 1;
        let micros = latency.map(|latency| u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        self.measured.extend(micros);
    }

    /// Takes in another's.
    pub fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.measured.extend(other.measured);
    }

    /// Puts them in order.
    pub fn sort(&mut self) {
        self.measured.sort_unstable();
    }

    /// Milliseconds within which this share of the answers came, if they are in order.
    pub fn milliseconds_of(&self, share: f64) -> f64 {
        let last = self.measured.len().saturating_sub(1);
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place among at most some millions, rounded"
        )]
        let place = (last as f64 * share).round() as usize;
        self.measured.get(place).map_or(f64::NAN, |micros| f64::from(*micros) / 1_000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_measured_counts_as_a_request_only() {
        let mut latencies = Latencies::default();
        latencies.note(None);
        (1..=101).rev().for_each(|milliseconds| latencies.note(Some(Duration::from_millis(milliseconds))));
        latencies.sort();
        assert_eq!(latencies.requests, 102);
        assert_eq!((latencies.milliseconds_of(0.5), latencies.milliseconds_of(0.99)), (51.0, 100.0));
    }
}
