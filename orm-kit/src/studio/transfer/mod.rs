//! Rows as files, and files as rows.

pub(super) mod csv;
pub(super) mod export;
mod format;
pub(super) mod import;
