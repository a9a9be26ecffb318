//! mizzle's additions to SQLite's SQL on each connection: the collation `decimal`, exact arithmetic on decimals, and a
//! case-insensitive LIKE that knows more letters than ASCII's.

use std::cmp::Ordering;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use libsqlite3_sys as ffi;

use super::arguments::{Values, slice, with_kept};
use super::arithmetic::{
    Number, compute, parse_boolean, parse_integer, parse_real, real_to_text, to_integer, to_real,
};
use super::pattern::Pattern;
use crate::backend::any::{compare_decimals, compare_texts, parse_decimal, parse_stored, to_glob};
use crate::types::{Cidr, Inet, Interval, check_decimal};

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    collation(database, c"decimal", compare_decimals)?;
    collation(database, c"inet", compare_stored::<Inet>)?;
    collation(database, c"interval", compare_stored::<Interval>)?;
    scalar(database, c"mizzle_ilike", 2, ilike)?;
    scalar(database, c"mizzle_glob", 1, glob)?;
    scalar(database, c"mizzle_glob", 2, glob)?;
    scalar(database, c"mizzle_double", 1, double)?;
    scalar(database, c"mizzle_inet", 1, stored::<Inet>)?;
    scalar(database, c"mizzle_cidr", 1, stored::<Cidr>)?;
    scalar(database, c"mizzle_interval", 1, stored::<Interval>)?;
    scalar(database, c"mizzle_rows", 1, rows)?;
    scalar(database, c"mizzle_text", 1, text)?;
    scalar(database, c"mizzle_checked", 4, checked)?;
    scalar(database, c"mizzle_cast", 2, cast)?;
    scalar(database, c"decimal_add", 2, |context, values| {
        arithmetic(context, values, |a, b| Some(a + b))
    })?;
    scalar(database, c"decimal_sub", 2, |context, values| {
        arithmetic(context, values, |a, b| Some(a - b))
    })?;
    scalar(database, c"decimal_mul", 2, |context, values| {
        arithmetic(context, values, |a, b| Some(product(&a, &b)))
    })
}

