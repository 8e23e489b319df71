//! What is of no consequence any more is cleared away beside the requests.

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
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let before = sessions.settings().clock.now() - LEFT_TO_IT;
        if let Err(error) = auth.end_pending(&sessions, before).await {
            tracing::warn!(%error, "sessions that were to end are still there");
        }
        if let Err(error) = in_batches(|| sessions.sweep(SWEEP_BATCH)).await {
            tracing::warn!(%error, "expired sessions could not be swept");
        }
        if let Err(error) = in_batches(|| auth.throttle.sweep(SWEEP_BATCH)).await {
            tracing::warn!(%error, "counted attempts could not be swept");
        }
    }
}

async fn in_batches<F: Future<Output = Result<u64, E>>, E>(mut sweep: impl FnMut() -> F) -> Result<(), E> {
    while sweep().await? >= SWEEP_BATCH as u64 {
        tokio::task::yield_now().await;
    }
    Ok(())
}
