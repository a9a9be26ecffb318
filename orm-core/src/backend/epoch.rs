//! Notifies connections that this program has changed a schema.
//!
//! PostgreSQL's prepared statements keep plans of the old tables, and a statement whose columns have changed fails
//! instead of being planned again. An enum that was dropped and created again has another number. One counter for all
//! databases of the process is enough, as schemas change rarely.

#![cfg_attr(not(feature = "postgres"), allow(dead_code, reason = "SQLite notices by itself"))]

use std::sync::atomic::{AtomicU64, Ordering};

static CHANGES: AtomicU64 = AtomicU64::new(0);

/// Reports that a schema has changed. Other connections prepare their statements again.
pub(crate) fn schema_changed() {
    CHANGES.fetch_add(1, Ordering::Release);
}

/// A period in which no schema changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch(u64);

impl Epoch {
    pub(super) fn now() -> Self {
        Self(CHANGES.load(Ordering::Acquire))
    }

    #[inline]
    pub(super) fn is_over(self) -> bool {
        self != Self::now()
    }
}
