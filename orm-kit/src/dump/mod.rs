//! Dumps the statements that recreate a database's schema, as the database itself describes it: all of it, including
//! what no struct can express.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use orm_core::{Db, Dialect, Isolation, Result};

/// A dump of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dump {
    /// The statements without semicolons, in an order in which they can run.
    pub statements: Vec<String>,
    /// What the statements need that is not among them, such as a table of another schema. Sorted.
    pub needs: Vec<String>,
}

impl Dump {
    /// Returns the text of a file.
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
            // A comment at the end of a statement would swallow the semicolon.
            text.push_str(";\n");
        }
        text
    }
}

/// Dumps the schema of the database: on PostgreSQL the first schema of the search path, with the extensions of the
/// database. Leaves out rows, owners, privileges and the history of migrations.
///
/// # Errors
/// Fails if reading fails.
pub fn dump(db: &Db) -> Result<Dump> {
    let transaction = db.transaction_builder().read_only().isolation(Isolation::RepeatableRead);
    match db.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => transaction.run(|tx| sqlite::dump(tx)),
        // It has no transactions of several requests.
        #[cfg(feature = "sqlite")]
        Dialect::D1 => sqlite::dump(db),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => transaction.run(|tx| postgres::dump(tx)),
        // A database that is not compiled in has no connection.
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        _ => Ok(Dump::default()),
    }
}
