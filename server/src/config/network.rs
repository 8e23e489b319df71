//! Networks of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::value::Value;

/// One address, or a block in CIDR notation (RFC 4632, RFC 4291).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Whether the address belongs to it; an IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => masked_v4(other, self.prefix) == own,
            (IpAddr::V6(own), IpAddr::V6(other)) => masked_v6(other, self.prefix) == own,
            _ => false,
        }
    }

    fn is_single(&self) -> bool {
        u32::from(self.prefix) == if self.address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS }
    }
}

impl std::str::FromStr for Network {
    /// What it must be.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as Value>::parse(text)
    }
}

impl Value for Network {
    fn parse(text: &str) -> Result<Self, String> {
        let network = parse(text)
            .ok_or("it must be an IP address or a block of them, such as 10.0.0.7, 10.0.0.0/8 or fd00::/8")?;
        if network.prefix == 0 {
            return Err("it must not be everybody".to_owned());
        }
        if !network.contains(network.address) {
            return Err(format!("it must have no bits set after the first {}", network.prefix));
        }
        Ok(network)
    }

    fn show(&self) -> String {
        if self.is_single() { self.address.to_string() } else { format!("{}/{}", self.address, self.prefix) }
    }
}

fn parse(text: &str) -> Option<Network> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?.to_canonical(), None),
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(bits);
    (prefix <= bits).then_some(Network { address, prefix })
}

fn masked_v4(address: Ipv4Addr, prefix: u8) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - u32::from(prefix)).unwrap_or(0);
    Ipv4Addr::from_bits(address.to_bits() & mask)
}

fn masked_v6(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(Ipv6Addr::BITS - u32::from(prefix)).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_own_addresses_and_no_others() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("10.0.0.7", "10.0.0.7", "10.0.0.8"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "::2"),
        ] {
            let network = Network::parse(network).expect("well-formed");
            assert!(network.contains(inside.parse().expect("an address")), "{network:?} {inside}");
            assert!(!network.contains(outside.parse().expect("an address")), "{network:?} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_or_too_wide_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.1/8",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/",
            "10.0.0.0/8/8",
        ] {
            assert!(Network::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_network_is_shown_as_it_is_written() {
        for text in ["10.0.0.7", "10.0.0.0/8", "fd00::/8"] {
            assert_eq!(Network::parse(text).expect("well-formed").show(), text);
        }
    }
}
