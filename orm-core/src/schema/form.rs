//! The forms in which other programs store moments.

use serde::{Deserialize, Serialize};

/// The form of a column of moments, if it isn't mizzle's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MomentForm {
    /// `2020-07-17T21:56:16.123Z`, as JavaScript's `toISOString` writes it. A `timestamptz` on PostgreSQL.
    Iso8601,
    /// `2020-07-17 21:56:16`, as SQLite's `CURRENT_TIMESTAMP` writes it. A `timestamptz` on PostgreSQL.
    SqliteDatetime,
    /// Seconds since 1970, a number on both databases.
    UnixSeconds,
    /// Milliseconds since 1970, a number on both databases.
    UnixMillis,
}

impl MomentForm {
    /// All forms.
    pub const ALL: [Self; 4] =
        [Self::Iso8601, Self::SqliteDatetime, Self::UnixSeconds, Self::UnixMillis];

    /// Returns its name in `#[column(stored = …)]`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iso8601 => "iso8601",
            Self::SqliteDatetime => "sqlite_datetime",
            Self::UnixSeconds => "unix_seconds",
            Self::UnixMillis => "unix_millis",
        }
    }

    /// Returns an example of a value.
    pub const fn example(self) -> &'static str {
        match self {
            Self::Iso8601 => "2020-07-17T21:56:16.123Z",
            Self::SqliteDatetime => "2020-07-17 21:56:16",
            Self::UnixSeconds => "1595022976",
            Self::UnixMillis => "1595022976123",
        }
    }

    /// Returns whether values are whole numbers.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::UnixSeconds | Self::UnixMillis)
    }

    /// Returns the form of a text, if it has one of these.
    pub fn of_text(text: &str) -> Option<Self> {
        let is_like = |form: &str| {
            form.len() == text.len()
                && form.bytes().zip(text.bytes()).all(|(wanted, given)| {
                    if wanted == b'0' { given.is_ascii_digit() } else { wanted == given }
                })
        };
        if is_like("0000-00-00T00:00:00.000Z") {
            Some(Self::Iso8601)
        } else if is_like("0000-00-00 00:00:00") {
            Some(Self::SqliteDatetime)
        } else {
            None
        }
    }

    /// Returns the likely form of a number: milliseconds from 1973 on, or seconds up to the year 5138.
    pub const fn of_number(number: i64) -> Self {
        if number.unsigned_abs() >= 100_000_000_000 { Self::UnixMillis } else { Self::UnixSeconds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_told_by_its_example() {
        for form in MomentForm::ALL {
            let found = match form.example().parse() {
                Ok(number) => Some(MomentForm::of_number(number)),
                Err(_) => MomentForm::of_text(form.example()),
            };
            assert_eq!(found, Some(form));
        }
        for other in [
            "",
            "2020-07-17",
            "2020-07-17T21:56:16Z",
            "2020-07-17 21:56:16.000",
            "x020-07-17 21:56:16",
        ] {
            assert_eq!(MomentForm::of_text(other), None, "{other}");
        }
    }
}
