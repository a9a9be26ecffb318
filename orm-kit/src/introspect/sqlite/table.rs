//! A table, from the pragmas and its statement.

use orm_core::Dialect;
use orm_core::schema::{CheckDef, ColumnDef, ColumnType, TableDef};

use super::names::same;
use super::statement::{self, ColumnSql, ConstraintKind, ConstraintSql, TableSql};
use super::{RawColumn, RawTable, defaults, indexes, names, types};
use crate::introspect::Note;
use crate::introspect::canonical::{self, TypeCheck};

/// Adds notes on what structs can't express.
const UNSAID: &str =
    "which structs can't express: changes keep it, but a table created from the structs lacks it";

pub(super) fn build(raw: &RawTable, tables: &[RawTable], notes: &mut Vec<Note>) -> TableDef {
    let TableSql { columns, constraints, unsaid } = statement::table(&raw.sql);
    for what in unsaid {
        notes.push(Note::table(&raw.name, format!("it has {what}, {UNSAID}")));
    }
    for (is, what) in [(raw.without_rowid, "WITHOUT ROWID"), (raw.strict, "STRICT")] {
        if is {
            notes.push(Note::table(&raw.name, format!("it is {what}, {UNSAID}")));
        }
    }
    let mut def = TableDef::new(&raw.name);
    let mut lengths = Vec::new();
    let mut key: Vec<(i32, String)> = Vec::new();
    for column in &raw.columns {
        let written = columns.iter().find(|sql| same(&sql.name, &column.name));
        let declared = types::declared(&column.declared, collation(written));
        note_column(raw, column, &declared, notes);
        lengths.push((column.name.clone(), declared.length));
        if column.key > 0 {
            key.push((column.key, column.name.clone()));
        }
        let mut built = ColumnDef::new(&column.name, declared.ty);
        built.db_type.sqlite = declared.db_type;
        if is_auto(raw, column, written) {
            (built.ty, built.auto) = (ColumnType::BigInt, true);
        }
        let is_implied =
            built.ty.facts().sqlite.collation.is_some() && built.db_type.sqlite.is_none();
        built.collate.sqlite =
            collation(written).filter(|name| !same(name, "BINARY") && !is_implied).map(Into::into);
        built.nullable = !column.not_null && column.key == 0;
        built.generated = written.and_then(|sql| sql.generated.clone());
        // A default of the rowid is never used.
        if built.generated.is_none() && !built.auto {
            built.default = column.default.as_ref().and_then(|sql| defaults::read(sql, &built.ty));
        }
        def = def.column(built);
    }
    key.sort();
    def.primary_key = key.into_iter().map(|(_, name)| name).collect();
    let checks = constrain(&mut def, constraints, tables, notes);
    indexes::build(raw, &mut def);
    let candidates = checks.into_iter().filter_map(|(name, condition)| {
        let (column, check) = canonical::type_check(&condition, Dialect::Sqlite)?;
        let column = def.columns.iter().find(|known| same(&known.name, &column))?;
        let length = lengths.iter().find(|(name, _)| *name == column.name)?.1;
        let ty = match check {
            _ if column.ty != ColumnType::Text => return None,
            TypeCheck::Labels(labels) => ColumnType::Enum { labels, native: None },
            TypeCheck::Length(at_most) if Some(at_most) == length => ColumnType::Varchar(at_most),
            TypeCheck::Length(_) => return None,
        };
        Some(canonical::Candidate { check: name, column: column.name.clone(), ty })
    });
    let candidates: Vec<_> = candidates.collect();
    canonical::adopt_type_checks(def, candidates, Dialect::Sqlite)
}

fn collation(written: Option<&ColumnSql>) -> Option<&str> {
    written.and_then(|sql| sql.collation.as_deref())
}

/// Whether SQLite counts the column up: an alias of the rowid.
/// <https://www.sqlite.org/lang_createtable.html#rowids_and_the_integer_primary_key>
fn is_auto(raw: &RawTable, column: &RawColumn, written: Option<&ColumnSql>) -> bool {
    column.declared.eq_ignore_ascii_case("INTEGER")
        && column.key == 1
        && raw.columns.iter().filter(|column| column.key > 0).count() == 1
        && !raw.without_rowid
        && !written.is_some_and(|sql| sql.descending_key)
}

