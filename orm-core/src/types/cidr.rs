//! Networks of internet addresses.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use super::{Inet, sql_types};
use crate::schema::address;

/// A network of internet addresses: `cidr` on PostgreSQL, text on SQLite. It compares and sorts like `cidr` on both.
///
/// Unlike an [`Inet`], its address has no bits behind the prefix. Its text always has the prefix.
///
/// ```
/// use orm_core::{Cidr, Inet};
///
/// let network: Cidr = "10.1.0.0/16".parse()?;
/// assert_eq!((network.to_string(), network.prefix()), ("10.1.0.0/16".to_owned(), 16));
/// assert!("10.1.0.1/16".parse::<Cidr>().is_err());
///
/// let host: Inet = "10.1.2.3/16".parse()?;
/// assert_eq!(Cidr::of(host), network);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Cidr)]
pub struct Cidr(Inet);

/// The error for a text that is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a network; write one such as 10.1.0.0/16 or 2001:db8::/32, whose address has no bits behind the prefix"
)]
pub struct ParseCidrError(());

impl Cidr {
    /// Returns the network with this address and a prefix of this length; `None` if the prefix is longer than the address,
    /// or if the address has bits behind it.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let network = Inet::new(address, prefix)?;
        (Self::of(network).0 == network).then_some(Self(network))
    }

    /// Returns the network of an address: its prefix, without the bits behind it.
    pub fn of(address: Inet) -> Self {
        let (network, prefix) = address::network(address.address(), address.prefix());
        // The prefix fits, as it did before.
        Self(Inet::new(network, prefix).unwrap_or(address))
    }

    /// Returns the first address.
    pub fn address(self) -> IpAddr {
        self.0.address()
    }

    /// Returns the length of the prefix, in bits.
    pub fn prefix(self) -> u8 {
        self.0.prefix()
    }
}

impl From<Cidr> for Inet {
    fn from(network: Cidr) -> Self {
        network.0
    }
}

impl FromStr for Cidr {
    type Err = ParseCidrError;

    fn from_str(text: &str) -> Result<Self, ParseCidrError> {
        let (address, prefix) = address::parse(text).ok_or(ParseCidrError(()))?;
        Self::new(address, prefix).ok_or(ParseCidrError(()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address(), self.prefix())
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serialized_as_text!(Cidr);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for (text, written) in [
            ("192.0.2.1", "192.0.2.1/32"),
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("::/0", "::/0"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::ffff:192.0.2.0/120", "::ffff:192.0.2.0/120"),
            ("::1", "::1/128"),
        ] {
            let network: Cidr = text.parse().unwrap();
            assert_eq!(network.to_string(), written);
            assert_eq!(written.parse(), Ok(network));
        }
        for text in ["", "10.0.0.1/8", "128.0.0.0/0", "::1/127", "8000::/0", "10/8", "1.2.3.4/33"] {
            assert!(text.parse::<Cidr>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_in_its_network() {
        for (address, network) in [
            ("10.1.2.3/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("255.255.255.255/0", "0.0.0.0/0"),
            ("2001:db8:ffff::1/33", "2001:db8:8000::/33"),
            ("ffff::1/0", "::/0"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(Cidr::of(address.parse().unwrap()).to_string(), network);
        }
    }
}
