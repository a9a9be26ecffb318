//! All of mizzle's additions to SQLite's SQL.

use std::ffi::c_int;
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use super::{array, decimal_sum, dsl, functions, json, range, vector};

/// Registers them on a connection; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    functions::register(database)?;
    decimal_sum::register(database)?;
    dsl::register(database)?;
    json::register(database)?;
    array::register(database)?;
    vector::register(database)?;
    range::register(database)
}
