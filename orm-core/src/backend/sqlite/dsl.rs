//! Functions for SQL that only PostgreSQL has.

use std::ffi::c_int;
use std::ptr::NonNull;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Signed};
use libsqlite3_sys as ffi;

use super::arguments::Values;
use super::arithmetic::{Number, to_integer};
use super::functions::{decimal, fail, fail_value, give, give_text, scalar};

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    scalar(database, c"mizzle_none", 1, none)?;
    #[cfg(feature = "time-zones")]
    scalar(database, c"mizzle_date_trunc", 4, super::date_trunc::date_trunc)?;
    scalar(database, c"mizzle_lower", 1, |context, values| {
        change(context, values, |text| text.to_lowercase());
    })?;
    scalar(database, c"mizzle_upper", 1, |context, values| {
        change(context, values, |text| text.to_uppercase());
    })?;
    scalar(database, c"mizzle_substr", 4, substr)?;
    scalar(database, c"mizzle_abs", 2, abs)?;
    scalar(database, c"decimal_abs", 1, |context, values| {
        compute(context, values, |value| Some(value.abs()));
    })?;
    scalar(database, c"decimal_round", 2, |context, values| {
        compute(context, values, |value| Some(round(&value, values.integer(1))));
    })?;
    scalar(database, c"decimal_quotient", 3, |context, values| {
        compute(context, values, |sum| quotient(&sum, values.integer(1), values.integer(2)));
    })
}

fn change(
    context: *mut ffi::sqlite3_context,
    values: &Values<'_>,
    change: impl FnOnce(&str) -> String,
) {
    if !values.is_null(0) {
        give_text(context, &change(&String::from_utf8_lossy(values.text(0))));
    }
}

/// `mizzle_substr(±1, text, place, length)`: some characters, from a place that counts from the start or from the end.
fn substr(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(1) {
        return;
    }
    let text = String::from_utf8_lossy(values.text(1));
    let number = |index| usize::try_from(values.integer(index)).unwrap_or_default();
    let (place, length) = (number(2), number(3));
    let skipped = if values.integer(0) < 0 {
        text.chars().count().saturating_sub(place)
    } else {
        place.saturating_sub(1)
    };
    let part: String = text.chars().skip(skipped).take(length).collect();
    give_text(context, &part);
}

/// `mizzle_abs(bits, integer)`: an absolute value that fits the bits.
fn abs(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(1) {
        return;
    }
    let number = match values.number(1) {
        Number::Integer(value) => match value.checked_abs() {
            Some(value) => Number::Integer(value),
            None => return fail_value(context, c"integer overflow"),
        },
        Number::Real(value) => Number::Real(value.abs()),
    };
    match to_integer(values.integer(0), number) {
        // SAFETY: the context is live during the call.
        Ok(value) => unsafe { ffi::sqlite3_result_int64(context, value) },
        Err(failure) => fail_value(context, failure),
    }
}

fn compute(
    context: *mut ffi::sqlite3_context,
    values: &Values<'_>,
    compute: impl FnOnce(BigDecimal) -> Option<BigDecimal>,
) {
    if values.is_null(0) {
        return;
    }
    match decimal(values, 0).and_then(compute) {
        Some(result) => give(context, &result),
        None => fail(context, c"a value is not a decimal number"),
    }
}

/// Rounds halves away from zero, to digits after the point, or to tens if they are negative.
fn round(value: &BigDecimal, digits: i64) -> BigDecimal {
    let rounded = value.with_scale_round(digits, RoundingMode::HalfUp);
    if digits < 0 { rounded.with_scale(0) } else { rounded }
}

/// Divides a sum by a number of values; rounds the exact quotient once.
fn quotient(sum: &BigDecimal, count: i64, digits: i64) -> Option<BigDecimal> {
    if count < 1 {
        return None;
    }
    let (integer, scale) =
        sum.with_scale(sum.fractional_digit_count().max(0)).into_bigint_and_exponent();
    let power = |digits: i64| BigInt::from(10).pow(u32::try_from(digits).unwrap_or_default());
    let divisor = power(scale) * count;
    let whole = (integer.abs() * 2 * power(digits) + &divisor) / (divisor * 2);
    Some(BigDecimal::new(whole * integer.signum(), digits))
}

/// `mizzle_none(EXISTS (…))`: fails if there is a row, and is true otherwise.
fn none(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.integer(0) != 0 {
        fail(context, c"there is a row");
        // SAFETY: the context is live during the call.
        unsafe { ffi::sqlite3_result_error_code(context, ffi::SQLITE_CONSTRAINT_FUNCTION) };
        return;
    }
    // SAFETY: the context is live during the call.
    unsafe { ffi::sqlite3_result_int(context, 1) };
}
