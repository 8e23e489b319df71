//! What is of no consequence any more is cleared away beside the requests.

use std::sync::Arc;
use std::time::Duration;

use auth::Throttle;
use sessions::Sessions;

/// Most rows that one sweep takes at a time.
const SWEEP_BATCH: usize = 500;

/// Clears expired sessions away, and attempts that are of no consequence any more, in batches, for as long as
/// the server runs.
pub async fn sweep(sessions: Sessions, throttle: Arc<dyn Throttle>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = in_batches(|| sessions.sweep(SWEEP_BATCH)).await {
            tracing::warn!(%error, "expired sessions could not be swept");
        }
        if let Err(error) = in_batches(|| throttle.sweep(SWEEP_BATCH)).await {
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
