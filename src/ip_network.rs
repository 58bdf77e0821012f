//! A range of IP addresses, as it is written in the config: `192.0.2.0/24`, `2001:db8::/32`, or one
//! address alone.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpNetwork {
    address: IpAddr,
    /// Bits that all of them share.
    prefix: u8,
}

/// A text is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address, or a range of them as 192.0.2.0/24")]
pub struct IpNetworkError;

impl IpNetwork {
    /// Whether the address lies in the range. An IPv4 address that is mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if self.address.is_ipv4() != address.is_ipv4() {
            return false;
        }
        let differs = bits(self.address) ^ bits(address);
        // A prefix of 0 shares nothing: shifting by all 128 bits is no shift.
        differs.checked_shr(128 - self.shared()).unwrap_or(0) == 0
    }

    /// Shared bits, counted in IPv6.
    fn shared(&self) -> u32 {
        let before = if self.address.is_ipv4() { 96 } else { 0 };
        before + u32::from(self.prefix)
    }
}

fn bits(address: IpAddr) -> u128 {
    let address: Ipv6Addr = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    address.to_bits()
}

impl FromStr for IpNetwork {
    type Err = IpNetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| IpNetworkError)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| IpNetworkError)?,
            None => longest,
        };
        (prefix <= longest)
            .then_some(Self { address, prefix })
            .ok_or(IpNetworkError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_addresses_of_its_range_and_no_others() {
        for (range, inside, outside) in [
            ("192.0.2.0/24", "192.0.2.255", "192.0.3.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::10.1.2.3"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
            ("::/0", "fe80::1", "192.0.2.1"),
            ("100.64.0.0/10", "100.127.255.255", "100.128.0.0"),
        ] {
            let network: IpNetwork = range.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{range} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{range} {outside}");
        }
    }

    #[test]
    fn refuses_what_is_no_range() {
        for text in [
            "",
            "a",
            "1.2.3",
            "1.2.3.4/33",
            "::1/129",
            "1.2.3.4/",
            "1.2.3.4/-1",
            "1.2.3.4/8/8",
        ] {
            assert_eq!(text.parse::<IpNetwork>(), Err(IpNetworkError), "{text}");
        }
    }
}
