//! How a sweep of a database leaves processor and disk to requests.

use std::time::{Duration, Instant};

use super::StoreError;

/// Rows of one step: a fraction of a millisecond's work, for which requests on the same core may have to wait.
const ROWS: usize = 25;

/// How often it pauses as long as it has worked.
const REST: u32 = 2;

/// Longest pause: a step that waited for a lock, or was stopped, has not worked all the time.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Sweeps at most `limit` in small steps with pauses between them. `step` is given how many it may take, and returns
/// how many it took.
pub(super) async fn in_steps<F>(
    limit: usize,
    mut step: impl FnMut(usize) -> F + Send,
) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>> + Send,
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
        tokio::time::sleep((began.elapsed() * REST).min(LONGEST_PAUSE)).await;
    }
    Ok(taken)
}
