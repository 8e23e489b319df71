//! Reports of browsers, counted in the process's own memory: they fill the log of this process alone, and
//! anybody can send them, so they cost no database a write.

use std::collections::HashMap;
use std::time::Duration;

use auth::ClientAddress;
use parking_lot::Mutex;

use super::rules::Bucket;
use crate::config::Rate;

/// Reports of one address that reach the log: enough to see a fault, too few to fill a disk.
const RATE: Rate = Rate { burst: 10, refill: 10, per: Duration::from_mins(1) };

/// Most addresses that are remembered. Beyond it those go whose bucket is full again, then those whose is full
/// again soonest: memory stays bounded under a flood of addresses.
const MOST_ADDRESSES: usize = 100_000;

/// When each address's bucket is full again, in microseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Reports(Mutex<HashMap<ClientAddress, i64>>);

impl Reports {
    /// Counts one report. How long it has to wait, if it may not pass.
    pub(super) fn pass(&self, address: ClientAddress, now: i64) -> Option<i64> {
        let mut addresses = self.0.lock();
        let noted = Bucket::of(RATE).pass(addresses.get(&address).copied(), now);
        if let Ok(full_again) = noted {
            addresses.insert(address, full_again);
            make_room(&mut addresses, now);
        }
        noted.err()
    }
}

fn make_room(addresses: &mut HashMap<ClientAddress, i64>, now: i64) {
    if addresses.len() <= MOST_ADDRESSES {
        return;
    }
    addresses.retain(|_, full_again| *full_again > now);
    if addresses.len() > MOST_ADDRESSES {
        let mut moments: Vec<_> = addresses.values().copied().collect();
        let (_, median, _) = moments.select_nth_unstable(MOST_ADDRESSES / 2);
        let median = *median;
        addresses.retain(|_, full_again| *full_again > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_addresses_stays_within_bounds() {
        let reports = Reports::default();
        for number in 0..u32::try_from(MOST_ADDRESSES).expect("fits") + 10 {
            let address = ClientAddress::of(std::net::Ipv4Addr::from_bits(number).into());
            assert_eq!(reports.pass(address, 0), None);
        }
        assert!(reports.0.lock().len() <= MOST_ADDRESSES);
    }

    #[test]
    fn an_address_reports_ten_times_and_then_once_in_six_seconds() {
        let (reports, address) = (Reports::default(), ClientAddress::of([192, 0, 2, 1].into()));
        for _ in 0..10 {
            assert_eq!(reports.pass(address, 0), None);
        }
        assert_eq!(reports.pass(address, 0), Some(6_000_000));
        assert_eq!(reports.pass(address, 6_000_000), None);
    }
}
