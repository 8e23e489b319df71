//! How long an HTTP/2 connection has had nothing to do. HTTP/1.1 has its limit on the next request's head;
//! hyper 1.12 has none for HTTP/2, whose pings a client may answer for ever.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

/// Counts the requests of one connection that are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Idle(watch::Sender<usize>);

impl Idle {
    /// Does this work, and is busy meanwhile.
    pub fn during<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.0.send_modify(|busy| *busy += 1);
        let done = Done(self.0.clone());
        async move {
            let output = work.await;
            drop(done);
            output
        }
    }

    /// Done when no work was done for that long.
    pub async fn elapsed(self, longest: Duration) {
        let mut busy = self.0.subscribe();
        loop {
            if busy.wait_for(|busy| *busy == 0).await.is_err() {
                return;
            }
            if tokio::time::timeout(longest, busy.changed()).await.is_err() {
                return;
            }
        }
    }
}

struct Done(watch::Sender<usize>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.send_modify(|busy| *busy = busy.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_is_not_idle_while_a_request_is_answered() {
        let idle = Idle::default();
        let mut elapsed = pin!(idle.clone().elapsed(Duration::ZERO));
        let work = idle.during(pending::<()>());
        assert_eq!(elapsed.as_mut().now_or_never(), None);
        drop(work);
        elapsed.await;
    }
}
