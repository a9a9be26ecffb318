//! Checks whether the SQL of each view fits its struct.

use orm_core::schema::TableDef;
use orm_core::sql::describe;
use orm_core::{Db, Executor, Result};

use super::fits;
use super::report::Severity;
use crate::introspect::{accepted_form, on_scratch, without};

/// Prepares the SELECT of each view on tables made from the structs. Returns what is wrong, with the view's name.
pub(crate) fn check_views(db: &Db, tables: &[TableDef]) -> Result<Vec<(String, Severity, String)>> {
    if !tables.iter().any(TableDef::is_view) {
        return Ok(Vec::new());
    }
    let dialect = db.dialect();
    let (_, refused) = accepted_form(db, tables)?;
    let mut found: Vec<(String, Severity, String)> = refused
        .iter()
        .filter(|one| tables.iter().any(|table| table.is_view() && table.name == one.table))
        .map(|one| (one.table.clone(), Severity::Error, one.error.to_string()))
        .collect();
    let tables = without(tables, &refused);
    let fitting = on_scratch(db, &tables, |tx| {
        let mut found = Vec::new();
        for view in &tables {
            let Some(sql) = view.select(dialect) else { continue };
            // In a savepoint: the next question must be possible after an error.
            match tx.transaction(|tx| describe(tx, sql, &[])) {
                Ok(described) => {
                    let wrong = fits::compare_view(view, &described, sql, &tables, dialect);
                    found.extend(
                        wrong
                            .into_iter()
                            .map(|(severity, what)| (view.name.clone(), severity, what)),
                    );
                }
                Err(error) if error.is_connection_lost() || error.is_busy() => return Err(error),
                Err(error) => found.push((view.name.clone(), Severity::Error, error.to_string())),
            }
        }
        Ok(found)
    })?;
    found.extend(fitting);
    Ok(found)
}
