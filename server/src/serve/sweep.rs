//! Expired sessions are cleared away beside the requests.

use std::time::Duration;

use sessions::Sessions;

/// Most sessions that one sweep takes at a time.
const SWEEP_BATCH: usize = 500;

/// Clears expired sessions away, in batches, for as long as the server runs.
pub async fn sweep(sessions: Sessions, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match sessions.sweep(SWEEP_BATCH).await {
                Ok(swept) if swept >= SWEEP_BATCH as u64 => tokio::task::yield_now().await,
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "expired sessions could not be swept");
                    break;
                }
            }
        }
    }
}
