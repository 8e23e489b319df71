//! Standings that were asked for lately.

use std::sync::Arc;

use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};

use super::{EndedEarly, Raised, Revocations, Standing};
use crate::by_key::ByKey;
use crate::{AccountKey, Key, Reason, StoreError};

/// Most standings that are kept; each takes about 100 bytes.
const MOST_KEPT: usize = 50_000;

/// What ended here is known here at once; what ended on another server is known after `believed_for`.
#[derive(Clone, Debug)]
pub(crate) struct Remembered(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    revocations: Arc<dyn Revocations>,
    believed_for: Duration,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    standings: ByKey<(OffsetDateTime, Standing)>,
    /// Counts the ends: what was asked before one is not kept after it.
    ends: u64,
}

impl Remembered {
    pub(crate) fn new(revocations: Arc<dyn Revocations>, believed_for: Duration) -> Self {
        Self(Arc::new(Inner { revocations, believed_for, kept: Mutex::default() }))
    }

    pub(crate) async fn standing(
        &self,
        key: &Key,
        account: Option<AccountKey>,
        now: OffsetDateTime,
    ) -> Result<Standing, StoreError> {
        let ends = {
            let kept = self.0.kept.lock();
            if let Some((asked, standing)) = kept.standings.get(key)
                && (now - *asked).abs() < self.0.believed_for
            {
                return Ok(*standing);
            }
            kept.ends
        };
        let standing = self.0.revocations.standing(key, account).await?;
        let mut kept = self.0.kept.lock();
        if kept.ends == ends {
            if kept.standings.len() >= MOST_KEPT {
                kept.standings.clear();
            }
            kept.standings.insert(*key, (now, standing));
        }
        Ok(standing)
    }

    /// Its account's epoch, if it rose by that.
    pub(crate) async fn end(&self, ended: EndedEarly) -> Result<Option<Raised>, StoreError> {
        let inner = Arc::clone(&self.0);
        to_its_end(async move {
            let rose = inner.revocations.end(&ended).await;
            // A call that failed may have been done.
            inner.forget(if matches!(rose, Ok(None)) { Some(&ended.key) } else { None });
            rose
        })
        .await
    }

    pub(crate) async fn raise(
        &self,
        account: AccountKey,
        reason: Reason,
        at: OffsetDateTime,
    ) -> Result<Raised, StoreError> {
        let inner = Arc::clone(&self.0);
        to_its_end(async move {
            let raised = inner.revocations.raise(account, reason, at).await;
            inner.forget(None);
            raised
        })
        .await
    }

    pub(crate) async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<u64, StoreError> {
        self.0.revocations.sweep(now, limit).await
    }
}

impl Inner {
    /// Forgets how one session stands, or all of them.
    fn forget(&self, key: Option<&Key>) {
        let mut kept = self.kept.lock();
        kept.ends += 1;
        match key {
            Some(key) => drop(kept.standings.remove(key)),
            None => kept.standings.clear(),
        }
    }
}

/// Goes on even if the caller is cancelled, so that what is done is also known.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.map_err(StoreError::unavailable)?
}
