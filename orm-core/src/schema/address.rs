//! Internet addresses as text.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns the address in `text`, and the length of its prefix.
pub(crate) fn parse(text: &str) -> Option<(IpAddr, u8)> {
    let Some((address, prefix)) = text.split_once('/') else {
        let address = text.parse().ok()?;
        return Some((address, longest_prefix(address)));
    };
    let address = address.parse().ok()?;
    let is_plain = prefix.bytes().all(|byte| byte.is_ascii_digit())
        && (prefix == "0" || !prefix.starts_with('0'));
    let prefix = prefix.parse().ok().filter(|_| is_plain)?;
    (prefix <= longest_prefix(address)).then_some((address, prefix))
}

/// Returns the text of an address. The longest prefix is not written.
pub(crate) fn written(address: IpAddr, prefix: u8) -> String {
    if prefix < longest_prefix(address) {
        format!("{address}/{prefix}")
    } else {
        address.to_string()
    }
}

/// Returns the network that the address is in: its prefix, without the bits behind it.
pub(crate) fn network(address: IpAddr, prefix: u8) -> (IpAddr, u8) {
    let prefix = prefix.min(longest_prefix(address));
    let unused = u32::from(longest_prefix(address) - prefix);
    let network = match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(unused).unwrap_or_default();
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(unused).unwrap_or_default();
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    };
    (network, prefix)
}

/// Returns the length of the prefix of a single address.
pub(crate) fn longest_prefix(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}
