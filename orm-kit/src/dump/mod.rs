//! The statements that make a database's schema again, from what the database itself says: all of it, also what no struct
//! can say.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use orm_core::{Db, Dialect, Isolation, Result};

/// What makes a schema again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dump {
    /// The statements, in an order in which they can run, without semicolons.
    pub statements: Vec<String>,
    /// What they need that is not among them, such as a table of another schema. Sorted.
    pub needs: Vec<String>,
}

impl Dump {
    /// The text of a file.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for need in &self.needs {
            let line: String = need.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            text.push_str(&format!("-- It needs {line}, before it can run.\n"));
        }
        if self.statements.is_empty() {
            text.push_str("SELECT 1;\n");
        }
        for statement in &self.statements {
            text.push_str(statement.trim_end_matches(' '));
            // A comment at the end would swallow it.
            text.push_str(";\n");
        }
        text
    }
}

/// Reads what makes the schema of the database again: on PostgreSQL that of the first schema of the search path, with the
/// extensions of the database. Neither rows nor owners and privileges are part of it, nor the histories of migrations.
///
/// # Errors
/// What reading fails with.
pub fn dump(db: &Db) -> Result<Dump> {
    let transaction = db.transaction_builder().read_only().isolation(Isolation::RepeatableRead);
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => transaction.run(|tx| sqlite::dump(tx)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => transaction.run(|tx| postgres::dump(tx)),
        // A database that is not compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Dump::default()),
    }
}
