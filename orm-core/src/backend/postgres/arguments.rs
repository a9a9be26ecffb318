//! The arguments of libpq's calls.

use std::ffi::{c_char, c_int};

use crate::backend::any::postgres::{Buffers, ffi_oid};

/// The arguments of a libpq call, kept for reuse.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) buffers: Buffers,
    pub(super) types: Vec<ffi_oid>,
    pub(super) pointers: Vec<*const c_char>,
    pub(super) lengths: Vec<c_int>,
    pub(super) formats: Vec<c_int>,
}

// SAFETY: the pointers are only read during the call that they were made for.
unsafe impl Send for Arguments {}
