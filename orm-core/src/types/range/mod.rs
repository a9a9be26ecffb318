//! Ranges of values.

mod value;

use std::fmt;
use std::ops::{self, Bound};
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound as BoundValue;
use diesel::sql_types::Nullable;

pub use self::value::RangeValue;
#[cfg(feature = "sqlite")]
pub(crate) use self::value::sealed;
use super::sql_types::Range as RangeOf;

/// A range of values, with or without bounds: `int4range`, `int8range`, `numrange`, `daterange`, `tsrange` and `tstzrange` on
/// PostgreSQL, text on SQLite.
///
/// Two ranges with the same values are equal. So the bounds of whole numbers and days have one form, that of `1..5`: the
/// lower one is in the range and the upper one is not. An upper bound that is the greatest value of its type, and in the
/// range, is none. A range without a value, such as `5..1`, is the empty one, which has no bounds. Moments are cut to
/// microseconds.
///
/// ```
/// use std::ops::Bound;
///
/// use orm_core::Range;
///
/// let booked = Range::from(1..=4);
/// assert_eq!(booked, Range::from(1..5));
/// assert_eq!(booked.to_string(), "[1,5)");
/// assert!(booked.contains(&4) && !booked.contains(&5));
/// assert_eq!(Range::from(3..3), Range::empty());
/// assert_eq!(Range::from(7..).bounds(), Some((Bound::Included(&7), Bound::Unbounded)));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, FromSqlRow)]
pub struct Range<T>(Option<(Bound<T>, Bound<T>)>);

/// The error for a text that is not a range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a range of such values; write one such as [1,5), (,5], [1,) or empty")]
pub struct ParseRangeError(());

impl<T> Range<T> {
    /// Returns the range without a value.
    pub const fn empty() -> Self {
        Self(None)
    }

    /// Returns whether it has no value.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the lower and the upper bound; `None` if the range is empty.
    pub fn bounds(&self) -> Option<(Bound<&T>, Bound<&T>)> {
        self.0.as_ref().map(|(lower, upper)| (lower.as_ref(), upper.as_ref()))
    }

    /// Returns the value of the lower bound, if there is one.
    pub fn lower(&self) -> Option<&T> {
        self.bounds().and_then(|(lower, _)| value(lower))
    }

    /// Returns the value of the upper bound, if there is one.
    pub fn upper(&self) -> Option<&T> {
        self.bounds().and_then(|(_, upper)| value(upper))
    }
}

fn value<T>(bound: Bound<T>) -> Option<T> {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    }
}

impl<T: RangeValue> Range<T> {
    /// Returns the range between two bounds.
    pub fn new(lower: Bound<T>, upper: Bound<T>) -> Self {
        let (mut lower, mut upper) = (lower.map(T::settled), upper.map(T::settled));
        if T::IS_DISCRETE {
            if let Bound::Excluded(value) = &lower {
                match value.next() {
                    Some(next) => lower = Bound::Included(next),
                    // Nothing comes after the greatest value.
                    None => return Self::empty(),
                }
            }
            if let Bound::Included(value) = &upper {
                upper = value.next().map_or(Bound::Unbounded, Bound::Excluded);
            }
        }
        let is_empty = match (&lower, &upper) {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (
                Bound::Included(lower) | Bound::Excluded(lower),
                Bound::Included(upper) | Bound::Excluded(upper),
            ) => lower >= upper,
        };
        Self((!is_empty).then_some((lower, upper)))
    }

    /// Returns whether the value is in the range.
    pub fn contains(&self, value: &T) -> bool {
        self.bounds().is_some_and(|bounds| ops::RangeBounds::<T>::contains(&bounds, value))
    }

    /// Returns whether each value of the other range is in this one.
    pub fn contains_range(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (_, None) => true,
            (None, _) => false,
            (Some((lower, upper)), Some((other_lower, other_upper))) => {
                !begins_before(other_lower, lower)
                    && !begins_before(&turned(other_upper), &turned(upper))
            }
        }
    }

    /// Returns whether a value is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (Some((lower, upper)), Some((other_lower, other_upper))) = (&self.0, &other.0) else {
            return false;
        };
        let meets = |lower: &Bound<T>, upper: &Bound<T>| {
            !Self::new(lower.clone(), upper.clone()).is_empty()
        };
        meets(lower, other_upper) && meets(other_lower, upper)
    }

    /// Returns whether the ranges have no value in common, and there is none between them.
    pub fn is_adjacent(&self, other: &Self) -> bool {
        let (Some((lower, upper)), Some((other_lower, other_upper))) = (&self.0, &other.0) else {
            return false;
        };
        touches(upper, other_lower) || touches(other_upper, lower)
    }

    /// Returns whether both databases can store it.
    pub(crate) fn is_storable(&self) -> bool {
        [self.lower(), self.upper()].into_iter().flatten().all(T::is_storable)
    }
}

/// Whether what begins at the first lower bound has a value before all that begins at the second one.
fn begins_before<T: Ord>(one: &Bound<T>, other: &Bound<T>) -> bool {
    match (one, other) {
        (_, Bound::Unbounded) => false,
        (Bound::Unbounded, _) => true,
        (Bound::Included(one), Bound::Excluded(other)) => one <= other,
        (
            Bound::Included(one) | Bound::Excluded(one),
            Bound::Included(other) | Bound::Excluded(other),
        ) => one < other,
    }
}

/// Returns an upper bound as a lower one of the opposite direction.
fn turned<T>(bound: &Bound<T>) -> Bound<std::cmp::Reverse<&T>> {
    bound.as_ref().map(std::cmp::Reverse)
}

