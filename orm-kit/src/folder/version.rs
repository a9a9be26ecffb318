//! Versions: the digits that a migration's folder begins with.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

const FORM: &str = "%Y%m%d%H%M%S";

/// Returns the version of a new migration: the time in UTC as `YYYYMMDDHHMMSS`, but always later than `newest`.
pub fn next_version(newest: Option<&str>, now: DateTime<Utc>) -> String {
    let version = now.format(FORM).to_string();
    match newest {
        Some(newest) if newest >= version.as_str() => after(newest),
        _ => version,
    }
}

/// Returns the next second, or the next number if the digits are not a time. Versions are ordered as text.
fn after(version: &str) -> String {
    let second = NaiveDateTime::parse_from_str(version, FORM)
        .ok()
        .and_then(|time| time.checked_add_signed(TimeDelta::seconds(1)))
        .map(|time| time.format(FORM).to_string());
    match second {
        Some(next) if next.as_str() > version => next,
        _ => match version.parse::<u128>() {
            Ok(number) if !version.bytes().all(|digit| digit == b'9') => {
                format!("{:0width$}", number + 1, width = version.len())
            }
            _ => format!("{version}0"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_time_unless_the_folder_is_ahead() {
        let now = DateTime::from_timestamp(1_767_323_045, 0).unwrap();
        for (newest, next) in [
            (None, "20260102030405"),
            (Some("00000000000001"), "20260102030405"),
            (Some("20260102030404"), "20260102030405"),
            (Some("20260102030405"), "20260102030406"),
            (Some("20991231235959"), "21000101000000"),
            (Some("20269999999998"), "20269999999999"),
            (Some("99999999999999"), "999999999999990"),
        ] {
            assert_eq!(next_version(newest, now), next, "{newest:?}");
        }
    }
}
