//! Argon2id, off the async threads, never more at once than cores.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc;
use argon2::{Algorithm, Params};
use contract::Password;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::argon2id::Memory;
use crate::AuthError;

/// Most passwords that wait for a core; beyond that the answer is 503.
const QUEUE: usize = 64;

/// A password's hash in PHC string format (`$argon2id$v=19$m=…`). Each has a salt of its own, so two are equal
/// only if one was copied from the other.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a stored PHC string.
    #[must_use]
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the accounts' database alone.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(redacted)")
    }
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The password is right.
    Right,
    /// The password is right, and its hash is weaker than one made today.
    RightButOutdated,
    /// The password is wrong, or there is no such account.
    Wrong,
}

/// Hashes and compares passwords.
#[derive(Clone)]
pub struct PasswordHasher(Arc<Inner>);

struct Inner {
    params: Params,
    /// Compared with when there is no account, so that both cases cost the same.
    dummy: PasswordHash,
    cores: Semaphore,
    queued: AtomicUsize,
    /// Memory of finished hashes, for those that wait; nothing is kept while nobody does.
    memories: Mutex<Vec<Memory>>,
}

impl Inner {
    fn give_back(&self, memory: Memory) {
        let mut memories = self.memories.lock();
        if self.queued.load(Ordering::Relaxed) > 0 {
            memories.push(memory);
        } else {
            memories.clear();
        }
    }
}

impl PasswordHasher {
    /// A hasher with today's parameters: Argon2id v19, 19 MiB, two passes, one lane (the OWASP
    /// Password Storage Cheat Sheet's minimum), and as many hashes at once as there are cores.
    ///
    /// # Errors
    /// [`AuthError::Hashing`] if the system has no randomness for a salt.
    pub fn new(cores: usize) -> Result<Self, AuthError> {
        Self::with_params(Params::DEFAULT, cores)
    }

    /// One whose hashes cost little (1 MiB, one pass), to whoever steals them too: for tests alone, which sign in
    /// more often than people do. They still cost more than all else that a sign-in does, so that their absence
    /// can be seen in what it takes.
    ///
    /// # Errors
    /// As [`PasswordHasher::new`].
    pub fn weak(cores: usize) -> Result<Self, AuthError> {
        let params = Params::new(1024, 1, 1, None);
        Self::with_params(params.map_err(|error| AuthError::Hashing(error.into()))?, cores)
    }

    fn with_params(params: Params, cores: usize) -> Result<Self, AuthError> {
        let dummy = Memory::dummy(&params).map_err(|error| AuthError::Hashing(error.into()))?;
        Ok(Self(Arc::new(Inner {
            params,
            dummy: PasswordHash(dummy),
            cores: Semaphore::new(cores.max(1)),
            queued: AtomicUsize::new(0),
            memories: Mutex::default(),
        })))
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`AuthError::Busy`] or [`AuthError::Hashing`].
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, AuthError> {
        self.on_a_core(move |inner, memory| hash(&inner.params, password.expose(), memory)).await
    }

    /// Compares a password with a stored hash, or, at the same cost, with none.
    pub(crate) async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<Verdict, AuthError> {
        self.on_a_core(move |inner, memory| {
            let compared = stored.as_ref().unwrap_or(&inner.dummy);
            let is_right = memory.verify(compared.as_phc(), password.expose()).unwrap_or(false);
            Ok(match (is_right, stored) {
                (true, Some(stored)) if is_outdated(&stored, &inner.params) => Verdict::RightButOutdated,
                (true, Some(_)) => Verdict::Right,
                (_, None) | (false, _) => Verdict::Wrong,
            })
        })
        .await
    }

    async fn on_a_core<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner, &mut Memory) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let place = Place::take(&self.0)?;
        let core = self.0.cores.acquire().await.map_err(|closed| AuthError::Hashing(closed.into()))?;
        drop(place);
        // The permit is held by the work itself: a cancelled request must not let another hash begin
        // while its own still runs.
        core.forget();
        let inner = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let _core = Returned(&inner.cores);
            let mut memory = inner.memories.lock().pop().unwrap_or_default();
            let done = work(&inner, &mut memory);
            inner.give_back(memory);
            done
        });
        done.await.map_err(|panicked| AuthError::Hashing(panicked.into()))?
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher").field("params", &self.0.params).finish_non_exhaustive()
    }
}

/// A place in the queue; given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(inner: &'a Inner) -> Result<Self, AuthError> {
        let place = Self(&inner.queued);
        if inner.queued.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            return Err(AuthError::Busy);
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Gives a core back when dropped, even by a panic.
struct Returned<'a>(&'a Semaphore);

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

fn hash(params: &Params, password: &str, memory: &mut Memory) -> Result<PasswordHash, AuthError> {
    let phc = memory.hash(params, password).map_err(|error| AuthError::Hashing(error.into()))?;
    Ok(PasswordHash(phc))
}

