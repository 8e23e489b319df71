//! Standings that were asked for lately.

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};

use super::{EndedBy, EndedEarly, Raised, Revocations, Standing};
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
    standings: ByKey<Asked>,
    /// Counts the ends: what was asked before one is not kept after it.
    ends: u64,
}

/// A standing, and when it was asked for: by the clock of sessions, and by one that nobody puts back.
#[derive(Debug)]
struct Asked {
    at: OffsetDateTime,
    since: Instant,
    standing: Standing,
}

impl Asked {
    fn is_believed(&self, now: OffsetDateTime, believed_for: Duration) -> bool {
        (now - self.at).abs() < believed_for && self.since.elapsed() < believed_for
    }
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
            if let Some(asked) = kept.standings.get(key)
                && asked.is_believed(now, self.0.believed_for)
            {
                return Ok(asked.standing);
            }
            kept.ends
        };
        self.ask(key, account, now, ends).await
    }

    /// The same, asked anew: another server may have ended it since.
    pub(crate) async fn standing_now(
        &self,
        key: &Key,
        account: Option<AccountKey>,
        now: OffsetDateTime,
    ) -> Result<Standing, StoreError> {
        let ends = self.0.kept.lock().ends;
        self.ask(key, account, now, ends).await
    }

    async fn ask(
        &self,
        key: &Key,
        account: Option<AccountKey>,
        now: OffsetDateTime,
        ends: u64,
    ) -> Result<Standing, StoreError> {
        let since = Instant::now();
        let standing = self.0.revocations.standing(key, account).await?;
        let mut kept = self.0.kept.lock();
        if kept.ends == ends {
            if kept.standings.len() >= MOST_KEPT {
                kept.standings.clear();
            }
            kept.standings.insert(*key, Asked { at: now, since, standing });
        }
        Ok(standing)
    }

    pub(crate) async fn end(&self, ended: EndedEarly) -> Result<EndedBy, StoreError> {
        let inner = Arc::clone(&self.0);
        to_its_end(async move {
            let by = inner.revocations.end(&ended).await;
            // A call that failed may have been done.
            let is_it_alone = matches!(by, Ok(EndedBy::This | EndedBy::Another));
            inner.forget(if is_it_alone { Some(&ended.key) } else { None });
            by
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
