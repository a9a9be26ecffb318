//! The SQL of a diff, on each database.

mod d1;
mod full_text;
mod order;
mod postgres;
mod script;
mod sqlite;
mod views;

use orm_core::Dialect;
use orm_core::schema::{SchemaError, TableDef};

pub use self::script::{Script, Step};
use crate::diff::{Diff, Steps};

/// Returns the SQL of a diff.
///
/// # Errors
/// A schema that no database could create.
pub fn render(diff: &Diff, dialect: Dialect) -> Result<Script, SchemaError> {
    let diff = &diff.of_dialect(dialect);
    let all: Vec<TableDef> = diff.to.iter().chain(&diff.views.to).cloned().collect();
    orm_core::schema::validate(&all, dialect)?;
    match dialect {
        Dialect::Sqlite => sqlite::render(diff),
        Dialect::D1 => d1::render(diff),
        Dialect::Postgres => postgres::render(diff),
    }
}

/// Something that makes others wait, longer the more rows there are.
pub(crate) struct Lock {
    /// The table, by its old name.
    pub(crate) table: String,
    /// What happens.
    pub(crate) what: String,
    /// The table whose rows it reads, by its old name.
    pub(crate) rows_of: String,
}

/// Returns what makes others wait.
///
/// # Errors
/// A schema that no database could create.
pub(crate) fn locks(
    diff: &Diff,
    tables: &[Steps<'_>],
    dialect: Dialect,
) -> Result<Vec<Lock>, SchemaError> {
    match dialect {
        Dialect::Sqlite => Ok(tables.iter().filter_map(sqlite::lock).collect()),
        Dialect::Postgres => Ok(postgres::locks(diff, tables)),
        Dialect::D1 => d1::locks(diff),
    }
}

/// `"a", "b"`
fn columns(names: &[String], dialect: Dialect) -> String {
    let quoted: Vec<String> = names.iter().map(|name| dialect.quote_ident(name)).collect();
    quoted.join(", ")
}
