//! The functions that [`dsl::range`](crate::dsl::range) calls. They mean what PostgreSQL's operators of ranges mean.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use libsqlite3_sys as ffi;

use super::arguments::Values;
use super::functions::{fail_value, give_text, scalar};
use crate::types::range_values::Value as _;
use crate::types::sql_types::RangeBound;
use crate::types::{Decimal, Range, RangeValue};

type Failure = &'static CStr;

/// What a function returns; NULL if there is nothing.
enum Returned {
    Nothing,
    Bool(bool),
    Integer(i64),
    Text(String),
}

/// A function of ranges of any type.
trait Operation {
    fn call<T: OnSqlite>(values: &Values<'_>) -> Result<Returned, Failure>;
}

/// A bound, as SQLite stores it.
trait OnSqlite: RangeValue {
    fn read(values: &Values<'_>, place: usize) -> Option<Self>;
    fn returned(&self) -> Returned;
}

macro_rules! integers {
    ($($rust:ty: $read:expr, $returned:expr;)*) => {
        $(impl OnSqlite for $rust {
            fn read(values: &Values<'_>, place: usize) -> Option<Self> {
                let read: fn(i64) -> Option<$rust> = $read;
                if values.is_integer(place) { read(values.integer(place)) } else { None }
            }

            fn returned(&self) -> Returned {
                let returned: fn($rust) -> i64 = $returned;
                Returned::Integer(returned(*self))
            }
        })*
    };
}

integers! {
    i32: |number| number.try_into().ok(), i64::from;
    i64: Some, |number| number;
}

macro_rules! texts {
    ($($rust:ty)*) => {
        $(impl OnSqlite for $rust {
            fn read(values: &Values<'_>, place: usize) -> Option<Self> {
                Self::parse(std::str::from_utf8(values.text(place)).ok()?)
            }

            fn returned(&self) -> Returned {
                Returned::Text(self.written())
            }
        })*
    };
}

texts!(Decimal NaiveDate NaiveDateTime DateTime<Utc>);

fn range<T: OnSqlite>(values: &Values<'_>, place: usize) -> Result<Range<T>, Failure> {
    let text = std::str::from_utf8(values.text(place)).ok();
    text.and_then(|text| text.parse().ok()).ok_or(c"a text is not a range")
}

macro_rules! operations {
    ($($operation:ident: $count:literal, |$values:ident| $call:expr;)*) => {
        $(
            struct $operation;

            impl Operation for $operation {
                fn call<T: OnSqlite>($values: &Values<'_>) -> Result<Returned, Failure> {
                    if (0..$count).any(|place| $values.is_null(place)) {
                        return Ok(Returned::Nothing);
                    }
                    $call
                }
            }
        )*
    };
}

operations! {
    Contains: 2, |values| Ok(Returned::Bool(range::<T>(values, 0)?.contains_range(&range(values, 1)?)));
    Contained: 2, |values| Ok(Returned::Bool(range::<T>(values, 1)?.contains_range(&range(values, 0)?)));
    Overlaps: 2, |values| Ok(Returned::Bool(range::<T>(values, 0)?.overlaps(&range(values, 1)?)));
    Adjacent: 2, |values| Ok(Returned::Bool(range::<T>(values, 0)?.is_adjacent(&range(values, 1)?)));
    Has: 2, |values| {
        let value = T::read(values, 1).ok_or(c"a value has another type than the bounds of the range")?;
        Ok(Returned::Bool(range::<T>(values, 0)?.contains(&value)))
    };
    Lower: 1, |values| Ok(range::<T>(values, 0)?.lower().map_or(Returned::Nothing, T::returned));
    Upper: 1, |values| Ok(range::<T>(values, 0)?.upper().map_or(Returned::Nothing, T::returned));
    IsEmpty: 1, |values| Ok(Returned::Bool(range::<T>(values, 0)?.is_empty()));
}

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    macro_rules! functions {
        ($($name:literal, $arguments:literal, $operation:ident;)*) => {
            $(scalar(database, $name, $arguments, |context, values| {
                give(context, with_type::<$operation>(values));
            })?;)*
        };
    }
    functions! {
        c"mizzle_range_contains", 3, Contains;
        c"mizzle_range_contained", 3, Contained;
        c"mizzle_range_overlaps", 3, Overlaps;
        c"mizzle_range_adjacent", 3, Adjacent;
        c"mizzle_range_has", 3, Has;
        c"mizzle_range_lower", 2, Lower;
        c"mizzle_range_upper", 2, Upper;
        c"mizzle_range_is_empty", 2, IsEmpty;
    }
    Ok(())
}

/// The last argument is PostgreSQL's name of the type.
fn with_type<O: Operation>(values: &Values<'_>) -> Result<Returned, Failure> {
    let name = values.text(values.0.len() - 1);
    macro_rules! of_types {
        ($($rust:ty)*) => {
            $(if name == <<$rust as RangeValue>::Sql as RangeBound>::NAME.as_bytes() {
                return O::call::<$rust>(values);
            })*
        };
    }
    of_types!(i32 i64 Decimal NaiveDate NaiveDateTime DateTime<Utc>);
    Err(c"no range has a type of this name")
}

fn give(context: *mut ffi::sqlite3_context, returned: Result<Returned, Failure>) {
    // SAFETY: the context is live during the call.
    unsafe {
        match returned {
            Ok(Returned::Nothing) => {}
            Ok(Returned::Bool(value)) => ffi::sqlite3_result_int(context, value.into()),
            Ok(Returned::Integer(value)) => ffi::sqlite3_result_int64(context, value),
            Ok(Returned::Text(text)) => give_text(context, &text),
            Err(failure) => fail_value(context, failure),
        }
    }
}
