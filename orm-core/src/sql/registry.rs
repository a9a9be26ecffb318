//! Every `sql!` of the program, for its check.
//!
//! The linker collects them. So a `sql!` is known even if nothing calls the function around it.

pub use inventory;

use super::columns::RowColumns;
use super::text::Site;
use crate::backend::Described;
use crate::error::Result;
use crate::run::Executor;
use crate::run::sealed::Sealed as _;

/// A `sql!` in the program.
#[derive(Debug)]
pub struct Registered {
    /// Its text and place.
    pub site: &'static Site,
    /// The columns of its rows, if the macro names their type.
    pub row: Option<RowColumns>,
    /// The columns in `{#column}` that are known before it runs, each with the number of the argument.
    pub columns: &'static [(usize, ColumnName)],
}

/// Returns the name of a column.
pub type ColumnName = fn() -> &'static &'static str;

inventory::collect!(Registered);

/// Returns every `sql!` in the program, in the order of files and lines.
pub fn registered() -> Vec<&'static Registered> {
    let mut all: Vec<_> = inventory::iter::<Registered>.into_iter().collect();
    all.sort_by_key(|one| (one.site.file, one.site.line, one.site.column));
    all
}

/// Asks the database about a statement, without running it. `types` are the numbers of the parameters' types on
/// PostgreSQL; it finds out those that are 0.
///
/// # Errors
/// `QUERY_ERROR`, `SCHEMA_ERROR` and the like if the database refuses the statement.
pub fn describe(on: &impl Executor, sql: &str, types: &[u32]) -> Result<Described> {
    on.wait((), |on| on.run_on(|connection| connection.describe_statement(sql, types)))
}
