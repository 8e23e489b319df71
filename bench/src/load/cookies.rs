//! The cookies that visitors come with.

use anyhow::Result;
use sessions::{Clock as _, SystemClock};

use crate::population;
use crate::sessions::Kind;

/// How many different cookies there are where cookies hold the records.
const SEALED: u64 = 10_000;

/// Session cookies of so many visitors.
pub enum Cookies {
    /// Ids of some of the living sessions, spread over all.
    Ids { living: u64, among: u64 },
    /// The records themselves.
    Sealed(Vec<String>),
}

impl Cookies {
    /// Of visitors to a server that keeps so many sessions in this way, of which `among` are in use.
    pub fn new(kind: Kind, stored: u64, among: Option<u64>) -> Result<Self> {
        let Some(sealing) = kind.sealing() else {
            let living = population::living_among(stored);
            return Ok(Self::Ids { living, among: among.unwrap_or(living).clamp(1, living.max(1)) });
        };
        let (codec, now) = (population::codec(sealing), SystemClock.now());
        let numbers = (0..SEALED).map(population::living);
        let cookies = numbers.map(|number| population::sealed(&codec, number, now));
        Ok(Self::Sealed(cookies.collect::<Result<_, _>>()?))
    }

    /// Writes the cookie's value for the `turn`th request.
    pub fn write(&self, turn: u64, request: &mut Vec<u8>) {
        match self {
            Self::Ids { living, among } => {
                let place = u128::from(turn % among) * u128::from(*living) / u128::from(*among);
                let number = population::living(u64::try_from(place).unwrap_or(0));
                request.extend_from_slice(population::id(number).encode().as_bytes());
            }
            Self::Sealed(cookies) => {
                let turn = usize::try_from(turn).unwrap_or(0);
                let cookie = cookies.get(turn % cookies.len().max(1));
                request.extend_from_slice(cookie.map_or(&[][..], |cookie| cookie.as_bytes()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn different(cookies: &Cookies, turns: u64) -> usize {
        let write = |turn| {
            let mut value = Vec::new();
            cookies.write(turn, &mut value);
            value
        };
        (0..turns).map(write).collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn as_many_sessions_are_in_use_as_was_said() {
        assert_eq!(different(&Cookies::new(Kind::Memory, 1_000, None).unwrap(), 5_000), 800);
        assert_eq!(different(&Cookies::new(Kind::Memory, 1_000, Some(70)).unwrap(), 5_000), 70);
        assert_eq!(different(&Cookies::new(Kind::Signed, 0, None).unwrap(), 100), 100);
    }
}
