//! How Rust's types are bound and read, the same for both databases.

mod array;
mod decimal;
mod interval;
mod json;
mod kept;
mod native;
mod network;
mod numbers;
mod range;
mod stored;
mod text;
mod time;
mod vector;

pub(in crate::backend::any) use array::bind_all;
#[cfg(feature = "sqlite")]
pub(crate) use array::{Element as ArrayElement, Elements as ArrayElements};
#[cfg(feature = "postgres")]
pub(crate) use decimal::to_postgres as decimal_to_postgres;
#[cfg(feature = "sqlite")]
pub(crate) use decimal::{compare as compare_decimals, parse as parse_decimal};
pub(crate) use kept::keep;
pub use native::{bind_native, read_native};
#[cfg(all(feature = "sqlite", feature = "time-zones"))]
pub(crate) use stored::read as read_moment;
pub(crate) use stored::{check_own_form, own_form};
#[cfg(feature = "sqlite")]
pub(crate) use time::Text as TimeText;
#[cfg(feature = "postgres")]
pub(crate) use time::{micros_of_day, to_postgres_days, to_postgres_micros};

#[cfg(feature = "sqlite")]
use std::cmp::Ordering;

use crate::backend::any::AnyValue;
use crate::error::ValueError;

/// Returns the error for a value whose type isn't the requested one.
pub(super) fn mismatch(value: AnyValue<'_>, wanted: &'static str) -> ValueError {
    ValueError::Mismatch { found: value.type_name(), wanted }
}

/// Reads a value from the text as which SQLite stores it.
#[cfg(feature = "sqlite")]
pub(crate) fn parse_stored<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Compares two texts as values of a type. A text that isn't one comes after all values. Two such texts compare by their
/// bytes.
#[cfg(feature = "sqlite")]
pub(crate) fn compare_texts<'t, T>(
    [a, b]: [&'t [u8]; 2],
    parse: impl Fn(&'t [u8]) -> Option<T>,
    compare: impl FnOnce(&T, &T) -> Ordering,
) -> Ordering {
    match (parse(a), parse(b)) {
        (Some(a), Some(b)) => compare(&a, &b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Maps diesel's SQL types to their [`Kind`](super::Kind).
macro_rules! kinds {
    ($($sql_type:ty => $kind:ident),* $(,)?) => {
        $(impl diesel::sql_types::HasSqlType<$sql_type> for crate::backend::Any {
            #[inline]
            fn metadata(_: &mut ()) -> crate::backend::AnyType {
                crate::backend::AnyType::of(crate::backend::Kind::$kind)
            }
        })*
    };
}
use kinds;

/// Binds values of types that are `Copy`.
macro_rules! to_sql {
    ($($sql_type:ty, $rust:ty => $bind:ident;)*) => {
        $(impl diesel::serialize::ToSql<$sql_type, crate::backend::Any> for $rust {
            #[inline]
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, crate::backend::Any>,
            ) -> diesel::serialize::Result {
                out.set_value(crate::backend::Bind::$bind(*self));
                Ok(diesel::serialize::IsNull::No)
            }
        })*
    };
}
use to_sql;