pub(super) fn check(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

type Compare = fn(&[u8], &[u8]) -> Ordering;

pub(super) fn collation(
    database: NonNull<ffi::sqlite3>,
    name: &CStr,
    compare: Compare,
) -> Result<(), c_int> {
    unsafe extern "C" fn collate(
        compare: *mut c_void,
        a_length: c_int,
        a: *const c_void,
        b_length: c_int,
        b: *const c_void,
    ) -> c_int {
        // SAFETY: the first is the function pointer that was registered, and SQLite passes texts of these lengths.
        // A panic must not unwind into C.
        let ordering = unsafe {
            let compare: Compare = std::mem::transmute(compare);
            let (a, b) = (slice(a.cast(), a_length), slice(b.cast(), b_length));
            catch_unwind(AssertUnwindSafe(|| compare(a, b))).unwrap_or_else(|_| a.cmp(b))
        };
        match ordering {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }
    }
    // SAFETY: the connection is open; a function pointer lives forever and is as wide as a pointer.
    check(unsafe {
        ffi::sqlite3_create_collation_v2(
            database.as_ptr(),
            name.as_ptr(),
            ffi::SQLITE_UTF8,
            compare as *mut c_void,
            Some(collate),
            None,
        )
    })
}

type Scalar = fn(*mut ffi::sqlite3_context, &Values<'_>);

pub(super) fn scalar(
    database: NonNull<ffi::sqlite3>,
    name: &CStr,
    arguments: c_int,
    function: Scalar,
) -> Result<(), c_int> {
    unsafe extern "C" fn call(
        context: *mut ffi::sqlite3_context,
        count: c_int,
        values: *mut *mut ffi::sqlite3_value,
    ) {
        // SAFETY: the user data is the function pointer that was registered, and SQLite passes `count`
        // live values.
        unsafe {
            let function: Scalar = std::mem::transmute(ffi::sqlite3_user_data(context));
            let values = Values(std::slice::from_raw_parts(values, count as usize));
            guarded(context, || function(context, &values));
        }
    }
    // SAFETY: the connection is open; a function pointer lives forever and is as wide as a pointer.
    check(unsafe {
        ffi::sqlite3_create_function_v2(
            database.as_ptr(),
            name.as_ptr(),
            arguments,
            ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS,
            function as *mut c_void,
            Some(call),
            None,
            None,
            None,
        )
    })
}

/// Runs `f`, which computes a result. A panic must not unwind into C: it becomes an error of the statement.
pub(super) fn guarded(context: *mut ffi::sqlite3_context, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_err() {
        fail(context, c"a function of mizzle panicked");
    }
}

/// `mizzle_double(bits)`: returns the number with these bits, for lists in JSON.
fn double(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(0) {
        return;
    }
    // SAFETY: the context and the value are live during the call.
    unsafe {
        let bits = ffi::sqlite3_value_int64(values.0[0]);
        ffi::sqlite3_result_double(context, f64::from_bits(bits.cast_unsigned()));
    }
}

/// `mizzle_text(hexadecimal)`: returns the text of these bytes in UTF-8, for lists in JSON. A cast of the bytes would
/// read them in the database's encoding.
fn text(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(0) {
        return;
    }
    give_text(context, &String::from_utf8_lossy(&unhex(values.text(0))));
}

/// Returns the bytes of hexadecimal digits.
pub(super) fn unhex(digits: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap_or_default() as u8;
    digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// `mizzle_inet(text)`, `mizzle_cidr(text)`, `mizzle_interval(text)`: the value in a text as a column stores it; NULL if there is none.
fn stored<T: FromStr + Display>(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if let Some(value) = parse_stored::<T>(values.text(0)) {
        give_text(context, &value.to_string());
    }
}

pub(super) fn compare_stored<T: FromStr + Ord>(a: &[u8], b: &[u8]) -> Ordering {
    compare_texts([a, b], parse_stored::<T>, T::cmp)
}

/// `mizzle_checked(operator, bits, left, right)`: arithmetic that fails like PostgreSQL's.
fn checked(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(2) || values.is_null(3) {
        return;
    }
    let (operator, bits) = (values.integer(0), values.integer(1));
    match compute(operator, bits, values.number(2), values.number(3)) {
        // SAFETY: the context is live during the call.
        Ok(Number::Integer(value)) => unsafe { ffi::sqlite3_result_int64(context, value) },
        // SAFETY: as above.
        Ok(Number::Real(value)) => unsafe { ffi::sqlite3_result_double(context, value) },
        Err(failure) => fail_value(context, failure),
    }
}

/// `mizzle_cast(bits, value)`: a cast that fails like PostgreSQL's. Negative bits are floating point; no bits are text; one
/// bit is a boolean.
fn cast(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(1) {
        return;
    }
    let (bits, is_text) = (values.integer(0), values.is_text(1));
    let result = match bits {
        0 if is_text => {
            give_text(context, &String::from_utf8_lossy(values.text(1)));
            return;
        }
        0 => {
            let text = match values.number(1) {
                Number::Integer(value) => value.to_string(),
                Number::Real(value) => real_to_text(value),
            };
            give_text(context, &text);
            return;
        }
        1 if is_text => match parse_boolean(values.text(1)) {
            Some(value) => Ok(Number::Integer(value.into())),
            None => return fail_value(context, c"a text is no boolean"),
        },
        1 => Ok(Number::Integer(match values.number(1) {
            Number::Integer(value) => (value != 0).into(),
            Number::Real(value) => (value != 0.0).into(),
        })),
        2.. if is_text => parse_integer(bits, values.text(1)).map(Number::Integer),
        2.. => to_integer(bits, values.number(1)).map(Number::Integer),
        _ if is_text => parse_real(bits, values.text(1)).map(Number::Real),
        _ => to_real(bits, values.number(1)).map(Number::Real),
    };
    match result {
        // SAFETY: the context is live during the call.
        Ok(Number::Integer(value)) => unsafe { ffi::sqlite3_result_int64(context, value) },
        // SAFETY: as above.
        Ok(Number::Real(value)) => unsafe { ffi::sqlite3_result_double(context, value) },
        Err(failure) => fail_value(context, failure),
    }
}

/// `mizzle_rows(number)`: returns the number of a LIMIT or an OFFSET. PostgreSQL refuses a negative one.
fn rows(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    // SAFETY: the context and the value are live during the call.
    unsafe {
        let number = ffi::sqlite3_value_int64(values.0[0]);
        if number < 0 {
            fail_value(context, c"a LIMIT or an OFFSET is negative");
        } else {
            ffi::sqlite3_result_int64(context, number);
        }
    }
}

/// `mizzle_ilike(text, pattern)`: LIKE without regard to case, with `\` as the escape as on PostgreSQL. A pattern that
/// is the same for all rows is kept while the statement runs.
fn ilike(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    let text = values.text(0);
    if text.is_empty() && values.is_null(0) {
        return;
    }
    let pattern = || (!values.is_null(1)).then(|| Pattern::new(values.text(1)));
    // SAFETY: the context is live during the call.
    with_kept(context, 1, pattern, |pattern| unsafe { pattern.answer(context, text) });
}

/// `mizzle_glob(pattern)`, `mizzle_glob(pattern, escape)`: returns a pattern of LIKE as a pattern of GLOB.
fn glob(context: *mut ffi::sqlite3_context, values: &Values<'_>) {
    if values.is_null(0) {
        return;
    }
    let pattern = String::from_utf8_lossy(values.text(0));
    if values.0.len() == 1 {
        return give_text(context, &to_glob(&pattern, Some('\\')));
    }
    if values.is_null(1) {
        return;
    }
    let escape = String::from_utf8_lossy(values.text(1));
    let mut characters = escape.chars();
    match (characters.next(), characters.next()) {
        (escape, None) => give_text(context, &to_glob(&pattern, escape)),
        _ => fail(context, c"ESCAPE takes a single character"),
    }
}

pub(super) fn decimal(values: &Values<'_>, index: usize) -> Option<BigDecimal> {
    parse_decimal(values.text(index))
}

fn arithmetic(
    context: *mut ffi::sqlite3_context,
    values: &Values<'_>,
    operator: fn(BigDecimal, BigDecimal) -> Option<BigDecimal>,
) {
    if values.is_null(0) || values.is_null(1) {
        return;
    }
    match decimal(values, 0).zip(decimal(values, 1)).and_then(|(a, b)| operator(a, b)) {
        Some(result) => give(context, &result),
        None => fail(context, c"a value is not a decimal number"),
    }
}

/// Returns the product with the digits after the point that PostgreSQL writes. The library writes fewer if a factor is 1.
fn product(a: &BigDecimal, b: &BigDecimal) -> BigDecimal {
    /// The most digits after the point that PostgreSQL has.
    const MOST: i64 = 16_383;
    let digits = a.fractional_digit_count().saturating_add(b.fractional_digit_count()).min(MOST);
    let product = a * b;
    if product.fractional_digit_count() < digits { product.with_scale(digits) } else { product }
}

pub(super) fn give(context: *mut ffi::sqlite3_context, value: &BigDecimal) {
    if check_decimal(value).is_err() {
        return fail(context, c"the result has more digits than a decimal can hold");
    }
    give_text(context, &value.to_plain_string());
}

pub(super) fn give_text(context: *mut ffi::sqlite3_context, text: &str) {
    // SAFETY: the context is live during the call, and SQLite copies the text.
    unsafe {
        ffi::sqlite3_result_text64(
            context,
            text.as_ptr().cast::<c_char>(),
            text.len() as u64,
            ffi::SQLITE_TRANSIENT(),
            ffi::SQLITE_UTF8 as u8,
        );
    }
}

pub(super) fn fail(context: *mut ffi::sqlite3_context, message: &CStr) {
    // SAFETY: the context is live during the call, and SQLite copies the message.
    unsafe { ffi::sqlite3_result_error(context, message.as_ptr(), -1) };
}

/// The same for a wrong value: the error is a `VALUE_ERROR`.
pub(super) fn fail_value(context: *mut ffi::sqlite3_context, message: &CStr) {
    fail(context, message);
    // SAFETY: the context is live during the call.
    unsafe { ffi::sqlite3_result_error_code(context, ffi::SQLITE_MISMATCH) };
}