/// Whether what ends at the upper bound is next to what begins at the lower one.
fn touches<T: Ord>(upper: &Bound<T>, lower: &Bound<T>) -> bool {
    match (upper, lower) {
        (Bound::Included(upper), Bound::Excluded(lower))
        | (Bound::Excluded(upper), Bound::Included(lower)) => upper == lower,
        _ => false,
    }
}

macro_rules! from {
    ($($range:ident: |$value:ident| $lower:expr, $upper:expr;)*) => {
        $(impl<T: RangeValue> From<ops::$range<T>> for Range<T> {
            fn from($value: ops::$range<T>) -> Self {
                Self::new($lower, $upper)
            }
        })*
    };
}

from! {
    Range: |range| Bound::Included(range.start), Bound::Excluded(range.end);
    RangeFrom: |range| Bound::Included(range.start), Bound::Unbounded;
    RangeTo: |range| Bound::Unbounded, Bound::Excluded(range.end);
    RangeToInclusive: |range| Bound::Unbounded, Bound::Included(range.end);
}

impl<T: RangeValue> From<ops::RangeInclusive<T>> for Range<T> {
    fn from(range: ops::RangeInclusive<T>) -> Self {
        let (start, end) = range.into_inner();
        Self::new(Bound::Included(start), Bound::Included(end))
    }
}

impl<T: RangeValue> From<ops::RangeFull> for Range<T> {
    fn from(_: ops::RangeFull) -> Self {
        Self::new(Bound::Unbounded, Bound::Unbounded)
    }
}

/// PostgreSQL's text, in its only form: SQLite compares texts.
impl<T: RangeValue> fmt::Display for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((lower, upper)) = self.bounds() else { return f.write_str("empty") };
        let text = |bound: Bound<&T>| value(bound).map(T::written).unwrap_or_default();
        let opens = if matches!(lower, Bound::Included(_)) { '[' } else { '(' };
        let closes = if matches!(upper, Bound::Included(_)) { ']' } else { ')' };
        write!(f, "{opens}{},{}{closes}", text(lower), text(upper))
    }
}

impl<T: RangeValue> fmt::Debug for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T: RangeValue> FromStr for Range<T> {
    type Err = ParseRangeError;

    fn from_str(text: &str) -> Result<Self, ParseRangeError> {
        parse(text.trim()).ok_or(ParseRangeError(()))
    }
}

fn parse<T: RangeValue>(text: &str) -> Option<Range<T>> {
    if text.eq_ignore_ascii_case("empty") {
        return Some(Range::empty());
    }
    let (inner, lower_is_in) = match text.strip_prefix('[') {
        Some(inner) => (inner, true),
        None => (text.strip_prefix('(')?, false),
    };
    let (inner, upper_is_in) = match inner.strip_suffix(']') {
        Some(inner) => (inner, true),
        None => (inner.strip_suffix(')')?, false),
    };
    let (lower, upper) = inner.split_once(',')?;
    let bound = |text: &str, is_in: bool| {
        let text = text.trim();
        if text.is_empty() {
            return Some(Bound::Unbounded);
        }
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let value = T::parse(quoted.unwrap_or(text))?;
        Some(if is_in { Bound::Included(value) } else { Bound::Excluded(value) })
    };
    Some(Range::new(bound(lower, lower_is_in)?, bound(upper, upper_is_in)?))
}

impl<T: RangeValue> serde::Serialize for Range<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: RangeValue> serde::Deserialize<'de> for Range<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! expressions {
    ($($sql:ty, $target:ty;)*) => {
        $(impl<T: RangeValue> AsExpression<$sql> for $target {
            type Expression = BoundValue<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                BoundValue::new(self)
            }
        })*
    };
}

expressions! {
    RangeOf<T::Sql>, Range<T>;
    RangeOf<T::Sql>, &Range<T>;
    RangeOf<T::Sql>, &&Range<T>;
    Nullable<RangeOf<T::Sql>>, Range<T>;
    Nullable<RangeOf<T::Sql>>, &Range<T>;
    Nullable<RangeOf<T::Sql>>, &&Range<T>;
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, Utc};

    use super::*;
    use crate::types::Decimal;

    #[test]
    fn bounds_have_one_form() {
        assert_eq!(Range::new(Bound::Excluded(1), Bound::Included(4)), Range::from(2..5));
        assert_eq!(Range::new(Bound::Included(5), Bound::Included(4)), Range::empty());
        assert_eq!(Range::from(1..=i32::MAX), Range::from(1..));
        assert_eq!(Range::new(Bound::Excluded(i64::MAX), Bound::Unbounded), Range::empty());
        let halves = |text: &str| text.parse::<Range<Decimal>>().unwrap();
        assert_eq!(halves("[1.50,2]"), halves(" [1.5 , \"2.00\"] "));
        assert_eq!(halves("[1.50,2.0]").to_string(), "[1.5,2]");
        assert_eq!(halves("(1,1]"), Range::empty());
        assert_ne!(halves("(1,2]"), halves("[1,2]"));
        let moment: Range<DateTime<Utc>> = "[2024-05-06 07:08:09+02,)".parse().unwrap();
        assert_eq!(moment.to_string(), "[2024-05-06 05:08:09.000000+00:00,)");
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        for text in ["empty", "[1,5)", "(,5)", "[1,)", "(,)", "[-3,-1)"] {
            assert_eq!(text.parse::<Range<i32>>().unwrap().to_string(), text);
        }
        for text in ["", "[1,2", "1,2)", "[1;2)", "[a,2)", "[1,2,3)", "[2147483648,)", "{1,2}"] {
            assert!(text.parse::<Range<i32>>().is_err(), "{text}");
        }
        for text in ["[2024-02-30,)", "[infinity,)", "[2024-02-01 00:00:00,)"] {
            assert!(text.parse::<Range<NaiveDate>>().is_err(), "{text}");
        }
    }
}