/// Whether a hash costs an attacker less than one made today.
fn is_outdated(stored: &PasswordHash, today: &Params) -> bool {
    let Ok(parsed) = phc::PasswordHash::new(stored.as_phc()) else { return true };
    let Ok(params) = Params::try_from(&parsed) else { return true };
    parsed.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || params.m_cost() < today.m_cost()
        || params.t_cost() < today.t_cost()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(typed: &str) -> Password {
        Password::new(typed.into())
    }

    fn weak() -> PasswordHasher {
        PasswordHasher::with_params(Params::new(8, 1, 1, None).expect("valid"), 2).expect("starts")
    }

    /// ASVS V6.2.8.
    #[tokio::test]
    async fn a_password_is_verified_exactly_as_typed() {
        let hasher = weak();
        let stored = hasher.hash(password(" Straße\0é ")).await.expect("hashes");
        for (typed, verdict) in [
            (" Straße\0é ", Verdict::Right),
            ("Straße\0é", Verdict::Wrong),
            (" straße\0é ", Verdict::Wrong),
            (" Straße", Verdict::Wrong),
            (" Straße\0e\u{301} ", Verdict::Wrong),
        ] {
            let found = hasher.verify(password(typed), Some(stored.clone())).await.expect("compares");
            assert_eq!(found, verdict, "{typed:?}");
        }
    }

    /// ASVS V6.3.8.
    #[tokio::test]
    async fn the_dummy_is_made_with_todays_parameters_and_opens_nothing() {
        let hasher = PasswordHasher::new(1).expect("starts");
        assert!(hasher.0.dummy.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let dummy = Some(hasher.0.dummy.clone());
        for stored in [None, dummy] {
            assert_eq!(hasher.verify(password("x"), stored).await.expect("compares"), Verdict::Wrong);
        }
        let (mut memory, real) = (Memory::default(), hasher.hash(password("x")).await.expect("hashes"));
        assert_eq!(hasher.0.dummy.as_phc().len(), real.as_phc().len(), "salt and output are as long");
        assert!(
            matches!(memory.verify(hasher.0.dummy.as_phc(), "x"), Ok(false)),
            "it is computed to the end"
        );
    }

    /// ASVS V11.2.2.
    #[tokio::test]
    async fn a_weaker_hash_is_right_but_outdated() {
        let stored = weak().hash(password("x")).await.expect("hashes");
        let found = PasswordHasher::new(1).expect("starts").verify(password("x"), Some(stored)).await;
        assert_eq!(found.expect("compares"), Verdict::RightButOutdated);
    }

    /// ASVS V15.2.2.
    #[tokio::test]
    async fn a_full_queue_is_said_at_once() {
        let hasher = weak();
        hasher.0.queued.store(QUEUE, Ordering::Relaxed);
        assert!(matches!(hasher.hash(password("x")).await, Err(AuthError::Busy)));
        assert_eq!(hasher.0.queued.load(Ordering::Relaxed), QUEUE, "the place was given back");
    }

    #[tokio::test]
    async fn memory_is_kept_for_those_who_wait_and_no_longer() {
        let hasher = weak();
        hasher.0.queued.store(1, Ordering::Relaxed);
        hasher.hash(password("x")).await.expect("hashes");
        assert_eq!(hasher.0.memories.lock().len(), 1);
        hasher.0.queued.store(0, Ordering::Relaxed);
        hasher.hash(password("x")).await.expect("hashes");
        assert_eq!(hasher.0.memories.lock().len(), 0);
    }

    #[tokio::test]
    async fn a_hash_made_elsewhere_opens_and_what_is_no_hash_does_not() {
        // echo -n password | argon2 somesalt -id -t 1 -k 8 -p 1 -l 24 -e, with the reference implementation
        let reference = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$C2bJX5C8UDEyhA6t5ZLsAjU0L1Igblzs";
        let hasher = weak();
        let stored = Some(PasswordHash::from_phc(reference.to_owned()));
        assert_eq!(hasher.verify(password("password"), stored).await.expect("compares"), Verdict::Right);
        for broken in
            ["", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ", "$2b$12$abcdefghijklmnopqrstuu"]
        {
            let stored = Some(PasswordHash::from_phc(broken.to_owned()));
            assert_eq!(
                hasher.verify(password("password"), stored).await.expect("compares"),
                Verdict::Wrong,
                "{broken}"
            );
        }
    }

    /// ASVS V11.4.2.
    #[tokio::test]
    async fn each_salt_is_its_own() {
        let hasher = weak();
        let (one, two) = (hasher.hash(password("x")).await, hasher.hash(password("x")).await);
        assert_ne!(one.expect("hashes").as_phc(), two.expect("hashes").as_phc());
    }
}
