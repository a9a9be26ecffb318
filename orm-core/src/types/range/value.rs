//! The types of a range's bounds.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SubsecRound, Timelike, Utc};
use diesel::sql_types;

use crate::types::sql_types::{ExactNumeric, RangeBound};
use crate::types::{Decimal, check_decimal};

/// A type whose values can be the bounds of a [`Range`](super::Range): `i32`, `i64`, [`Decimal`], `NaiveDate`, `NaiveDateTime` and
/// `DateTime<Utc>`.
#[diagnostic::on_unimplemented(
    message = "there are no ranges of `{Self}`",
    label = "not a type of bounds",
    note = "the bounds can be i32, i64, Decimal, NaiveDate, NaiveDateTime or DateTime<Utc>"
)]
pub trait RangeValue: sealed::Value {
    /// The SQL type of a bound.
    type Sql: RangeBound;
}

pub(crate) mod sealed {
    /// What a [`Range`](super::super::Range) does with its bounds.
    pub trait Value: Clone + Ord + 'static {
        /// The number of PostgreSQL's type.
        const OID: u32;

        /// Returns the next value of a type without values in between; `None` after the greatest one.
        fn next(&self) -> Option<Self>;

        /// Whether there are no values between one and the next.
        const IS_DISCRETE: bool;

        /// Returns the value as databases store it.
        fn settled(self) -> Self;

        /// Returns whether both databases can store it.
        fn is_storable(&self) -> bool;

        /// Returns its only text.
        fn written(&self) -> String;

        /// Reads a text.
        fn parse(text: &str) -> Option<Self>;
    }
}

macro_rules! integers {
    ($($rust:ty => $sql:ty, $oid:literal;)*) => {
        $(impl sealed::Value for $rust {
            const OID: u32 = $oid;
            const IS_DISCRETE: bool = true;

            fn next(&self) -> Option<Self> {
                self.checked_add(1)
            }

            fn settled(self) -> Self {
                self
            }

            fn is_storable(&self) -> bool {
                true
            }

            fn written(&self) -> String {
                self.to_string()
            }

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }

        impl RangeValue for $rust {
            type Sql = $sql;
        })*
    };
}

integers! {
    i32 => sql_types::Integer, 23;
    i64 => sql_types::BigInt, 20;
}

impl sealed::Value for Decimal {
    const OID: u32 = 1700;
    const IS_DISCRETE: bool = false;

    fn next(&self) -> Option<Self> {
        None
    }

    fn settled(self) -> Self {
        self
    }

    fn is_storable(&self) -> bool {
        check_decimal(self.as_inner()).is_ok()
    }

    fn written(&self) -> String {
        self.as_inner().normalized().to_plain_string()
    }

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl RangeValue for Decimal {
    type Sql = ExactNumeric;
}

/// The years that both databases write with four digits.
fn has_four_digits(date: NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

impl sealed::Value for NaiveDate {
    const OID: u32 = 1082;
    const IS_DISCRETE: bool = true;

    fn next(&self) -> Option<Self> {
        self.succ_opt()
    }

    fn settled(self) -> Self {
        self
    }

    fn is_storable(&self) -> bool {
        has_four_digits(*self)
    }

    fn written(&self) -> String {
        self.format("%Y-%m-%d").to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        Self::parse_from_str(text, "%Y-%m-%d").ok()
    }
}

impl RangeValue for NaiveDate {
    type Sql = sql_types::Date;
}

macro_rules! moments {
    ($($rust:ty => $sql:ty, $oid:literal, $format:literal, $date:expr, $parse:expr;)*) => {
        $(impl sealed::Value for $rust {
            const OID: u32 = $oid;
            const IS_DISCRETE: bool = false;

            fn next(&self) -> Option<Self> {
                None
            }

            fn settled(self) -> Self {
                self.trunc_subsecs(6)
            }

            fn is_storable(&self) -> bool {
                let date: fn(&$rust) -> NaiveDate = $date;
                // A leap second would be read as another one.
                has_four_digits(date(self)) && self.nanosecond() < 1_000_000_000
            }

            fn written(&self) -> String {
                self.format($format).to_string()
            }

            fn parse(text: &str) -> Option<Self> {
                let parse: fn(&str) -> Option<$rust> = $parse;
                parse(text).map(Self::settled)
            }
        }

        impl RangeValue for $rust {
            type Sql = $sql;
        })*
    };
}

moments! {
    NaiveDateTime => sql_types::Timestamp, 1114, "%Y-%m-%d %H:%M:%S%.6f", |moment| moment.date(), |text| {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()
    };
    DateTime<Utc> => sql_types::Timestamptz, 1184, "%Y-%m-%d %H:%M:%S%.6f+00:00", |moment| moment.date_naive(), |text| {
        DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok().map(|moment| moment.to_utc())
    };
}
