//! What is of no consequence any more is cleared away beside the requests.

use std::fmt::Display;
use std::time::Duration;

use auth::Auth;
use sessions::Sessions;

/// Most rows that one sweep takes at a time.
const SWEEP_BATCH: usize = 500;

/// How long whoever ends sessions is left to it, before somebody else does it: longer than any request takes.
const LEFT_TO_IT: time::Duration = time::Duration::minutes(1);

/// Clears expired sessions away, and attempts that are of no consequence any more, in batches, for as long as
/// the server runs; and ends sessions whose end was begun and never done.
pub async fn sweep(auth: Auth, sessions: Sessions, every: Duration) {
    let [mut ends, mut expired, mut attempts] =
        ["sessions that were to end", "expired sessions", "counted attempts"].map(Chore::of);
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let before = sessions.settings().clock.now() - LEFT_TO_IT;
        ends.note(auth.end_pending(&sessions, before).await);
        expired.note(in_batches(|| sessions.sweep(SWEEP_BATCH)).await);
        attempts.note(in_batches(|| auth.throttle.sweep(SWEEP_BATCH)).await);
    }
}

async fn in_batches<F: Future<Output = Result<u64, E>>, E>(mut sweep: impl FnMut() -> F) -> Result<(), E> {
    while sweep().await? >= SWEEP_BATCH as u64 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// What is done again and again. The log says once when it begins to fail, and once when it is done again.
struct Chore {
    what: &'static str,
    is_failing: bool,
}

impl Chore {
    const fn of(what: &'static str) -> Self {
        Self { what, is_failing: false }
    }

    fn note<T, E: Display>(&mut self, outcome: Result<T, E>) {
        let (what, was_failing) = (self.what, self.is_failing);
        self.is_failing = outcome.is_err();
        match outcome {
            Err(error) if was_failing => tracing::debug!(what, %error, "still not cleared away"),
            Err(error) => tracing::warn!(event = "sweep_failing", what, %error, "not cleared away"),
            Ok(_) if was_failing => tracing::info!(event = "sweep_recovered", what, "cleared away again"),
            Ok(_) => {}
        }
    }
}
