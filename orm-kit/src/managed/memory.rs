//! What the structs declared when a database last matched them.
//!
//! `push` writes it to a table next to the history of migrations; migrations store it in their snapshots.

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Text};
use orm_core::schema::{ColumnDef, TableDef};
use orm_core::{Db, Dialect, Executor, Result};

const TABLE: &str = "__mizzle_pushed";

/// The memory of a database.
#[derive(Debug)]
pub struct Memory;

impl Memory {
    /// Returns the tables; none if nothing was pushed, or if a later version wrote them in another format.
    ///
    /// # Errors
    /// A failing read.
    pub fn read(db: &Db) -> Result<Vec<TableDef>> {
        let exists = match db.dialect() {
            Dialect::Sqlite | Dialect::D1 => format!(
                "EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '{TABLE}')"
            ),
            Dialect::Postgres => format!(
                "EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = '{TABLE}' AND relnamespace = \
                 (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema()))"
            ),
        };
        if !db.one(diesel::select(sql::<Bool>(&exists)))? {
            return Ok(Vec::new());
        }
        let texts: Vec<String> =
            db.load(sql::<Text>(&format!("SELECT tables FROM {TABLE} WHERE id = 1")))?;
        let tables = texts.first().and_then(|text| serde_json::from_str(text).ok());
        Ok(tables.unwrap_or_default())
    }

    /// Remembers only these tables.
    ///
    /// # Errors
    /// A failing write.
    pub fn write(db: &Db, tables: &[TableDef]) -> Result<()> {
        // Plain data with text keys is always valid JSON.
        let text = serde_json::to_string(tables).unwrap_or_default();
        let text = db.dialect().quote_literal(&text);
        let write = [
            format!(
                "CREATE TABLE IF NOT EXISTS {TABLE} (id INTEGER PRIMARY KEY, tables TEXT NOT NULL)"
            ),
            format!("DELETE FROM {TABLE}"),
            format!("INSERT INTO {TABLE} (id, tables) VALUES (1, {text})"),
        ];
        if db.dialect() == Dialect::D1 {
            // All or nothing, in one request.
            return db.execute_sql(&write.join(";\n"));
        }
        db.transaction(|tx| {
            if db.dialect() == Dialect::Postgres {
                // IF NOT EXISTS alone fails if two run at once. The letters "push".
                let lock = "pg_advisory_xact_lock(1886745448, hashtext(coalesce(current_schema(), ''))) IS NULL";
                let _: bool = tx.one(diesel::select(sql::<Bool>(lock)))?;
            }
            write.iter().try_for_each(|sql| tx.execute_sql(sql))
        })
    }
}

/// Copies the renames that the structs had declared, which a database doesn't keep.
pub(super) fn recall_renames(table: &mut TableDef, before: &TableDef) {
    table.renamed_from.clone_from(&before.renamed_from);
    for column in &mut table.columns {
        if let Some(before) = before.find_column(&column.name) {
            column.renamed_from.clone_from(&before.renamed_from);
            column.renamed_labels.clone_from(&before.renamed_labels);
        }
    }
}

/// Adds to `tables` what `more` has and they lack.
pub(crate) fn add(tables: &mut Vec<TableDef>, more: &[TableDef]) {
    for other in more {
        let Some(table) = tables.iter_mut().find(|table| table.name == other.name) else {
            tables.push(other.clone());
            continue;
        };
        table.renamed_from = table.renamed_from.take().or_else(|| other.renamed_from.clone());
        for column in &other.columns {
            match table.columns.iter_mut().find(|own| own.name == column.name) {
                Some(own) => add_to_column(own, column),
                None => table.columns.push(column.clone()),
            }
        }
        macro_rules! add_parts {
            ($($parts:ident),*) => {
                $(for part in &other.$parts {
                    if table.$parts.iter().all(|own| own.name != part.name) {
                        table.$parts.push(part.clone());
                    }
                })*
            };
        }
        add_parts!(uniques, checks, foreign_keys, indexes);
        table.full_text = table.full_text.take().or_else(|| other.full_text.clone());
    }
}

fn add_to_column(own: &mut ColumnDef, other: &ColumnDef) {
    own.auto |= other.auto;
    own.renamed_from = own.renamed_from.take().or_else(|| other.renamed_from.clone());
    for renamed in &other.renamed_labels {
        if !own.renamed_labels.contains(renamed) {
            own.renamed_labels.push(renamed.clone());
        }
    }
    own.default = own.default.take().or_else(|| other.default.clone());
    own.generated = own.generated.take().or_else(|| other.generated.clone());
    for dialect in Dialect::ALL {
        let texts = [(&mut own.db_type, &other.db_type), (&mut own.collate, &other.collate)];
        for (own, other) in texts {
            if own.get(dialect).is_none() {
                own.set(dialect, other.get(dialect).map(str::to_owned));
            }
        }
    }
}
