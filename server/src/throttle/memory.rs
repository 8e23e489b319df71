//! Attempts counted in the process's own memory.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_trait::async_trait;
use auth::{Admission, ClientAddress, Clock, Gate, Throttle, account_delay};
use contract::Username;
use parking_lot::Mutex;
use time::{Duration, OffsetDateTime};

use crate::config;

/// Most keys remembered of each kind. Beyond it what is due to be forgotten goes first, then whatever
/// is oldest: memory stays bounded under a flood of addresses.
const MOST_KEYS: usize = 100_000;
/// Reports of one address that reach the log: enough to see a fault, too few to fill a disk.
const REPORTS: config::Rate = config::Rate { burst: 10, refill: 10, per: std::time::Duration::from_mins(1) };
/// Failures of an account are forgotten after so long without an attempt.
const FORGOTTEN_AFTER: Duration = Duration::hours(24);
/// What a closed account is told to wait; only an operator opens it.
const CLOSED: Duration = Duration::minutes(15);

/// Counts attempts until the process ends.
#[derive(Debug)]
pub struct MemoryThrottle {
    clock: Arc<dyn Clock>,
    limits: config::Throttle,
    addresses: Mutex<HashMap<(Gate, ClientAddress), OffsetDateTime>>,
    accounts: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: OffsetDateTime,
}

impl MemoryThrottle {
    /// Counts from zero.
    #[must_use]
    pub fn new(limits: config::Throttle, clock: Arc<dyn Clock>) -> Self {
        Self { clock, limits, addresses: Mutex::default(), accounts: Mutex::default() }
    }

    const fn rate(&self, gate: Gate) -> Option<config::Rate> {
        match gate {
            Gate::SignIn => self.limits.address_sign_in,
            Gate::Registration => self.limits.address_registration,
            Gate::AnonymousSession => self.limits.address_anonymous,
            Gate::Report => Some(REPORTS),
        }
    }
}

#[async_trait]
impl Throttle for MemoryThrottle {
    /// A generic cell rate (ITU-T I.371): one moment per key says when the bucket is full again.
    async fn admit_address(&self, gate: Gate, address: ClientAddress) -> Admission {
        let Some(rate) = self.rate(gate) else { return Admission::Admitted };
        let now = self.clock.now();
        let interval = Duration::try_from(rate.per).unwrap_or(Duration::MAX) / rate.refill.max(1);
        let tolerance = interval * rate.burst.saturating_sub(1);
        let mut addresses = self.addresses.lock();
        make_room(&mut addresses, |full_again| *full_again, now);
        let full_again = addresses.entry((gate, address)).or_insert(now);
        let earliest = *full_again - tolerance;
        if now < earliest {
            return Admission::Refused(earliest - now);
        }
        *full_again = (*full_again).max(now) + interval;
        Admission::Admitted
    }

    async fn admit_account(&self, username: &Username) -> Admission {
        if !self.limits.account {
            return Admission::Admitted;
        }
        let now = self.clock.now();
        let mut accounts = self.accounts.lock();
        make_room(&mut accounts, |failures| failures.last + FORGOTTEN_AFTER, now);
        let failures = accounts.entry(username.folded()).or_insert(Failures { count: 0, last: now });
        let Some(delay) = account_delay(failures.count) else { return Admission::Refused(CLOSED) };
        let opens = failures.last + delay;
        if now < opens {
            return Admission::Refused(opens - now);
        }
        *failures = Failures { count: failures.count + 1, last: now };
        Admission::Admitted
    }

    async fn forgive_account(&self, username: &Username) {
        self.accounts.lock().remove(&username.folded());
    }

