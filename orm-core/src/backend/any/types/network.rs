//! Internet addresses and networks.

use std::net::IpAddr;

use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};

use super::text::text_bytes;
use super::{kinds, mismatch};
use crate::backend::any::{Any, AnyValue, Bind};
use crate::error::ValueError;
use crate::types::{Cidr, Inet, sql_types};

kinds! {
    sql_types::Inet => Inet,
    sql_types::Cidr => Cidr,
}

const WANTED: &str = "an internet address";

impl ToSql<sql_types::Inet, Any> for Inet {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Text(self.to_string().into()));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Inet, Any> for Inet {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let address = match value {
            // `inet` and `cidr`
            AnyValue::Postgres { bytes, oid: 869 | 650 } => from_postgres(bytes),
            AnyValue::Postgres { .. } => return Err(mismatch(value, WANTED).into()),
            other => text_bytes(other, WANTED)?.parse().ok(),
        };
        Ok(address.ok_or(ValueError::OutOfRange { wanted: WANTED })?)
    }
}

const NETWORK: &str = "a network";

impl ToSql<sql_types::Cidr, Any> for Cidr {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Any>) -> serialize::Result {
        out.set_value(Bind::Text(self.to_string().into()));
        Ok(IsNull::No)
    }
}

impl FromSql<sql_types::Cidr, Any> for Cidr {
    fn from_sql(value: AnyValue<'_>) -> deserialize::Result<Self> {
        let network = match value {
            AnyValue::Postgres { bytes, oid: 650 } => from_postgres(bytes)
                .and_then(|network| Self::new(network.address(), network.prefix())),
            AnyValue::Postgres { .. } => return Err(mismatch(value, NETWORK).into()),
            other => text_bytes(other, NETWORK)?.parse().ok(),
        };
        Ok(network.ok_or(ValueError::OutOfRange { wanted: NETWORK })?)
    }
}

/// PostgreSQL's form: 2 for IPv4 or 3 for IPv6, the length of the prefix, whether it is a `cidr`, the number of bytes,
/// then the address.
fn from_postgres(bytes: &[u8]) -> Option<Inet> {
    let (&[family, prefix, _, _], address) = bytes.split_first_chunk()?;
    let address: IpAddr = match family {
        2 => <[u8; 4]>::try_from(address).ok()?.into(),
        3 => <[u8; 16]>::try_from(address).ok()?.into(),
        _ => return None,
    };
    Inet::new(address, prefix)
}
