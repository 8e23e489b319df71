//! Loads that are asked for at the same moment go to a server as one question.
//!
//! Each question costs client and server a few system calls, whatever it asks for, and tokio 1.54 hands a woken
//! task the thread at once: requests that are ready together would ask one by one, each with a packet of its own.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::Key;

/// Who waits for what is found under which key.
type Waiting<T> = Vec<(Key, oneshot::Sender<T>)>;

/// Gathers keys until all requests that are ready have named theirs.
pub(super) struct Together<T> {
    waiting: Arc<Mutex<Waiting<T>>>,
}

impl<T> Default for Together<T> {
    fn default() -> Self {
        Self { waiting: Arc::default() }
    }
}

impl<T> fmt::Debug for Together<T> {
    /// Without what is asked for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Together<T> {
    /// What is found under `key`. `question` gives the answers in the order of its keys, or nothing if it failed;
    /// then this is `None` for all of them, and whoever asks alone learns why.
    pub(super) async fn ask<Answers>(
        &self,
        key: Key,
        question: impl FnOnce(Vec<Key>) -> Answers + Send + 'static,
    ) -> Option<T>
    where
        Answers: Future<Output = Option<Vec<T>>> + Send,
    {
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting.lock();
            waiting.push((key, sender));
            waiting.len() == 1
        };
        if is_first {
            let waiting = Arc::clone(&self.waiting);
            // In a task of its own: who asked first may be cancelled, and the others not with them.
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                let (keys, senders): (Vec<Key>, Vec<_>) =
                    std::mem::take(&mut *waiting.lock()).into_iter().unzip();
                for (sender, found) in senders.into_iter().zip(question(keys).await.unwrap_or_default()) {
                    // Who is gone needs no answer.
                    let _ = sender.send(found);
                }
            });
        }
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::task::JoinSet;

    use super::*;
    use crate::SessionId;

    fn key() -> Key {
        SessionId::random().key("")
    }

    #[tokio::test]
    async fn who_asks_at_once_asks_one_question_and_gets_their_own_answer() {
        let (together, questions) = (Arc::new(Together::default()), Arc::new(AtomicUsize::new(0)));
        let mut asking = JoinSet::new();
        for _ in 0..50 {
            let (together, questions, key) = (Arc::clone(&together), Arc::clone(&questions), key());
            asking.spawn(async move {
                let answers = move |keys: Vec<Key>| async move {
                    questions.fetch_add(1, Ordering::Relaxed);
                    Some(keys)
                };
                together.ask(key, answers).await == Some(key)
            });
        }
        assert!(asking.join_all().await.into_iter().all(|is_right| is_right));
        assert_eq!(questions.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_question_that_fails_is_answered_to_nobody_and_the_next_is_asked() {
        let together = Together::<Key>::default();
        assert_eq!(together.ask(key(), |_| async { None }).await, None);
        let key = key();
        assert_eq!(together.ask(key, |keys| async { Some(keys) }).await, Some(key));
    }

    #[tokio::test]
    async fn who_asked_first_and_is_gone_takes_nobody_along() {
        let together = Arc::new(Together::default());
        let (first, second) = (key(), key());
        let gone = {
            let together = Arc::clone(&together);
            tokio::spawn(async move { together.ask(first, |keys| async { Some(keys) }).await })
        };
        let other = {
            let together = Arc::clone(&together);
            tokio::spawn(async move { together.ask(second, |_| async { None }).await })
        };
        tokio::task::yield_now().await;
        gone.abort();
        assert_eq!(other.await.expect("is not aborted"), Some(second), "by the question of the first");
    }
}