    async fn forget_attempt(&self, username: &Username) {
        if let Some(failures) = self.accounts.lock().get_mut(&username.folded()) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

fn make_room<K: Clone + Eq + Hash, V>(
    keys: &mut HashMap<K, V>,
    due: impl Fn(&V) -> OffsetDateTime,
    now: OffsetDateTime,
) {
    if keys.len() < MOST_KEYS {
        return;
    }
    keys.retain(|_, value| due(value) > now);
    if keys.len() >= MOST_KEYS {
        let mut moments: Vec<_> = keys.values().map(&due).collect();
        let (_, median, _) = moments.select_nth_unstable(MOST_KEYS / 2);
        let median = *median;
        keys.retain(|_, value| due(value) > median);
    }
}

#[cfg(test)]
mod tests {
    use sessions::FixedClock;

    use super::*;

    const RATE: config::Rate = config::Rate { burst: 10, refill: 10, per: std::time::Duration::from_mins(1) };

    fn throttle() -> (Arc<FixedClock>, MemoryThrottle) {
        let clock = Arc::new(FixedClock::default());
        let limits = config::Throttle {
            address_sign_in: Some(RATE),
            address_registration: None,
            address_anonymous: Some(config::Rate { burst: 30, refill: 60, ..RATE }),
            account: true,
        };
        (Arc::clone(&clock), MemoryThrottle::new(limits, clock))
    }

    fn address(last: u8) -> ClientAddress {
        ClientAddress::of([192, 0, 2, last].into())
    }

    fn ada() -> Username {
        Username::parse("ada").expect("well-formed")
    }

    #[tokio::test]
    async fn a_burst_passes_and_then_one_in_six_seconds() {
        let (clock, throttle) = throttle();
        for _ in 0..10 {
            assert_eq!(throttle.admit_address(Gate::SignIn, address(1)).await, Admission::Admitted);
        }
        let refused = throttle.admit_address(Gate::SignIn, address(1)).await;
        assert_eq!(refused, Admission::Refused(Duration::seconds(6)));
        assert_eq!(throttle.admit_address(Gate::SignIn, address(2)).await, Admission::Admitted);
        clock.advance(Duration::seconds(6));
        assert_eq!(throttle.admit_address(Gate::SignIn, address(1)).await, Admission::Admitted);
        assert!(matches!(throttle.admit_address(Gate::SignIn, address(1)).await, Admission::Refused(_)));
    }

    #[tokio::test]
    async fn what_is_off_passes_always_and_gates_are_apart() {
        let (_, throttle) = throttle();
        for _ in 0..29 {
            assert_eq!(throttle.admit_address(Gate::Registration, address(1)).await, Admission::Admitted);
            assert_eq!(throttle.admit_address(Gate::AnonymousSession, address(1)).await, Admission::Admitted);
        }
        assert_eq!(throttle.admit_address(Gate::SignIn, address(1)).await, Admission::Admitted);
    }

    #[tokio::test]
    async fn an_account_closes_for_longer_and_longer_and_a_success_opens_it() {
        let (clock, throttle) = throttle();
        for _ in 0..5 {
            assert_eq!(throttle.admit_account(&ada()).await, Admission::Admitted);
        }
        assert_eq!(throttle.admit_account(&ada()).await, Admission::Refused(Duration::SECOND));
        clock.advance(Duration::SECOND);
        assert_eq!(throttle.admit_account(&ada()).await, Admission::Admitted);
        assert_eq!(throttle.admit_account(&ada()).await, Admission::Refused(Duration::seconds(2)));
        throttle.forgive_account(&ada()).await;
        assert_eq!(throttle.admit_account(&ada()).await, Admission::Admitted);
    }

    /// ASVS V6.3.1.
    #[tokio::test]
    async fn nobody_ever_gets_a_hundred_and_first_guess() {
        let (clock, throttle) = throttle();
        let mut admitted = 0;
        for _ in 0..500 {
            clock.advance(Duration::minutes(16));
            admitted += u32::from(throttle.admit_account(&ada()).await == Admission::Admitted);
        }
        assert_eq!(admitted, 100);
    }

    #[tokio::test]
    async fn a_flood_of_keys_stays_within_bounds() {
        let (_, throttle) = throttle();
        for number in 0..u32::try_from(MOST_KEYS).expect("fits") + 10 {
            let address = ClientAddress::of(std::net::Ipv4Addr::from_bits(number).into());
            throttle.admit_address(Gate::SignIn, address).await;
        }
        assert!(throttle.addresses.lock().len() <= MOST_KEYS);
    }
}
