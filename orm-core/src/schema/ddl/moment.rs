//! Dates and times as defaults.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use crate::dialect::Dialect;
use crate::schema::{ColumnType, MomentForm};

/// Returns the current moment, in UTC in any time zone of the session; `None` for a column that doesn't hold moments.
pub(super) fn now(ty: &ColumnType, dialect: Dialect) -> Option<&'static str> {
    let now = ty.facts().now.as_ref()?;
    Some(match dialect {
        Dialect::Postgres => now.postgres,
        Dialect::Sqlite | Dialect::D1 => now.sqlite,
    })
}

/// Returns the current moment in the form of another program.
pub(super) fn now_in(form: MomentForm, ty: &ColumnType, dialect: Dialect) -> &'static str {
    match (dialect, form) {
        (Dialect::Sqlite | Dialect::D1, MomentForm::Iso8601) => {
            "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
        }
        (Dialect::Sqlite | Dialect::D1, MomentForm::SqliteDatetime) => "CURRENT_TIMESTAMP",
        (Dialect::Sqlite | Dialect::D1, MomentForm::UnixSeconds) => {
            "(CAST(strftime('%s', 'now') AS INTEGER))"
        }
        // The seconds, and the three digits after the point.
        (Dialect::Sqlite | Dialect::D1, MomentForm::UnixMillis) => {
            "(CAST(strftime('%s', 'now') || substr(strftime('%f', 'now'), 4) AS INTEGER))"
        }
        (Dialect::Postgres, MomentForm::UnixSeconds) => {
            "(floor(EXTRACT(epoch FROM now()))::bigint)"
        }
        (Dialect::Postgres, MomentForm::UnixMillis) => {
            "(floor(EXTRACT(epoch FROM now()) * 1000)::bigint)"
        }
        (Dialect::Postgres, _) if *ty == ColumnType::Timestamp => "(now() AT TIME ZONE 'utc')",
        (Dialect::Postgres, _) => "CURRENT_TIMESTAMP",
    }
}

/// Returns a moment in mizzle's own form as another program's literal.
pub(super) fn literal(stored: &str, form: MomentForm, dialect: Dialect) -> Option<String> {
    let time =
        NaiveDateTime::parse_from_str(stored.get(..26)?, "%Y-%m-%d %H:%M:%S%.f").ok()?.and_utc();
    Some(match (form, dialect) {
        (MomentForm::UnixSeconds, _) => time.timestamp().to_string(),
        (MomentForm::UnixMillis, _) => time.timestamp_millis().to_string(),
        (_, Dialect::Postgres) => dialect.quote_literal(stored),
        (MomentForm::Iso8601, _) => {
            dialect.quote_literal(&time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
        }
        (MomentForm::SqliteDatetime, _) => {
            dialect.quote_literal(&time.format("%Y-%m-%d %H:%M:%S").to_string())
        }
    })
}

/// Returns the date or time in `text`, in the fixed form of SQLite's columns; PostgreSQL reads it as well. `None` if
/// the text isn't one.
pub(super) fn stored(text: &str, ty: &ColumnType) -> Option<String> {
    let spaced = || text.replacen('T', " ", 1);
    if *ty == ColumnType::Date {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        is_storable(date, NaiveTime::MIN).then(|| date.to_string())
    } else if *ty == ColumnType::Time {
        let time = ["%H:%M:%S%.f", "%H:%M"]
            .iter()
            .find_map(|format| NaiveTime::parse_from_str(text, format).ok())?;
        is_storable(NaiveDate::default(), time).then(|| time.format("%H:%M:%S%.6f").to_string())
    } else if *ty == ColumnType::Timestamp {
        day_and_time(local(&spaced())?, "")
    } else if *ty == ColumnType::Timestamptz {
        day_and_time(utc(&spaced())?, "+00:00")
    } else {
        None
    }
}

fn day_and_time(time: NaiveDateTime, zone: &str) -> Option<String> {
    is_storable(time.date(), time.time())
        .then(|| format!("{}{zone}", time.format("%Y-%m-%d %H:%M:%S%.6f")))
}

fn local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

fn utc(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .map(|time| time.naive_utc())
}

/// Whether both databases accept this year, in four digits, and this second, which isn't a leap second.
fn is_storable(date: NaiveDate, time: NaiveTime) -> bool {
    (1..=9999).contains(&date.year()) && time.nanosecond() < 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_take_the_stored_form() {
        for written in [
            "2024-01-31 18:30:00+02:00",
            "2024-01-31T16:30:00Z",
            "2024-01-31 16:30:00.0Z",
            "2024-01-31 16:30Z",
            "2024-01-31 18:30+02",
        ] {
            let stored = stored(written, &ColumnType::Timestamptz);
            assert_eq!(stored.as_deref(), Some("2024-01-31 16:30:00.000000+00:00"), "{written}");
        }
        for (written, ty, expected) in [
            ("2024-01-31T18:30:00.25", ColumnType::Timestamp, "2024-01-31 18:30:00.250000"),
            ("18:30", ColumnType::Time, "18:30:00.000000"),
            ("2024-01-31", ColumnType::Date, "2024-01-31"),
        ] {
            assert_eq!(stored(written, &ty).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_a_database_would_not_take_is_no_moment() {
        for (written, ty) in [
            ("0000-01-01", ColumnType::Date),
            ("2024-02-30", ColumnType::Date),
            ("23:59:60", ColumnType::Time),
            ("2024-01-31", ColumnType::Timestamp),
            ("+12345-01-31 18:30:00", ColumnType::Timestamp),
            ("2024-01-31 18:30:00", ColumnType::Timestamptz),
        ] {
            assert_eq!(stored(written, &ty), None, "{written}");
        }
    }

    #[test]
    fn only_dates_and_times_have_a_now() {
        for dialect in Dialect::ALL {
            assert_eq!(now(&ColumnType::Text, dialect), None);
        }
    }
}
