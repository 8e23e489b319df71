//! How a sweep leaves processor and disk to requests: it works in small steps, and pauses between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How much of the time a sweep works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A third: for whoever waits for its end, as at a command line.
    Brisk,
    /// About a fiftieth, for beside requests: so few meet it that the p99 of all stays what it is. More, up to
    /// [`Brisk`](Self::Brisk), while sessions are begun faster than it would clear them away.
    Gentle,
}

/// Expired records and reasons of one step: some milliseconds' work of a database, for which requests on the same core
/// may have to wait. Smaller steps meet more requests: all that are under way wait for each.
const ROWS: usize = 50;

/// How often a piece of a pause is as long as the work before it.
const REST: u32 = 2;

/// Shortest piece of a gentle pause, and shortest sleep: timers of tokio go by milliseconds.
const SHORTEST_PIECE: Duration = Duration::from_millis(1);

/// Longest piece of a pause: a step that waited for a lock, or was stopped, has not worked all the time.
const LONGEST_PIECE: Duration = Duration::from_millis(20);

/// How many times a brisk pause a gentle one takes.
const GENTLE: u32 = 25;

/// What may be swept for each session that is begun: it is swept twice, first the record and then its reason.
const FOR_EACH_BEGUN: u64 = 4;

/// The pauses of a sweep, which a [`Store`](crate::Store) makes between its steps.
#[derive(Clone, Debug)]
pub struct Pauses {
    pace: Pace,
    begun: Begun,
    /// How many had been begun before the sweep.
    before: u64,
    taken: Arc<AtomicU64>,
}

/// How many sessions an engine has begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun(Arc<AtomicU64>);

impl Begun {
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Pauses {
    /// For nobody's requests in particular, as in a test of a store.
    #[must_use]
    pub fn brisk() -> Self {
        Self::new(Pace::Brisk, Begun::default())
    }

    pub(crate) fn new(pace: Pace, begun: Begun) -> Self {
        let before = begun.count();
        Self { pace, begun, before, taken: Arc::default() }
    }

    /// Sweeps at most `limit` in small steps with pauses between them. `step` is given how many it may take, and
    /// returns how many it took; one that takes fewer than it may has taken the last.
    ///
    /// # Errors
    /// The first one of a step.
    pub async fn in_steps<F, E>(
        &self,
        limit: usize,
        mut step: impl FnMut(usize) -> F + Send,
    ) -> Result<u64, E>
    where
        F: Future<Output = Result<u64, E>> + Send,
    {
        let (mut taken, mut left) = (0, limit);
        while left > 0 {
            let most = left.min(ROWS);
            let began = Instant::now();
            let some = step(most).await?;
            taken += some;
            left -= most;
            if some < most as u64 {
                break;
            }
            self.after(began.elapsed(), some).await;
        }
        Ok(taken)
    }

    /// Pauses after a step that worked for so long and took so many.
    pub async fn after(&self, worked: Duration, taken: u64) {
        for piece in self.pieces(worked, taken) {
            if piece < SHORTEST_PIECE {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(piece).await;
            }
        }
    }

    /// The pause after such a step in pieces, each to be slept before the next is asked for.
    pub(crate) fn pieces(&self, worked: Duration, taken: u64) -> impl Iterator<Item = Duration> + Send {
        self.taken.fetch_add(taken, Ordering::Relaxed);
        let brisk = (worked * REST).min(LONGEST_PIECE);
        let (piece, pieces) = match self.pace {
            Pace::Brisk => (brisk, 1),
            Pace::Gentle => {
                let piece = brisk.max(SHORTEST_PIECE);
                (piece, (brisk * GENTLE).as_nanos().div_ceil(piece.as_nanos()).max(1))
            }
        };
        (0..pieces).take_while(|&nth| nth == 0 || !self.falls_behind()).map(move |_| piece)
    }

    /// Whether more sessions were begun since the sweep began than it has cleared away.
    fn falls_behind(&self) -> bool {
        let begun = self.begun.count().saturating_sub(self.before);
        begun.saturating_mul(FOR_EACH_BEGUN) > self.taken.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKED: Duration = Duration::from_millis(1);

    #[test]
    fn a_gentle_sweep_works_a_fiftieth_of_the_time_and_a_brisk_one_a_third() {
        let pause = |pace| Pauses::new(pace, Begun::default()).pieces(WORKED, 25).sum::<Duration>();
        assert_eq!(pause(Pace::Gentle), 50 * WORKED);
        assert_eq!(pause(Pace::Brisk), 2 * WORKED);
    }

    #[test]
    fn whoever_was_stopped_at_work_does_not_pause_for_as_long() {
        let pauses = Pauses::new(Pace::Gentle, Begun::default());
        assert_eq!(pauses.pieces(Duration::from_hours(1), 25).sum::<Duration>(), Duration::from_millis(500));
    }

    #[test]
    fn a_gentle_sweep_keeps_up_with_sessions_that_are_begun() {
        let begun = Begun::default();
        let pauses = Pauses::new(Pace::Gentle, begun.clone());
        let mut pause = pauses.pieces(WORKED, 25);
        for _ in 0..6 {
            begun.note();
            assert!(pause.next().is_some(), "25 rows are still more than four for each");
        }
        begun.note();
        assert_eq!(pause.next(), None);
        assert_eq!(pauses.pieces(WORKED, 3).count(), 25, "28 make up for seven that were begun");
    }

    #[test]
    fn a_gentle_sweep_whose_steps_take_little_keeps_up_as_well() {
        let begun = Begun::default();
        let pauses = Pauses::new(Pace::Gentle, begun.clone());
        for _ in 0..10 {
            begun.note();
        }
        for _ in 0..39 {
            assert_eq!(pauses.pieces(WORKED, 1).count(), 1, "some are still owed");
        }
        assert_eq!(pauses.pieces(WORKED, 1).count(), 25);
        let next = Pauses::new(Pace::Gentle, begun);
        assert_eq!(next.pieces(WORKED, 0).count(), 25, "what was begun before a sweep is not due at once");
    }

    #[tokio::test]
    async fn a_sweep_goes_in_steps_to_the_limit_or_the_last() {
        for (stored, limit, steps) in
            [(120, 1000, vec![50, 50, 20]), (120, 60, vec![50, 10]), (100, 100, vec![50, 50])]
        {
            let (mut left, mut taken) = (stored, Vec::new());
            let pauses = Pauses::brisk();
            let swept = pauses.in_steps(limit, |most| {
                let some = most.min(left);
                left -= some;
                taken.push(some);
                std::future::ready(Ok::<_, ()>(some as u64))
            });
            assert_eq!(swept.await, Ok(steps.iter().sum::<usize>() as u64));
            assert_eq!(taken, steps);
        }
    }
}
