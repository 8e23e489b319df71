//! Loads that are asked for at the same moment go to a server as one question.
//!
//! Each question costs client and server a few system calls, whatever it asks for, and tokio 1.54 hands a woken
//! task the thread at once: requests that are ready together would ask one by one, each with a packet of its own.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::{Key, StoreError};

/// Who waits for what is found under which key.
type Waiting<T> = Vec<(Key, oneshot::Sender<Result<T, StoreError>>)>;

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
    /// What is found under `key`. `question` gives the answers in the order of its keys. If nobody answers, all
    /// hear so, and none asks again; if one of them cannot be read, this is `None` for all of them, and whoever asks
    /// alone learns whether it is theirs.
    pub(super) async fn ask<Answers>(
        &self,
        key: Key,
        question: impl FnOnce(Vec<Key>) -> Answers + Send + 'static,
    ) -> Option<Result<T, StoreError>>
    where
        Answers: Future<Output = Result<Vec<T>, StoreError>> + Send,
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
                // Who is gone needs no answer.
                match question(keys).await {
                    Ok(found) => senders.into_iter().zip(found).for_each(|(sender, one)| {
                        let _ = sender.send(Ok(one));
                    }),
                    Err(StoreError::Unavailable(why)) => {
                        let why: Arc<dyn Error + Send + Sync> = why.into();
                        for sender in senders {
                            let _ = sender.send(Err(StoreError::unavailable(Arc::clone(&why))));
                        }
                    }
                    Err(_) => drop(senders),
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
                    Ok(keys)
                };
                matches!(together.ask(key, answers).await, Some(Ok(answer)) if answer == key)
            });
        }
        assert!(asking.join_all().await.into_iter().all(|is_right| is_right));
        assert_eq!(questions.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn whose_question_nobody_answers_all_hear_so_and_the_next_is_asked() {
        let together = Together::<Key>::default();
        let question = |_| async { Err(StoreError::unavailable("gone")) };
        let heard = tokio::join!(together.ask(key(), question), together.ask(key(), question));
        for heard in [heard.0, heard.1] {
            assert!(matches!(heard, Some(Err(StoreError::Unavailable(why))) if why.to_string() == "gone"));
        }
        let key = key();
        let next = together.ask(key, |keys| async { Ok(keys) }).await;
        assert_eq!(next.expect("is answered").expect("is found"), key);
    }

    #[tokio::test]
    async fn where_one_cannot_be_read_each_is_to_ask_alone() {
        let together = Together::<Key>::default();
        assert!(together.ask(key(), |_| async { Err(StoreError::corrupt("torn")) }).await.is_none());
    }

    #[tokio::test]
    async fn who_asked_first_and_is_gone_takes_nobody_along() {
        let together = Arc::new(Together::default());
        let (first, second) = (key(), key());
        let gone = {
            let together = Arc::clone(&together);
            tokio::spawn(async move { together.ask(first, |keys| async { Ok(keys) }).await })
        };
        let other = {
            let together = Arc::clone(&together);
            tokio::spawn(async move {
                together.ask(second, |_| async { Err(StoreError::corrupt("not asked")) }).await
            })
        };
        tokio::task::yield_now().await;
        gone.abort();
        let found = other.await.expect("is not aborted").expect("by the question of the first");
        assert_eq!(found.expect("is found"), second);
    }
}
