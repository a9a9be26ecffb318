//! Runs a test on its database.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::case::Case;
use super::fresh::Fresh;
use crate::error::Result;

/// A copy of an image or a template, for one test.
pub(super) trait Copy: Sized {
    /// Makes the copy for a test of this name.
    fn make(case: &Case, name: &'static str) -> Result<(Self, Fresh)>;

    /// Removes it, after its connections were closed.
    fn remove(self) -> Result<()>;

    /// Keeps it, and returns its URL without a password.
    fn keep(self) -> Result<String>;
}

/// Runs a test on its copy.
///
/// # Panics
/// If the test panics, and if there is no copy.
pub(super) fn run<C: Copy>(case: &Case, name: &'static str, test: &mut dyn FnMut(&Fresh)) {
    let (copy, fresh) = match C::make(case, name) {
        Ok(made) => made,
        Err(error) => panic!("there is no database for the test: {error:?}"),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| test(&fresh)));
    // Its connections are closed.
    drop(fresh);
    let ended = if outcome.is_err() == case.should_panic {
        copy.remove().map_err(|error| format!("the test's database could not be removed: {error}"))
    } else {
        let kept =
            copy.keep().map_err(|error| format!("the test's database was not kept: {error}"));
        kept.map(|url| eprintln!("the database of {name} is kept: {url}"))
    };
    // A later run removes what is left.
    if let Err(problem) = ended {
        eprintln!("{problem}");
    }
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
