//! SQLite keeps the statements as they were written.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Executor, Result};

use super::Dump;

/// Tables with their virtual ones, indexes, views and triggers, in the order in which they were made. What belongs to
/// SQLite, to virtual tables, to diesel and to mizzle is made by them.
const STATEMENTS: &str = "SELECT s.sql FROM main.sqlite_schema AS s \
     WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
       AND s.tbl_name NOT LIKE '\\_\\_mizzle\\_%' ESCAPE '\\' \
       AND s.tbl_name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND s.tbl_name <> 'd1_migrations' \
       AND s.tbl_name <> '__diesel_schema_migrations' \
       AND NOT EXISTS (SELECT 1 FROM pragma_table_list AS l \
         WHERE l.schema = 'main' AND l.name = s.tbl_name AND l.type = 'shadow') \
     ORDER BY CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, s.rowid";

pub(super) fn dump(tx: &impl Executor) -> Result<Dump> {
    let statements = tx.load(sql::<Text>(STATEMENTS))?;
    Ok(Dump { statements, needs: Vec::new() })
}
