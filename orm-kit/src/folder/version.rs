//! Versions: the digits that the name of a migration's folder or file begins with.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use orm_core::Dialect;
use orm_core::migration::{Layout, Migration};

use super::Folder;

const FORM: &str = "%Y%m%d%H%M%S";

/// The versions of migrations that are written together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    /// Where each is a folder.
    pub(super) time: String,
    /// Where each is a file.
    pub(super) number: String,
}

impl Versions {
    /// Returns the versions after those of the folders.
    pub fn next(folders: &[Folder], now: DateTime<Utc>) -> Self {
        let newest = |layout: Layout| {
            let of_it = folders.iter().filter(|folder| Migration::layout(folder.dialect) == layout);
            of_it.filter_map(Folder::newest_version).max()
        };
        Self {
            time: next_version(newest(Layout::Folders), now),
            number: next_number(newest(Layout::Files)),
        }
    }

    /// Returns the version of the migration for this database.
    pub fn of(&self, dialect: Dialect) -> &str {
        match Migration::layout(dialect) {
            Layout::Folders => &self.time,
            Layout::Files => &self.number,
        }
    }
}

/// Returns the version of a new migration: the time in UTC as `YYYYMMDDHHMMSS`, but always later than `newest`.
fn next_version(newest: Option<&str>, now: DateTime<Utc>) -> String {
    let version = now.format(FORM).to_string();
    match newest {
        Some(newest) if newest >= version.as_str() => after(newest),
        _ => version,
    }
}

/// Returns the number of a new migration that wrangler applies: one more than the newest, of at least 4 digits.
fn next_number(newest: Option<&str>) -> String {
    match newest {
        None => "0001".into(),
        Some(newest) => next(newest),
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
        _ => next(version),
    }
}

/// Returns the next number of the same length, or a longer one: versions are ordered as text.
fn next(version: &str) -> String {
    match version.parse::<u128>() {
        Ok(number) if !version.bytes().all(|digit| digit == b'9') => {
            format!("{:0width$}", number + 1, width = version.len())
        }
        _ => format!("{version}0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_each_other() {
        let next = |newest| next_number(newest);
        assert_eq!(next(None), "0001");
        assert_eq!(next(Some("0000")), "0001");
        assert_eq!(next(Some("0099")), "0100");
        // As text and as a number, it is the later one.
        assert_eq!(next(Some("9999")), "99990");
        assert_eq!(next(Some("20260102030405")), "20260102030406");
    }

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
