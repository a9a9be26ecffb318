//! Moments cut to the units of the clocks and calendars of a time zone.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, civil};

/// A unit that [`date_trunc`](crate::dsl::date_trunc) cuts a moment to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Hours of the zone's clocks. The hour that comes twice when clocks are set back is two.
    Hour,
    /// Days from midnight, of 23 hours if clocks are set forward, and of 25 if they are set back.
    Day,
    /// Weeks from Monday.
    Week,
    /// Months.
    Month,
    /// Quarters from January, April, July and October.
    Quarter,
    /// Years.
    Year,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 6] =
        [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// Returns its name in SQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

/// The names that PostgreSQL takes for abbreviations, of offsets that are the same all year, although they are zones whose
/// clocks change; and the one that stands for no zone.
const MISTAKEN: [&str; 5] = ["CET", "EET", "MET", "WET", "Etc/Unknown"];

/// Returns the zone with this name of the tz database. The system's rules come first: they are newer than a program's, if
/// somebody updates the system.
pub(crate) fn find_zone(name: &str) -> Option<TimeZone> {
    if MISTAKEN.iter().any(|mistaken| mistaken.eq_ignore_ascii_case(name)) {
        return None;
    }
    static BUNDLED: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    jiff::tz::db().get(name).or_else(|_| BUNDLED.get(name)).ok()
}

/// Returns the beginning of the unit that contains the moment; `None` if chrono's range ends before.
///
/// It is that of PostgreSQL's `date_trunc`. A beginning that the clocks skip is the moment at which they are set forward,
/// and one that they show twice is the second one. An hour begins by the clock that shows the moment.
#[cfg_attr(not(feature = "sqlite"), allow(dead_code, reason = "PostgreSQL has its own"))]
pub(crate) fn truncate(
    moment: DateTime<Utc>,
    unit: Unit,
    zone: &TimeZone,
) -> Option<DateTime<Utc>> {
    // jiff's years end at 9999, and a day earlier in UTC: no clocks change there.
    let timestamp = Timestamp::from_second(moment.timestamp());
    let limit = if moment.timestamp() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let offset = zone.to_offset(timestamp.unwrap_or(limit));
    let local = moment.naive_utc().checked_add_signed(seconds(offset))?;
    let begins = begin(local, unit)?;
    let offset =
        if unit == Unit::Hour { offset } else { offset_of(begins, zone).unwrap_or(offset) };
    Some(begins.checked_sub_signed(seconds(offset))?.and_utc())
}

fn seconds(offset: Offset) -> TimeDelta {
    TimeDelta::seconds(offset.seconds().into())
}

fn begin(local: NaiveDateTime, unit: Unit) -> Option<NaiveDateTime> {
    let date = local.date();
    let first = |month| NaiveDate::from_ymd_opt(date.year(), month, 1);
    let (date, hour) = match unit {
        Unit::Hour => (date, local.hour()),
        Unit::Day => (date, 0),
        Unit::Week => {
            let days = date.weekday().num_days_from_monday();
            (date.checked_sub_signed(TimeDelta::days(days.into()))?, 0)
        }
        Unit::Month => (first(date.month())?, 0),
        Unit::Quarter => (first(date.month0() / 3 * 3 + 1)?, 0),
        Unit::Year => (first(1)?, 0),
    };
    date.and_hms_opt(hour, 0, 0)
}

/// Returns the offset of the zone's clocks when they show midnight of this day.
fn offset_of(midnight: NaiveDateTime, zone: &TimeZone) -> Option<Offset> {
    let year = i16::try_from(midnight.year()).ok()?;
    let (month, day) = (midnight.month() as i8, midnight.day() as i8);
    let midnight = civil::DateTime::new(year, month, day, 0, 0, 0, 0).ok()?;
    Some(match zone.to_ambiguous_timestamp(midnight).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Gap { before, .. } => before,
        AmbiguousOffset::Fold { after, .. } => after,
    })
}
