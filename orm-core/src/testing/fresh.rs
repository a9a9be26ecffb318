//! What a test gets, and what it returns.

use std::fmt;

#[cfg(feature = "tokio")]
use crate::handle::AsyncDb;
use crate::handle::{Db, DbBuilder};

/// The database of one test.
#[derive(Debug)]
pub struct Fresh {
    pub(super) db: Db,
    pub(super) settings: DbBuilder,
}

/// What a test can take.
#[diagnostic::on_unimplemented(
    message = "a test can't take `{Self}`",
    label = "this is no handle to the test's database",
    note = "take `db: Db` or `db: &Db`, `db: AsyncDb` in an `async fn`, or `settings: DbBuilder` to connect in the test"
)]
pub trait OfFresh {
    /// Returns the handle.
    fn of(fresh: &Fresh) -> Self;
}

impl OfFresh for Db {
    fn of(fresh: &Fresh) -> Self {
        fresh.db.clone()
    }
}

#[cfg(feature = "tokio")]
impl OfFresh for AsyncDb {
    fn of(fresh: &Fresh) -> Self {
        fresh.db.clone().into()
    }
}

impl OfFresh for DbBuilder {
    fn of(fresh: &Fresh) -> Self {
        fresh.settings.clone()
    }
}

/// What a test can return.
#[diagnostic::on_unimplemented(
    message = "a test can't return `{Self}`",
    label = "this doesn't say whether the test has passed",
    note = "return nothing, or a `Result` whose error implements `Debug`"
)]
pub trait Outcome {
    /// Returns the error, if there is one.
    fn error(self) -> Option<String>;
}

impl Outcome for () {
    fn error(self) -> Option<String> {
        None
    }
}

impl<T, E: fmt::Debug> Outcome for Result<T, E> {
    fn error(self) -> Option<String> {
        self.err().map(|error| format!("{error:?}"))
    }
}

/// Goes on if the test, or what it calls, has passed.
///
/// # Panics
/// Otherwise.
#[track_caller]
pub fn passed(outcome: impl Outcome) {
    if let Some(error) = outcome.error() {
        panic!("the test returned an error: {error}");
    }
}
