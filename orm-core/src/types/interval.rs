//! Intervals.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;

use super::sql_types;
use crate::schema::interval::{self, Parts};

/// A span of months, days and microseconds: `interval` on PostgreSQL, text on SQLite. It compares and sorts like
/// `interval` on both: as if a month had 30 days and a day 24 hours.
///
/// Months, days and microseconds are kept as they are, since a month or a day is not always equally long. So two
/// intervals can be equal and have different parts.
///
/// ```
/// use orm_core::Interval;
///
/// let notice = Interval::new(2, 14, 0);
/// assert_eq!(notice.to_string(), "P2M14D");
/// assert_eq!((notice.months(), notice.days(), notice.microseconds()), (2, 14, 0));
///
/// let length: Interval = "PT1H30M0.5S".parse()?;
/// assert_eq!(length.microseconds(), 5_400_500_000);
/// assert_eq!("1 mon 04:00:00".parse::<Interval>()?.to_string(), "P1MT4H");
/// assert_eq!(Interval::new(1, 0, 0), Interval::new(0, 30, 0));
/// # Ok::<(), orm_core::ParseIntervalError>(())
/// ```
///
/// The greatest and the least values of all three parts at once are PostgreSQL's infinity, and a `VALUE_ERROR` here.
#[derive(Clone, Copy, Default, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql_types::Interval)]
pub struct Interval {
    parts: Parts,
}

/// The error for a text that is not an interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an interval; write one such as P1Y2M3DT4H5M6.5S, or 1 year 2 mons 3 days 04:05:06.5")]
pub struct ParseIntervalError(());

impl Interval {
    /// Returns an interval of these months, days and microseconds, each of which may be negative.
    pub const fn new(months: i32, days: i32, microseconds: i64) -> Self {
        Self { parts: (months, days, microseconds) }
    }

    /// Returns the months. A year has twelve.
    pub const fn months(self) -> i32 {
        self.parts.0
    }

    /// Returns the days, without those in the months.
    pub const fn days(self) -> i32 {
        self.parts.1
    }

    /// Returns the microseconds, without those in the months and days.
    pub const fn microseconds(self) -> i64 {
        self.parts.2
    }

    pub(crate) const fn parts(self) -> Parts {
        self.parts
    }

    /// Returns what PostgreSQL compares.
    fn total(self) -> i128 {
        const DAY: i128 = 86_400_000_000;
        let (months, days, microseconds) = self.parts;
        (i128::from(months) * 30 + i128::from(days)) * DAY + i128::from(microseconds)
    }
}

impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.total() == other.total()
    }
}

impl Eq for Interval {}

impl Hash for Interval {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.total().hash(state);
    }
}

impl Ord for Interval {
    fn cmp(&self, other: &Self) -> Ordering {
        self.total().cmp(&other.total())
    }
}

impl PartialOrd for Interval {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Interval {
    type Err = ParseIntervalError;

    fn from_str(text: &str) -> Result<Self, ParseIntervalError> {
        let parts = interval::parse(text).ok_or(ParseIntervalError(()))?;
        Ok(Self { parts })
    }
}

/// Writes ISO 8601.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&interval::written(self.parts))
    }
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serialized_as_text!(Interval);
