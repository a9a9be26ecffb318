//! Counts what a database runs, for tests that expect a number.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dialect::Dialect;

/// The counts that the connections of a database add to.
#[derive(Default)]
pub(crate) struct Counter {
    /// The number of `open` counts, which is nearly always 0.
    number: AtomicUsize,
    open: Mutex<Vec<Arc<Count>>>,
}

#[derive(Debug, Default)]
struct Count {
    statements: Mutex<Vec<String>>,
    round_trips: AtomicUsize,
}

/// A count that goes on until it is dropped.
pub(crate) struct Counting {
    counter: Arc<Counter>,
    count: Arc<Count>,
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter").field("number", &self.number).finish_non_exhaustive()
    }
}

impl Counter {
    /// Begins a count.
    pub(crate) fn begin(self: &Arc<Self>) -> Counting {
        let count = Arc::default();
        lock(&self.open).push(Arc::clone(&count));
        self.number.fetch_add(1, Ordering::SeqCst);
        Counting { counter: Arc::clone(self), count }
    }

    /// Returns whether anybody counts.
    pub(super) fn counts(&self) -> bool {
        self.number.load(Ordering::SeqCst) > 0
    }

    /// Adds a statement, unless it is one that begins or ends a transaction or a savepoint.
    pub(super) fn add_statement(&self, sql: &str, dialect: Dialect) {
        if self.counts() && !is_boundary(sql, dialect) {
            for count in lock(&self.open).iter() {
                lock(&count.statements).push(sql.to_owned());
            }
        }
    }

    /// Adds an exchange with the server.
    #[cfg(feature = "postgres")]
    pub(super) fn add_round_trip(&self) {
        if self.counts() {
            for count in lock(&self.open).iter() {
                count.round_trips.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

impl Counting {
    /// Returns the statements so far, in their order.
    pub(crate) fn statements(&self) -> Vec<String> {
        lock(&self.count.statements).clone()
    }

    /// Returns the number of exchanges with the server so far.
    pub(crate) fn round_trips(&self) -> usize {
        self.count.round_trips.load(Ordering::SeqCst)
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        self.counter.number.fetch_sub(1, Ordering::SeqCst);
        lock(&self.counter.open).retain(|open| !Arc::ptr_eq(open, &self.count));
    }
}

/// A test that panics while it counts is no reason to panic in others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the text is one statement that begins or ends a transaction or a savepoint.
fn is_boundary(sql: &str, dialect: Dialect) -> bool {
    const WORDS: [&str; 8] =
        ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"];
    let mut tokens = orm_lexer::tokens(sql, dialect).into_iter();
    let is_one = tokens.next().is_some_and(|first| WORDS.iter().any(|word| first.is(word)));
    is_one && tokens.skip_while(|token| !token.is_symbol(";")).all(|token| token.is_symbol(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_or_ends_something_does_not_count() {
        for sql in ["BEGIN", "begin immediate;", "/* x */ COMMIT", "ROLLBACK TO SAVEPOINT a"] {
            assert!(is_boundary(sql, Dialect::ALL[0]), "{sql}");
        }
        for sql in ["", "SELECT 1", "BEGIN; DELETE FROM a; COMMIT", "\"begin\"", "EXPLAIN SELECT 1"]
        {
            assert!(!is_boundary(sql, Dialect::ALL[0]), "{sql}");
        }
    }

    #[test]
    fn each_count_sees_what_runs_while_it_is_open() {
        let counter = Arc::new(Counter::default());
        let dialect = Dialect::ALL[0];
        counter.add_statement("SELECT 0", dialect);
        let outer = counter.begin();
        counter.add_statement("SELECT 1", dialect);
        {
            let inner = counter.begin();
            counter.add_statement("BEGIN", dialect);
            counter.add_statement("SELECT 2", dialect);
            assert_eq!(inner.statements(), ["SELECT 2"]);
        }
        counter.add_statement("SELECT 3", dialect);
        assert_eq!(outer.statements(), ["SELECT 1", "SELECT 2", "SELECT 3"]);
        drop(outer);
        assert!(!counter.counts());
    }
}
