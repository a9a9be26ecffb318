//! The statements that the server keeps prepared, and the handling of those it has lost.
//!
//! Behind a pooler, another client may get the session that a statement was prepared in, and `DISCARD ALL` removes all
//! statements of a session. So no two connections use the same name, and the worst case is an error. A connection that
//! loses statements again and again stops preparing them: each run then sends the SQL, without a name.

use std::cell::Cell;
use std::ffi::CString;

use uuid::Uuid;

use crate::backend::any::postgres::ffi_oid;
use crate::backend::cache::StatementCache;
use crate::error::Error;

/// A connection's statements.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) cache: StatementCache<Prepared>,
    /// The prefix of all names. Random, so only this connection has it.
    pub(super) prefix: String,
    pub(super) count: u64,
    /// Whether the server keeps statements.
    pub(super) named: bool,
    /// How often statements were lost.
    pub(super) losses: u32,
    /// Whether the running statement uses something that the connection remembers.
    pub(super) reused: bool,
    /// Whether the last error is that of a statement inside a function, which mizzle doesn't know.
    pub(super) in_function: Cell<bool>,
    /// The statements that the server need not keep any longer, but hasn't been told about.
    pub(super) doomed: Vec<CString>,
}

/// A statement as it is run.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Its name on the server; without one, the server gets the SQL each time.
    pub(super) name: Option<CString>,
    pub(super) types: Box<[ffi_oid]>,
    /// The types that the server gets for its parameters.
    pub(super) declared: Box<[ffi_oid]>,
    pub(super) sql: CString,
    /// Whether the server knows it, or need not.
    pub(super) is_prepared: bool,
    /// Whether it may be a COPY, which can't run together with other statements.
    pub(super) may_copy: bool,
    /// Whether a replica must not run it, once somebody wanted to know.
    pub(super) needs_primary: Cell<Option<bool>>,
}

impl Prepared {
    pub(super) fn sql(&self) -> &str {
        self.sql.to_str().unwrap_or_default()
    }

    /// Returns its name on the server, if the server has it.
    pub(super) fn into_kept_name(self) -> Option<CString> {
        self.name.filter(|_| self.is_prepared)
    }
}

/// Why a statement failed that may succeed if it is prepared again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Staleness {
    /// The server doesn't know it.
    Lost,
    /// Its objects have changed.
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

    /// Gives other names to the statements of which nobody knows if the server has them.
    #[cfg(all(unix, feature = "tokio"))]
    pub(super) fn rename_unprepared(&mut self) {
        let mut count = self.count;
        for statement in self.cache.statements_mut().filter(|statement| !statement.is_prepared) {
            count += 1;
            statement.name = CString::new(format!("{}_{count}", self.prefix)).ok();
        }
        self.count = count;
    }

    /// Sets whether the server keeps statements.
    pub(super) fn name_them(&mut self, named: bool) {
        self.named = named;
    }

    /// Forgets all statements, which the server still has.
    pub(super) fn doom_all(&mut self) {
        let cache = std::mem::replace(&mut self.cache, StatementCache::new());
        self.doomed.extend(cache.into_statements().filter_map(Prepared::into_kept_name));
    }

    /// Forgets all statements, which are lost.
    pub(super) fn lose_all(&mut self) {
        /// Once or twice, somebody may have requested it (`DISCARD ALL`).
        const TOLERATED: u32 = 2;
        self.cache = StatementCache::new();
        self.doomed.clear();
        self.losses += 1;
        if self.losses > TOLERATED && self.named {
            tracing::debug!(
                target: "mizzle::connection",
                "the session loses prepared statements: from now on, statements are sent without preparing them"
            );
            self.named = false;
        }
    }

    /// Returns whether a failure may be due to something that the connection remembered. It looks at the server's codes
    /// and at the names in its source, as messages depend on its language.
    pub(super) fn staleness(&self, error: &Error) -> Option<Staleness> {
        let code = error.database_code()?;
        // The message contains its name, in any language; a program may have its own statements.
        if code == "26000" && error.to_string().contains(&self.prefix) {
            return Some(Staleness::Lost);
        }
        if !self.reused || self.in_function.get() {
            return None;
        }
        match code {
            // A result with other columns; a type, an array or an operator of a type that no longer exists; a parameter
            // of another type with the same name.
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
