//! SQL that diesel can't write for both databases.

pub mod array;
pub mod call;
pub mod checked;
mod coalesce;
pub mod contains;
#[cfg(feature = "time-zones")]
mod date_trunc;
pub mod decimal;
mod ilike;
pub mod json;
mod key;
mod lock;
mod null_safe;
mod parts;
pub mod range;
mod rounding;
mod row;
mod shared;
mod text;
pub mod vector;

pub use self::array::ArrayDsl;
pub use self::coalesce::{Coalesce, CoalesceFunction, MayBeNull, coalesce};
pub use self::contains::ContainsDsl;
#[cfg(feature = "time-zones")]
pub use self::date_trunc::{DateTrunc, MomentType, date_trunc};
pub(crate) use self::ilike::TextType;
pub use self::ilike::{Ilike, IlikeDsl};
pub use self::json::JsonDsl;
pub use self::key::{Key, KeyName, key};
pub use self::lock::{Lock, LockDsl, Locked};
pub use self::null_safe::{DistinctFrom, NullSafeDsl};
pub use self::range::RangeDsl;
pub use self::rounding::{
    Abs, AbsBig, AbsDecimal, AbsDouble, AbsFloat, AbsInteger, AbsSmall, Average, NumberType, Round,
    RoundDecimal, abs, avg, round,
};
pub use self::row::{Compared, OfRow, RowOf, row};
pub use self::shared::Shared;
pub use self::text::{
    CharLength, Lower, Replace, Substr, TextOrNull, Trim, TrimEnd, TrimStart, Upper, length, lower,
    replace, substr, trim, trim_end, trim_start, upper,
};
pub use self::vector::VectorDsl;
#[cfg(feature = "time-zones")]
pub use crate::types::Unit;
