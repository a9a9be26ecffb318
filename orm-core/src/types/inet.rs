//! Internet addresses.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use super::sql_types;
use crate::schema::address;

/// An internet address, with the length of its network's prefix: `inet` on PostgreSQL, text on SQLite. It compares and
/// sorts like `inet` on both.
///
/// A single address has the longest prefix, 32 or 128, which is not written.
///
/// ```
/// use std::net::{IpAddr, Ipv4Addr};
///
/// use orm_core::Inet;
///
/// let host = Inet::from(Ipv4Addr::LOCALHOST);
/// assert_eq!(host.to_string(), "127.0.0.1");
/// assert_eq!((host.address(), host.prefix()), (IpAddr::V4(Ipv4Addr::LOCALHOST), 32));
///
/// let network: Inet = "10.1.0.0/16".parse()?;
/// assert_eq!(network.prefix(), 16);
/// # Ok::<(), orm_core::ParseInetError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Inet)]
pub struct Inet {
    address: IpAddr,
    prefix: u8,
}

/// The error for a text that is not an internet address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an internet address; write one such as 192.0.2.1, 2001:db8::1 or 10.1.0.0/16")]
pub struct ParseInetError(());

impl Inet {
    /// Returns the address with a prefix of this length; `None` if the prefix is longer than the address.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        (prefix <= address::longest_prefix(address)).then_some(Self { address, prefix })
    }

    /// Returns the address.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// Returns the length of the network's prefix, in bits.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Returns the bits of the address, from the highest bit on.
    fn bits(self) -> u128 {
        match self.address {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
            IpAddr::V6(address) => address.to_bits(),
        }
    }
}

/// PostgreSQL's order: by the bits that both prefixes have, then by the prefixes' lengths, then by all bits.
impl Ord for Inet {
    fn cmp(&self, other: &Self) -> Ordering {
        let common = u32::from(self.prefix.min(other.prefix));
        let unused = 128 - common;
        let network = |address: &Self| address.bits().checked_shr(unused).unwrap_or_default();
        self.address
            .is_ipv6()
            .cmp(&other.address.is_ipv6())
            .then_with(|| network(self).cmp(&network(other)))
            .then_with(|| self.prefix.cmp(&other.prefix))
            .then_with(|| self.bits().cmp(&other.bits()))
    }
}

impl PartialOrd for Inet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<IpAddr> for Inet {
    fn from(address: IpAddr) -> Self {
        Self { address, prefix: address::longest_prefix(address) }
    }
}

impl From<Ipv4Addr> for Inet {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}

impl From<Ipv6Addr> for Inet {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::V6(address).into()
    }
}

impl FromStr for Inet {
    type Err = ParseInetError;

    fn from_str(text: &str) -> Result<Self, ParseInetError> {
        let (address, prefix) = address::parse(text).ok_or(ParseInetError(()))?;
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&address::written(self.address, self.prefix))
    }
}

impl fmt::Debug for Inet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serialized_as_text!(Inet);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_like_postgres() {
        let ascending = [
            "0.0.0.0/0",
            "9.255.255.255",
            "10.0.0.0/8",
            "10.0.0.1/8",
            "10.0.0.0/9",
            "10.0.0.0",
            "10.0.0.2",
            "10.0.0.10",
            "192.0.2.1",
            "::/0",
            "::1",
            "2001:db8::/32",
            "2001:db8::1",
        ];
        let addresses: Vec<Inet> = ascending.iter().map(|text| text.parse().unwrap()).collect();
        for (i, a) in addresses.iter().enumerate() {
            for (j, b) in addresses.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a} and {b}");
            }
        }
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for (text, written) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("10.1.2.3/0", "10.1.2.3/0"),
            ("2001:DB8:0::1/128", "2001:db8::1"),
            ("fe80::1/64", "fe80::1/64"),
        ] {
            let address: Inet = text.parse().unwrap();
            assert_eq!(address.to_string(), written);
            assert_eq!(written.parse(), Ok(address));
        }
        for text in [
            "",
            "1.2.3",
            "1.2.3.4/33",
            "::/129",
            "1.2.3.4/",
            "1.2.3.4/08",
            "1.2.3.4/+8",
            "fe80::1%eth0",
            " ::1",
        ] {
            assert!(text.parse::<Inet>().is_err(), "{text}");
        }
    }
}
