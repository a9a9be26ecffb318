//! The contents of a D1 database: those of an SQLite database in memory that gets the same statements. D1 answers no question
//! that would also be about its own tables, and can't describe a view.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Db, Executor as _, Result};

use super::normal::on_sqlite;
use super::{Introspected, sqlite};

/// The statements of everything, in an order in which they can run.
const STATEMENTS: &str = "SELECT s.sql FROM main.sqlite_schema AS s \
     WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.tbl_name NOT LIKE '\\_cf\\_%' ESCAPE '\\' \
       AND NOT EXISTS (SELECT 1 FROM pragma_table_list AS l \
         WHERE l.schema = 'main' AND l.name = s.tbl_name AND l.type = 'shadow') \
     ORDER BY CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, s.rowid";

pub(super) fn read(db: &Db, looks_at_rows: bool) -> Result<Introspected> {
    let statements: Vec<String> = db.load(sql::<Text>(STATEMENTS))?;
    let mut found = on_sqlite(&statements, |tx| sqlite::read_all(tx, false))?;
    if looks_at_rows {
        sqlite::rows::look(db, &mut found)?;
    }
    Ok(found)
}
