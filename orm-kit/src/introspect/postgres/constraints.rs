//! Keys, unique constraints, checks and foreign keys.

use diesel::dsl::sql;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use orm_core::schema::{Action, CheckDef, ColumnType, ForeignKeyDef, TableDef, UniqueDef};
use orm_core::{Dialect, Executor, Result};
use orm_lexer::without_parentheses;

use super::{Tables, numbers};
use crate::introspect::Note;
use crate::introspect::canonical::{Candidate, TypeCheck, type_check};

const CONSTRAINTS: &str = "SELECT k.conrelid::bigint, k.conname::text, k.contype::text, \
       coalesce(k.conkey::text, ''), k.confrelid::bigint, coalesce(k.confkey::text, ''), \
       k.confdeltype::text, k.confupdtype::text, pg_get_expr(k.conbin, k.conrelid), \
       k.condeferrable, NOT k.convalidated, k.confmatchtype = 'f', \
       coalesce(to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'true', \
       coalesce(i.indnatts <> i.indnkeyatts, false), \
       k.contype = 'f' AND coalesce(to_jsonb(k) -> 'confdelsetcols', 'null') <> 'null', k.connoinherit AND k.contype = 'c' \
     FROM pg_catalog.pg_constraint AS k \
     LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u') \
     WHERE k.connamespace = {namespace} AND k.contype IN ('p', 'u', 'c', 'f', 'x') \
     ORDER BY k.conrelid, k.conname";

type RowType = (
    BigInt,
    Text,
    Text,
    Text,
    BigInt,
    Text,
    Text,
    Text,
    Nullable<Text>,
    Bool,
    Bool,
    Bool,
    Bool,
    Bool,
    Bool,
    Bool,
);

/// A row of [`CONSTRAINTS`].
type Row = (
    i64,
    String,
    String,
    String,
    i64,
    String,
    String,
    String,
    Option<String>,
    bool,
    bool,
    bool,
    bool,
    bool,
    bool,
    bool,
);

/// Adds the constraints to their tables.
pub(super) fn read(tx: &impl Executor, tables: &mut Tables) -> Result<()> {
    let query = CONSTRAINTS.replace("{namespace}", tables.namespace.oid());
    let rows: Vec<Row> = tx.load(sql::<RowType>(&query))?;
    for row in rows {
        let (oid, name, kind) = (row.0, row.1.as_str(), row.2.as_str());
        let Some(table) = tables.tables.get(&oid) else { continue };
        let own = numbers(&row.3);
        let Some(columns) = table.names(&own) else {
            let what = format!(
                "the constraint {name} is over a column that is left out, and is left out too"
            );
            tables.notes.push(Note::table(&table.def.name, what));
            continue;
        };
        if let Some(what) = unsayable(&row) {
            let what = format!("the constraint {name} {what}; it is left out, and stays as it is");
            tables.notes.push(Note::table(&table.def.name, what));
            continue;
        }
        for what in remarks(&row) {
            let what = format!("the constraint {name} {what}");
            tables.notes.push(Note::table(&table.def.name, what));
        }
        let foreign_key = match kind {
            "f" => match foreign_key(tables, &row, &columns) {
                Some(key) => Some(key),
                None => {
                    let what = format!(
                        "the foreign key {name} refers to something that mizzle doesn't see; it is left out"
                    );
                    tables.notes.push(Note::table(&table.def.name, what));
                    continue;
                }
            },
            _ => None,
        };
        let Some(table) = tables.tables.get_mut(&oid) else { continue };
        match (kind, row.8) {
            ("p", _) => table.def.primary_key = columns,
            ("u", _) => table.def.uniques.push(UniqueDef { name: row.1, columns }),
            ("c", Some(condition)) => {
                let condition = without_parentheses(&condition, Dialect::Postgres).to_owned();
                table.def.checks.push(CheckDef { name: row.1, condition });
            }
            _ => table.def.foreign_keys.extend(foreign_key),
        }
    }
    Ok(())
}

/// Returns why it can't be written again, unless a query has to know it.
fn unsayable(row: &Row) -> Option<&'static str> {
    let is_check = row.2 == "c";
    let reasons = [
        (row.2 == "x", "excludes rows, which structs can't express"),
        (is_check && row.10, "is NOT VALID, which structs can't express"),
        (is_check && row.15, "is NO INHERIT, which structs can't express"),
        (row.14, "sets some of its columns to NULL, which structs can't express"),
    ];
    reasons.into_iter().find(|(is, _)| *is).map(|(_, what)| what)
}

/// Returns what a database that is created from the structs lacks of it.
fn remarks(row: &Row) -> Vec<&'static str> {
    let remarks = [
        (
            row.9,
            "is DEFERRABLE, which structs can't express: a change keeps it, a new database lacks it",
        ),
        (
            row.10,
            "is NOT VALID, which structs can't express: a change keeps it, a new database lacks it",
        ),
        (
            row.11,
            "is MATCH FULL, which structs can't express: a change keeps it, a new database lacks it",
        ),
        (
            row.12,
            "has NULLS NOT DISTINCT, which structs can't express: a change keeps it, a new database lacks it",
        ),
        (
            row.13,
            "includes other columns, which structs can't express: a change keeps it, a new database lacks it",
        ),
    ];
    remarks.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
}

fn foreign_key(tables: &Tables, row: &Row, columns: &[String]) -> Option<ForeignKeyDef> {
    let parent = tables.tables.get(&row.4)?;
    Some(ForeignKeyDef {
        name: row.1.clone(),
        columns: columns.to_vec(),
        table: parent.def.name.clone(),
        references: parent.names(&numbers(&row.5))?,
        on_delete: action(&row.6),
        on_update: action(&row.7),
    })
}

fn action(code: &str) -> Action {
    match code {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

/// Returns the type that a check may stand for.
pub(super) fn candidate(table: &TableDef, check: &CheckDef) -> Option<Candidate> {
    let (column, type_check) = type_check(&check.condition, Dialect::Postgres)?;
    let TypeCheck::Labels(labels) = type_check else { return None };
    if table.find_column(&column)?.ty != ColumnType::Text {
        return None;
    }
    let ty = ColumnType::Enum { labels, native: None };
    Some(Candidate { check: check.name.clone(), column, ty })
}
