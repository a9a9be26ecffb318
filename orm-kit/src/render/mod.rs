//! The SQL of a diff, on each database.

mod order;
mod postgres;
mod script;
mod sqlite;

use orm_core::Dialect;
use orm_core::schema::SchemaError;

pub use self::script::{Script, Step};
use crate::diff::{Diff, Steps};

/// The SQL of a diff.
///
/// # Errors
/// A schema that no database could hold.
pub fn render(diff: &Diff, dialect: Dialect) -> Result<Script, SchemaError> {
    orm_core::schema::validate(&diff.to, dialect)?;
    match dialect {
        Dialect::Sqlite => sqlite::render(diff),
        Dialect::Postgres => postgres::render(diff),
    }
}

/// What in these steps makes others wait for as long as the table is large.
pub(crate) fn locks(steps: &Steps<'_>, dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => sqlite::locks(steps),
        Dialect::Postgres => postgres::locks(steps),
    }
}

/// `"a", "b"`
fn columns(names: &[String], dialect: Dialect) -> String {
    let quoted: Vec<String> = names.iter().map(|name| dialect.quote_ident(name)).collect();
    quoted.join(", ")
}
