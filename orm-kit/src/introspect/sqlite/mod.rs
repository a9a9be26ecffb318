//! The contents of an SQLite database.

mod defaults;
pub(super) mod expected;
mod full_text;
mod indexes;
mod integers;
mod moments;
mod names;
pub(super) mod rows;
mod scan;
mod statement;
mod table;
mod types;
pub(super) mod views;

use std::collections::BTreeMap;

use diesel::dsl::sql;
use diesel::sql_types::{Bool, Integer, Nullable, Text};
use orm_core::{Dialect, Executor, Result};

use super::{Introspected, Note, canonical};

/// A table, from the pragmas and its statement.
struct RawTable {
    name: String,
    sql: String,
    without_rowid: bool,
    strict: bool,
    columns: Vec<RawColumn>,
    indexes: Vec<RawIndex>,
}

/// A column, from the pragma.
struct RawColumn {
    name: String,
    declared: String,
    not_null: bool,
    default: Option<String>,
    /// The place in the primary key, from 1, or 0.
    key: i32,
    /// 2 for one that is computed when it is read, 3 for a stored one.
    hidden: i32,
}

/// The table, and the fields of [`RawColumn`].
type ColumnRow = (String, String, String, bool, Option<String>, i32, i32);

/// An index that was created by a statement.
struct RawIndex {
    name: String,
    sql: String,
    unique: bool,
}

/// Reads the schema with its views, and what only rows show if `looks_at_rows`. Call it in a transaction where there are some.
pub(super) fn read_all(tx: &impl Executor, looks_at_rows: bool) -> Result<Introspected> {
    let mut found = read(tx)?;
    if looks_at_rows {
        rows::look(tx, &mut found)?;
    }
    views::read(tx, &mut found, looks_at_rows)?;
    Ok(found)
}

/// Reads the schema. Call it in a transaction, so that everything is read at one moment.
pub(super) fn read(tx: &impl Executor) -> Result<Introspected> {
    let mut found = Introspected::default();
    let tables = raw_tables(tx)?;
    for raw in &tables {
        let def = table::build(raw, &tables, &mut found.notes);
        found.tables.push(def);
    }
    names::distinct(&mut found.tables);
    full_text::read(tx, &mut found.tables, &mut found.notes)?;
    Ok(canonical::finish(found, Dialect::Sqlite))
}

/// Tables of SQLite, diesel and mizzle don't belong to the application.
const OWN_TABLES: &str = "l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
     AND l.name NOT LIKE '\\_\\_mizzle\\_%' ESCAPE '\\' AND l.name <> '__diesel_schema_migrations'";

fn raw_tables(tx: &impl Executor) -> Result<Vec<RawTable>> {
    // A virtual table's shadow tables are of other types.
    let tables: Vec<(String, String, bool, bool)> =
        tx.load(sql::<(Text, Text, Bool, Bool)>(&format!(
            "SELECT l.name, s.sql, l.wr, l.strict FROM pragma_table_list AS l \
             JOIN main.sqlite_schema AS s ON s.type = 'table' AND s.name = l.name \
             WHERE l.schema = 'main' AND l.type = 'table' AND {OWN_TABLES} ORDER BY l.name"
        )))?;
    let mut raw: Vec<RawTable> = tables
        .into_iter()
        .map(|(name, sql, without_rowid, strict)| RawTable {
            name,
            sql,
            without_rowid,
            strict,
            columns: Vec::new(),
            indexes: Vec::new(),
        })
        .collect();
    let places: BTreeMap<String, usize> =
        raw.iter().enumerate().map(|(place, table)| (table.name.clone(), place)).collect();

    // The columns of a virtual table can't be read without its module, which another program may have.
    let columns: Vec<ColumnRow> =
        tx.load(sql::<(Text, Text, Text, Bool, Nullable<Text>, Integer, Integer)>(
            "SELECT s.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk, x.hidden \
             FROM main.sqlite_schema AS s, pragma_table_xinfo(s.name, 'main') AS x \
             WHERE s.type = 'table' AND s.rootpage <> 0 AND x.hidden <> 1 ORDER BY s.name, x.cid",
        ))?;
    for (table, name, declared, not_null, default, key, hidden) in columns {
        if let Some(place) = places.get(&table) {
            let column = RawColumn { name, declared, not_null, default, key, hidden };
            raw[*place].columns.push(column);
        }
    }

    // Indexes behind keys and unique constraints have no statement.
    let indexes: Vec<(String, String, String, bool)> = tx.load(sql::<(Text, Text, Text, Bool)>(
        "SELECT s.tbl_name, s.name, s.sql, l.\"unique\" FROM main.sqlite_schema AS s \
             JOIN pragma_index_list(s.tbl_name, 'main') AS l ON l.name = s.name \
             WHERE s.type = 'index' AND s.sql IS NOT NULL ORDER BY s.tbl_name, s.name",
    ))?;
    for (table, name, sql, unique) in indexes {
        if let Some(place) = places.get(&table) {
            raw[*place].indexes.push(RawIndex { name, sql, unique });
        }
    }
    Ok(raw)
}
