//! What is of no consequence any more is cleared away beside the requests.

use std::fmt::Display;
use std::time::Duration;

use auth::Auth;
use sessions::{Pace, Sessions};
use tokio::time::MissedTickBehavior;

/// Most rows that one sweep takes at a time.
const SWEEP_BATCH: usize = 500;

/// How long whoever ends sessions is left to it, before somebody else does it: longer than any request takes.
const LEFT_TO_IT: time::Duration = time::Duration::minutes(1);

/// How often what nobody may turn off is done, where expired sessions are left to others.
const AT_LEAST: Duration = Duration::from_mins(5);

/// Clears expired sessions away, unless `every` is `None`, and attempts that are of no consequence any more, in
/// batches, for as long as the server runs; and ends sessions whose end was begun and never done. None of these waits
/// for another: to clear a million sessions away beside requests takes hours.
pub async fn sweep(auth: Auth, sessions: Sessions, every: Option<Duration>) {
    let expired_every = every;
    let every = every.unwrap_or(AT_LEAST);
    let ends = Chore::of("sessions that were to end").again_and_again(every, || async {
        let before = sessions.settings().clock.now() - LEFT_TO_IT;
        auth.end_pending(&sessions, before).await.map(|_| Left::Nothing)
    });
    let expired = async {
        let Some(every) = expired_every else { return };
        let sweep = || async { sessions.sweep(SWEEP_BATCH, Pace::Gentle).await.map(Left::after) };
        Chore::of("expired sessions").again_and_again(every, sweep).await;
    };
    let attempts = Chore::of("counted attempts")
        .again_and_again(every, || async { auth.throttle.sweep(SWEEP_BATCH).await.map(Left::after) });
    tokio::join!(ends, expired, attempts);
}

/// Whether there is more to do at once.
enum Left {
    Nothing,
    Perhaps,
}

impl Left {
    const fn after(swept: u64) -> Self {
        if swept < SWEEP_BATCH as u64 { Self::Nothing } else { Self::Perhaps }
    }
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

    async fn again_and_again<F, E>(mut self, every: Duration, mut act: impl FnMut() -> F)
    where
        F: Future<Output = Result<Left, E>>,
        E: Display,
    {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            while let Some(Left::Perhaps) = self.note(act().await) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn note<T, E: Display>(&mut self, outcome: Result<T, E>) -> Option<T> {
        let (what, was_failing) = (self.what, self.is_failing);
        self.is_failing = outcome.is_err();
        match &outcome {
            Err(error) if was_failing => tracing::debug!(what, %error, "still not cleared away"),
            Err(error) => tracing::warn!(event = "sweep_failing", what, %error, "not cleared away"),
            Ok(_) if was_failing => tracing::info!(event = "sweep_recovered", what, "cleared away again"),
            Ok(_) => {}
        }
        outcome.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;
    use std::time::Instant;

    use ::time::OffsetDateTime;

    use super::*;
    use crate::application::tests::anteroom;

    /// Ends that nobody may leave undone. The clock goes on as soon as nobody has anything to do.
    #[tokio::test]
    async fn ends_are_followed_up_where_expired_sessions_are_left_to_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let anteroom = anteroom(&folder).await;
        let (auth, sessions) = (anteroom.auth.clone(), anteroom.sessions.clone());
        tokio::time::pause();
        let sweeping = tokio::spawn(sweep(auth.clone(), sessions, None));
        tokio::time::sleep(Duration::from_millis(1)).await;
        let connection = rusqlite::Connection::open(folder.path().join("test.db")).expect("opens");
        let note = "INSERT INTO pending_ends VALUES (zeroblob(16), 'password_changed', 0)";
        connection.execute(note, []).expect("notes");
        tokio::time::sleep(AT_LEAST).await;
        let give_up = Instant::now() + Duration::from_secs(20);
        while !auth
            .accounts
            .pending_ends(OffsetDateTime::UNIX_EPOCH + LEFT_TO_IT)
            .await
            .expect("lists")
            .is_empty()
        {
            assert!(Instant::now() < give_up, "it is still to do");
            tokio::task::yield_now().await;
        }
        sweeping.abort();
    }

    #[tokio::test]
    async fn what_is_left_is_done_at_once_and_the_rest_at_the_next_tick() {
        let outcomes = RefCell::new(vec![Ok(Left::Nothing), Ok(Left::Perhaps), Ok(Left::Perhaps)]);
        let chore = Chore::of("a test").again_and_again(Duration::from_hours(1), || {
            std::future::ready(
                outcomes.borrow_mut().pop().expect("is done three times") as Result<_, Infallible>
            )
        });
        tokio::time::timeout(Duration::from_millis(200), chore).await.expect_err("goes on for ever");
        assert!(outcomes.borrow().is_empty());
    }
}
