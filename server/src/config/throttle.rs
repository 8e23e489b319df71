//! `throttle.*`: how often things may be tried.

use std::time::Duration;

use super::{Rate, Server, reader::Reader, server::PROFILE};

const ADDRESS_SIGN_IN: &str = "throttle.address_sign_in";
const ADDRESS_REGISTRATION: &str = "throttle.address_registration";
const ADDRESS_ANONYMOUS: &str = "throttle.address_anonymous";
const ACCOUNT: &str = "throttle.account";

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// How often things may be tried. Rates are written as [`Rate`] says, or `off`, which is for load tests.
#[derive(Clone, Copy, Debug)]
pub struct Throttle {
    /// `throttle.address_sign_in`: sign-ins from one address, as a burst and a rate, or `off`.
    pub address_sign_in: Option<Rate>,
    /// `throttle.address_registration`: registrations from one address, likewise.
    pub address_registration: Option<Rate>,
    /// `throttle.address_anonymous`: new anonymous sessions from one address, likewise.
    pub address_anonymous: Option<Rate>,
    /// `throttle.account`: whether failures slow down further tries on the same account: 5 are free, then 1 s
    /// doubling to 15 min, closed after 100; browsers that have signed in before are counted apart.
    pub account: bool,
}

impl Throttle {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let rate = |burst, refill, per| Some(Rate { burst, refill, per });
        Self {
            address_sign_in: reader.take(ADDRESS_SIGN_IN, rate(10, 10, MINUTE)),
            address_registration: reader.take(ADDRESS_REGISTRATION, rate(3, 3, HOUR)),
            address_anonymous: reader.take(ADDRESS_ANONYMOUS, rate(30, 60, MINUTE)),
            account: reader.take(ACCOUNT, true),
        }
    }

    pub(super) fn check(&self, reader: &mut Reader, server: &Server) {
        let off = [
            (ADDRESS_SIGN_IN, self.address_sign_in.is_none()),
            (ADDRESS_REGISTRATION, self.address_registration.is_none()),
            (ADDRESS_ANONYMOUS, self.address_anonymous.is_none()),
            (ACCOUNT, !self.account),
        ];
        for (key, _) in off.into_iter().filter(|(_, off)| *off && server.is_production()) {
            reader.warning(&[PROFILE, key], "without it nothing slows guessing down");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{PRODUCTION, accepted, refused};

    #[test]
    fn the_defaults_are_those_of_the_security_document() {
        let table = accepted(&[]).explain().clone();
        let shown = |key| table.setting(key).expect("known").value.clone();
        assert_eq!(shown(ADDRESS_SIGN_IN), "10/1m");
        assert_eq!(shown(ADDRESS_REGISTRATION), "3/1h");
        assert_eq!(shown(ADDRESS_ANONYMOUS), "30+60/1m");
    }

    #[test]
    fn off_is_allowed_and_production_warns() {
        let off = [(ADDRESS_SIGN_IN, "off"), (ACCOUNT, "off")];
        let config = accepted(&off);
        assert!(config.throttle.address_sign_in.is_none() && !config.throttle.account);
        assert_eq!(config.warnings.len(), 0);
        assert_eq!(accepted(&[&PRODUCTION, &off[..]].concat()).warnings.len(), 2);
    }

    #[test]
    fn what_is_no_rate_is_refused_with_what_is_allowed() {
        assert!(refused(&[(ADDRESS_SIGN_IN, "ten")]).contains("such as 10/1m (10 at once"));
    }
}
