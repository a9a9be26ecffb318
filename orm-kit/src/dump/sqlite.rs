//! Dumps SQLite's schema. SQLite keeps the statements as they were written.

use diesel::dsl::sql;
use diesel::sql_types::Text;
use orm_core::{Db, Executor, Result};

use super::Dump;
use crate::introspect::others;

/// Tables (virtual ones included), indexes, views and triggers, in an order in which they can run. Leaves out what
/// SQLite, virtual tables, diesel and mizzle create themselves.
const STATEMENTS: &str = "SELECT s.tbl_name, s.sql FROM main.sqlite_schema AS s \
     WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
       AND s.tbl_name NOT LIKE '\\_\\_mizzle\\_%' ESCAPE '\\' \
       AND s.tbl_name <> '__diesel_schema_migrations' \
       AND NOT EXISTS (SELECT 1 FROM pragma_table_list AS l \
         WHERE l.schema = 'main' AND l.name = s.tbl_name AND l.type = 'shadow') \
     ORDER BY CASE s.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, s.rowid";

pub(super) fn dump(tx: &impl Executor) -> Result<Dump> {
    let all: Vec<(String, String)> = tx.load(sql::<(Text, Text)>(STATEMENTS))?;
    let statements: Vec<String> = all
        .into_iter()
        .filter(|(table, _)| others::tool_of(table).is_none())
        .map(|(_, sql)| if sql.contains("--") { format!("{sql}\n") } else { sql })
        .collect();
    let needs = needs(&statements)?;
    Ok(Dump { statements, needs })
}

/// Returns what a new database lacks, such as a collation or a function that a program registers.
fn needs(statements: &[String]) -> Result<Vec<String>> {
    let scratch = Db::connect("sqlite::memory:")?;
    let mut needs = Vec::new();
    for statement in statements {
        let Err(error) = scratch.execute_sql(statement) else { continue };
        let error = error.to_string();
        let missing = ["no such collation sequence: ", "no such module: ", "no such function: "];
        let missing = missing.iter().find_map(|words| {
            let (_, name) = error.split_once(words)?;
            Some(format!(
                "the {} {name}",
                words.trim_start_matches("no such ").trim_end_matches(": ")
            ))
        });
        needs.extend(
            missing.map(|what| format!("{what}, which the program registers by `on_connect`")),
        );
    }
    needs.sort();
    needs.dedup();
    Ok(needs)
}
