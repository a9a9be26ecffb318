//! The functions of vectors, by their names in pgvector.

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use libsqlite3_sys as ffi;

use super::arguments::Values;
use super::functions::{fail_value, scalar};
use crate::types::{NativeValue, Vector};

/// Registers all of them; returns a result code if that fails.
pub(super) fn register(database: NonNull<ffi::sqlite3>) -> Result<(), c_int> {
    scalar(database, c"l2_distance", 2, |context, values| {
        distance(context, values, |pairs| Some(sum(pairs, |(a, b)| (a - b) * (a - b)).sqrt()));
    })?;
    scalar(database, c"inner_product", 2, |context, values| {
        distance(context, values, |pairs| Some(sum(pairs, |(a, b)| a * b)));
    })?;
    scalar(database, c"cosine_distance", 2, |context, values| {
        distance(context, values, |pairs| {
            let lengths = sum(pairs, |(a, _)| a * a) * sum(pairs, |(_, b)| b * b);
            let similarity = sum(pairs, |(a, b)| a * b) / lengths.sqrt();
            (lengths > 0.0).then(|| 1.0 - similarity.clamp(-1.0, 1.0))
        });
    })?;
    scalar(database, c"vector_dims", 1, |context, values| {
        if values.is_null(0) {
            return;
        }
        match read(values, 0) {
            // SAFETY: the context is live during the call. A vector has at most 16,000 numbers.
            Some(vector) => unsafe {
                ffi::sqlite3_result_int(context, vector.as_slice().len() as c_int);
            },
            None => fail_value(context, NO_VECTOR),
        }
    })
}

const NO_VECTOR: &CStr = c"a text is not a vector";

fn read(values: &Values<'_>, place: usize) -> Option<Vector> {
    Vector::from_text(std::str::from_utf8(values.text(place)).ok()?)
}

/// Numbers of two vectors.
type Pairs<'p> = &'p [(f64, f64)];

fn sum(pairs: Pairs<'_>, term: impl Fn((f64, f64)) -> f64) -> f64 {
    pairs.iter().copied().map(term).sum()
}

fn distance(
    context: *mut ffi::sqlite3_context,
    values: &Values<'_>,
    compute: impl FnOnce(Pairs<'_>) -> Option<f64>,
) {
    if values.is_null(0) || values.is_null(1) {
        return;
    }
    let (Some(one), Some(other)) = (read(values, 0), read(values, 1)) else {
        return fail_value(context, NO_VECTOR);
    };
    let (one, other) = (one.as_slice(), other.as_slice());
    if one.len() != other.len() {
        return fail_value(context, c"the vectors have different numbers of dimensions");
    }
    let pairs: Vec<(f64, f64)> =
        one.iter().zip(other).map(|(a, b)| (f64::from(*a), f64::from(*b))).collect();
    match compute(&pairs) {
        // SAFETY: the context is live during the call.
        Some(distance) => unsafe { ffi::sqlite3_result_double(context, distance) },
        None => fail_value(context, c"a vector of zeros has no direction"),
    }
}
