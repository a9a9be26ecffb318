//! The Rust types and SQL types of columns that std and diesel lack.

/// Makes the text of a type its form in documents.
macro_rules! serialized_as_text {
    ($ty:ident) => {
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

mod cidr;
mod decimal;
mod inet;
mod interval;
mod json;
mod native;
mod range;
pub mod sql_types;
pub mod stored;
mod vector;
#[cfg(feature = "time-zones")]
mod zone;

pub use self::cidr::{Cidr, ParseCidrError};
pub use self::decimal::{Decimal, ParseDecimalError};
pub(crate) use self::decimal::{check_decimal, parse_digits};
pub use self::inet::{Inet, ParseInetError};
pub use self::interval::{Interval, ParseIntervalError};
pub use self::json::Json;
pub use self::native::NativeValue;
#[cfg(feature = "sqlite")]
pub(crate) use self::range::sealed as range_values;
pub use self::range::{ParseRangeError, Range, RangeValue};
pub use self::vector::Vector;
#[cfg(feature = "time-zones")]
pub use self::zone::Unit;
#[cfg(feature = "time-zones")]
pub(crate) use self::zone::find_zone;
#[cfg(all(feature = "time-zones", feature = "sqlite"))]
pub(crate) use self::zone::truncate;
