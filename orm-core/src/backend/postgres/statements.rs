//! Statements that the server keeps prepared, and what is done about those that it lost.
//!
//! Behind a pooler another client may have the session that a statement was prepared in, and `DISCARD ALL` takes all of
//! a session's away. So a name is never used by anybody else, which makes the worst that can happen an error. A
//! connection that loses statements again and again prepares none any more: each run then sends the SQL along, without
//! a name.

use std::cell::Cell;
use std::ffi::CString;

use uuid::Uuid;

use super::binds::ffi_oid;
use crate::backend::cache::StatementCache;
use crate::error::Error;

/// A connection's statements.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) cache: StatementCache<Prepared>,
    /// Begins all names. Random, so that they are this connection's alone.
    pub(super) prefix: String,
    pub(super) count: u64,
    /// Whether the server keeps statements.
    pub(super) named: bool,
    /// How often statements were lost.
    pub(super) losses: u32,
    /// Whether the statement that runs uses what the connection knows from before.
    pub(super) reused: bool,
    /// Whether the last error is one of a statement within a function, which mizzle knows nothing of.
    pub(super) in_function: Cell<bool>,
    /// What the server needs not keep any longer, and has not been told about.
    pub(super) doomed: Vec<CString>,
}

/// A statement as it is run.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What the server knows it by; without a name it gets the SQL each time.
    pub(super) name: Option<CString>,
    pub(super) types: Box<[ffi_oid]>,
    /// What the server is told of these types.
    pub(super) declared: Box<[ffi_oid]>,
    pub(super) sql: CString,
}

impl Prepared {
    pub(super) fn sql(&self) -> &str {
        self.sql.to_str().unwrap_or_default()
    }
}

/// Why a statement failed that may succeed when it is prepared again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Staleness {
    /// The server doesn't know it.
    Lost,
    /// What it is about has changed.
    Changed,
}

impl Statements {
    pub(super) fn new() -> Self {
        Self {
            cache: StatementCache::new(),
            prefix: format!("mizzle_{}", Uuid::new_v4().simple()),
            count: 0,
            named: true,
            losses: 0,
            reused: false,
            in_function: Cell::new(false),
            doomed: Vec::new(),
        }
    }

    /// Says whether the server is to keep statements.
    pub(super) fn name_them(&mut self, named: bool) {
        self.named = named;
    }

    /// Forgets all statements, which the server still has.
    pub(super) fn doom_all(&mut self) {
        let cache = std::mem::replace(&mut self.cache, StatementCache::new());
        self.doomed.extend(cache.into_statements().filter_map(|statement| statement.name));
    }

    /// Forgets all statements, which are lost.
    pub(super) fn lose_all(&mut self) {
        /// Once or twice somebody may have asked for it (`DISCARD ALL`).
        const TOLERATED: u32 = 2;
        self.cache = StatementCache::new();
        self.doomed.clear();
        self.losses += 1;
        if self.losses > TOLERATED && self.named {
            tracing::debug!(
                target: "mizzle::connection",
                "the session loses prepared statements: from now on none is prepared"
            );
            self.named = false;
        }
    }

    /// Whether a failure may be due to what the connection remembered. The server's codes and the names in its source
    /// tell, as its words depend on its language.
    pub(super) fn staleness(&self, error: &Error) -> Option<Staleness> {
        let code = error.database_code()?;
        // The message names it, in any language; a program may have statements of its own.
        if code == "26000" && error.to_string().contains(&self.prefix) {
            return Some(Staleness::Lost);
        }
        if !self.reused || self.in_function.get() {
            return None;
        }
        match code {
            // A result of other columns; a type, an array or an operator of a type that isn't there any more; a
            // parameter of another type of the same name.
            "0A000" | "42704" | "42725" | "42804" | "42809" | "42846" | "42883" | "42P18" => {
                Some(Staleness::Changed)
            }
            // Internal errors are not translated.
            "XX000" if error.to_string().starts_with("cache lookup failed") => {
                Some(Staleness::Changed)
            }
            _ => None,
        }
    }
}
