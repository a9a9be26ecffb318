//! `decimal_sum(value)`: the exact sum of decimals, also as a window function.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use bigdecimal::BigDecimal;
use libsqlite3_sys as ffi;

use super::arguments::Values;
use super::functions::{check, decimal, fail, give, guarded};

pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    // SAFETY: the connection is open; SQLite's context calls allocate and free the state of the sum.
    check(unsafe {
        ffi::sqlite3_create_window_function(
            database.as_ptr(),
            c"decimal_sum".as_ptr(),
            1,
            ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC | ffi::SQLITE_INNOCUOUS,
            ptr::null_mut(),
            Some(sum_step),
            Some(sum_final),
            Some(sum_value),
            Some(sum_inverse),
            None,
        )
    })
}

/// The state of a sum: the number of values, and their total. `None` before the first.
type Sum = Option<Box<(u64, BigDecimal)>>;

/// Returns the memory in which SQLite keeps the state, zeroed before the first use, which is `None`.
///
/// # Safety
/// The context must be one of an aggregate's call.
unsafe fn sum_state<'a>(context: *mut ffi::sqlite3_context) -> Option<&'a mut Sum> {
    // SAFETY: SQLite returns the same zeroed or initialized bytes for each call of one sum. A boxed option is null if
    // it is `None`.
    unsafe {
        let state = ffi::sqlite3_aggregate_context(context, size_of::<Sum>() as c_int);
        state.cast::<Sum>().as_mut()
    }
}

unsafe fn sum_change(
    context: *mut ffi::sqlite3_context,
    values: *mut *mut ffi::sqlite3_value,
    change: fn(&mut (u64, BigDecimal), BigDecimal),
) {
    guarded(context, || {
        // SAFETY: SQLite passes one live value, as registered, in the call of an aggregate.
        let (values, state) =
            unsafe { (Values(std::slice::from_raw_parts(values, 1)), sum_state(context)) };
        if values.is_null(0) {
            return;
        }
        let (Some(state), Some(value)) = (state, decimal(&values, 0)) else {
            return fail(context, c"a value is not a decimal number");
        };
        change(state.get_or_insert_default(), value);
    });
}

unsafe extern "C" fn sum_step(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: called by SQLite as an aggregate's step.
    unsafe {
        sum_change(context, values, |sum, value| {
            sum.0 += 1;
            sum.1 += value;
        });
    }
}

unsafe extern "C" fn sum_inverse(
    context: *mut ffi::sqlite3_context,
    _: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: called by SQLite as an aggregate's inverse, after a step with the same value.
    unsafe {
        sum_change(context, values, |sum, value| {
            sum.0 -= 1;
            sum.1 -= value;
        });
    }
}

unsafe extern "C" fn sum_value(context: *mut ffi::sqlite3_context) {
    // SAFETY: called by SQLite as an aggregate's value.
    if let Some(Some(sum)) = unsafe { sum_state(context) }
        && sum.0 > 0
    {
        guarded(context, || give(context, &sum.1));
    }
}

unsafe extern "C" fn sum_final(context: *mut ffi::sqlite3_context) {
    // SAFETY: called by SQLite once at the end of the aggregate; taking the box frees it.
    unsafe {
        sum_value(context);
        if let Some(state) = sum_state(context) {
            state.take();
        }
    }
}