fn note_column(
    raw: &RawTable,
    column: &RawColumn,
    declared: &types::Declared,
    notes: &mut Vec<Note>,
) {
    if !declared.known {
        let what = if column.declared.is_empty() {
            "it has no type; it is read as bytes".into()
        } else {
            let stands_for = declared.ty.described();
            format!("mizzle doesn't know the type {}; it is read as {stands_for}", column.declared)
        };
        notes.push(Note::column(&raw.name, &column.name, what));
    }
    if column.hidden == 2 {
        let what = format!("it is computed when it is read, {UNSAID}");
        notes.push(Note::column(&raw.name, &column.name, what));
    }
}

/// Adds the constraints: those with a name first, so that no other takes it. Returns the name and the condition of each
/// check.
fn constrain(
    def: &mut TableDef,
    constraints: Vec<ConstraintSql>,
    tables: &[RawTable],
    notes: &mut Vec<Note>,
) -> Vec<(String, String)> {
    let (named, unnamed): (Vec<_>, Vec<_>) =
        constraints.into_iter().partition(|constraint| constraint.name.is_some());
    for ConstraintSql { name, kind } in named.into_iter().chain(unnamed) {
        let name = name.filter(|name| !is_taken(def, name));
        add(def, name.as_deref(), kind, tables, notes);
    }
    def.checks.iter().map(|check| (check.name.clone(), check.condition.clone())).collect()
}

fn add(
    def: &mut TableDef,
    name: Option<&str>,
    kind: ConstraintKind,
    tables: &[RawTable],
    notes: &mut Vec<Note>,
) {
    let table = def.clone();
    *def = match kind {
        ConstraintKind::Unique(columns) => {
            let columns: Vec<&str> =
                columns.iter().filter_map(|name| column_name(&table.columns, name)).collect();
            table.clone().unique(name, &columns)
        }
        ConstraintKind::Check { column, condition } => match (name, column) {
            (Some(name), _) => table.check(name, &condition),
            (None, Some(column)) => {
                let column = column_name(&table.columns, &column).unwrap_or(&column).to_owned();
                table.column_check(&column, &condition)
            }
            (None, None) => {
                let name =
                    names::free(&format!("{}_check", table.name), |name| is_taken(&table, name));
                let mut table = table;
                table.checks.push(CheckDef { name, condition });
                table
            }
        },
        ConstraintKind::ForeignKey {
            columns,
            table: parent,
            references,
            on_delete,
            on_update,
            deferrable,
        } => {
            let columns: Vec<&str> =
                columns.iter().filter_map(|name| column_name(&table.columns, name)).collect();
            let Some(parent) = tables.iter().find(|other| same(&other.name, &parent)) else {
                let what = format!(
                    "the foreign key of {} refers to {parent}, which mizzle doesn't see as a table; it is left out",
                    columns.join(", ")
                );
                notes.push(Note::table(&table.name, what));
                return;
            };
            let references = parent_columns(parent, &references);
            let references: Vec<&str> = references.iter().map(String::as_str).collect();
            let with_key = table.clone().foreign_key(
                name,
                &columns,
                &parent.name,
                &references,
                on_delete,
                on_update,
            );
            if deferrable && let Some(key) = with_key.foreign_keys.last() {
                let what = format!("the foreign key {} is DEFERRABLE, {UNSAID}", key.name);
                notes.push(Note::table(&table.name, what));
            }
            with_key
        }
    };
}

/// Returns the columns that a foreign key refers to: the primary key if it names none.
fn parent_columns(parent: &RawTable, references: &[String]) -> Vec<String> {
    if references.is_empty() {
        let mut key: Vec<&RawColumn> =
            parent.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        return key.into_iter().map(|column| column.name.clone()).collect();
    }
    let known = |name: &String| {
        let column = parent.columns.iter().find(|column| same(&column.name, name));
        column.map_or_else(|| name.clone(), |column| column.name.clone())
    };
    references.iter().map(known).collect()
}

/// Returns the column's name as the table has it.
fn column_name<'a>(columns: &'a [ColumnDef], name: &str) -> Option<&'a str> {
    columns.iter().find(|column| same(&column.name, name)).map(|column| column.name.as_str())
}

fn is_taken(def: &TableDef, name: &str) -> bool {
    let primary_key = def.primary_key_name();
    let mut names = def
        .uniques
        .iter()
        .map(|unique| &unique.name)
        .chain(def.checks.iter().map(|check| &check.name))
        .chain(def.foreign_keys.iter().map(|key| &key.name))
        .chain((!def.primary_key.is_empty()).then_some(&primary_key));
    names.any(|taken| same(taken, name))
}
