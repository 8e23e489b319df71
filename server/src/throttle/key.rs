//! Under what attempts are counted, without what it is made of.

use std::fmt;

use auth::{ClientAddress, Counter, Gate};
use sha2::{Digest, Sha256};

/// SHA-256 of an address at its gate, of a name, or of what is kept of a device: whoever sees what was counted
/// does not read from it who was here. It keeps nothing from those who guess addresses one by one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of an address at a gate.
    #[must_use]
    pub fn of_address(gate: Gate, address: ClientAddress) -> Self {
        let gate = match gate {
            Gate::SignIn => "sign_in",
            Gate::Registration => "registration",
            Gate::AnonymousSession => "anonymous_session",
            Gate::Report => "report",
        };
        Self::of(gate, address.to_string().as_bytes())
    }

    /// The key of what guesses are counted under.
    #[must_use]
    pub fn of_counter(counter: &Counter) -> Self {
        match counter {
            Counter::Account(username) => Self::of("account", username.folded().as_bytes()),
            Counter::Device(device) => Self::of("device", device.as_bytes()),
        }
    }

    fn of(kind: &str, what: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind.as_bytes());
        hash.update([0]);
        hash.update(what);
        Self(hash.finalize().into())
    }

    /// The key's bits.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    /// The first four bytes in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use contract::Username;

    use super::*;

    #[test]
    fn gates_addresses_and_names_are_apart_and_names_have_no_case() {
        let address = |last| ClientAddress::of([192, 0, 2, last].into());
        let account = |name| Key::of_counter(&Counter::Account(Username::parse(name).expect("well-formed")));
        assert_ne!(Key::of_address(Gate::SignIn, address(1)), Key::of_address(Gate::SignIn, address(2)));
        assert_ne!(
            Key::of_address(Gate::SignIn, address(1)),
            Key::of_address(Gate::Registration, address(1))
        );
        assert_ne!(account("ada"), account("bob"));
        assert_eq!(account("ada"), account("ADA"));
    }
}
