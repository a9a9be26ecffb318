//! The parts of a table except its columns, by kind and name.

use std::fmt;

use orm_core::Dialect;
use orm_core::schema::fragments::type_checks;
use orm_core::schema::{ColumnDef, ColumnType, ForeignKeyDef, IndexDef, IndexKey, TableDef};

use crate::diff::{Diff, TableChange, mentions};

/// The kind of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unique,
    Check,
    ForeignKey,
    Index,
    FullText,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unique => "unique constraint",
            Self::Check => "check",
            Self::ForeignKey => "foreign key",
            Self::Index => "index",
            Self::FullText => "full text index",
        })
    }
}

/// Returns the parts that the table describes.
pub(super) fn names(table: &TableDef) -> Vec<(Kind, String)> {
    let uniques = table.uniques.iter().map(|part| (Kind::Unique, part.name.clone()));
    let checks = table.checks.iter().map(|part| (Kind::Check, part.name.clone()));
    let keys = table.foreign_keys.iter().map(|part| (Kind::ForeignKey, part.name.clone()));
    let indexes = table.indexes.iter().map(|part| (Kind::Index, part.name.clone()));
    let full_text = table.full_text.iter().map(|_| (Kind::FullText, table.full_text_name()));
    uniques.chain(checks).chain(keys).chain(indexes).chain(full_text).collect()
}

/// Returns the same with the checks that restrict its columns to their types.
pub(super) fn names_in_database(table: &TableDef, dialect: Dialect) -> Vec<(Kind, String)> {
    let of_types = type_checks(table, dialect);
    let of_types = of_types.into_iter().map(|(_, check)| (Kind::Check, check.name));
    names(table).into_iter().chain(of_types).collect()
}

/// Keeps the parts for which `keep` returns true.
pub(super) fn retain(table: &mut TableDef, keep: impl Fn(Kind, &str) -> bool) {
    table.uniques.retain(|part| keep(Kind::Unique, &part.name));
    table.checks.retain(|part| keep(Kind::Check, &part.name));
    table.foreign_keys.retain(|part| keep(Kind::ForeignKey, &part.name));
    table.indexes.retain(|part| keep(Kind::Index, &part.name));
    let name = table.full_text_name();
    table.full_text = table.full_text.take().filter(|_| keep(Kind::FullText, &name));
}

/// Leaves out what is over columns that the table doesn't have.
pub(super) fn drop_dangling(table: &mut TableDef) {
    let TableDef { columns, uniques, foreign_keys, indexes, full_text, .. } = table;
    let has = |name: &String| columns.iter().any(|column| column.name == *name);
    *full_text = full_text.take().filter(|index| index.columns.iter().all(has));
    uniques.retain(|unique| unique.columns.iter().all(has));
    foreign_keys.retain(|key| key.columns.iter().all(has));
    indexes.retain(|index| {
        index.parts.iter().all(|part| match &part.key {
            IndexKey::Column(column) => has(column),
            IndexKey::Expression(_) => true,
        })
    });
}

/// Returns the table without those parts over a dropped column that `managed` doesn't have. A part stays if all its columns
/// were never in a struct: to drop such a column, the user named it, and the part goes too. `pairs` are the columns that stay, each
/// with its old and its new name.
pub(super) fn without_dropped(
    whole: &TableDef,
    managed: &TableDef,
    remembered: Option<&TableDef>,
    pairs: &[(String, String)],
    dialect: Dialect,
) -> TableDef {
    let mut rest = whole.clone();
    let stays = |name: &String| pairs.iter().any(|(old, _)| old == name);
    let gone: Vec<&String> =
        managed.columns.iter().map(|column| &column.name).filter(|name| !stays(name)).collect();
    if gone.is_empty() {
        return rest;
    }
    let known = names(managed);
    let is_known =
        |kind: Kind, name: &str| known.iter().any(|(other, known)| *other == kind && known == name);
    let is_meant = |name: &String| {
        gone.contains(&name) && remembered.is_none_or(|table| table.find_column(name).is_none())
    };
    let is_over = |columns: &[String]| {
        columns.iter().any(|name| gone.contains(&name)) && !columns.iter().all(is_meant)
    };
    let in_sql = |sql: &String| gone.iter().any(|name| mentions(sql, name, dialect));
    let is_index_over = |index: &IndexDef| {
        let in_expressions = index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(_) => false,
            IndexKey::Expression(sql) => in_sql(sql),
        });
        let columns: Vec<String> = index
            .parts
            .iter()
            .filter_map(|part| match &part.key {
                IndexKey::Column(name) => Some(name.clone()),
                IndexKey::Expression(_) => None,
            })
            .collect();
        in_expressions || index.condition.as_ref().is_some_and(in_sql) || is_over(&columns)
    };
    let is_key_over = |key: &ForeignKeyDef| {
        is_over(&key.columns) || key.table == whole.name && is_over(&key.references)
    };
    rest.uniques.retain(|part| is_known(Kind::Unique, &part.name) || !is_over(&part.columns));
    rest.checks.retain(|part| is_known(Kind::Check, &part.name) || !in_sql(&part.condition));
    rest.foreign_keys.retain(|part| is_known(Kind::ForeignKey, &part.name) || !is_key_over(part));
    rest.indexes.retain(|part| is_known(Kind::Index, &part.name) || !is_index_over(part));
    let full_text = rest.full_text.take();
    rest.full_text =
        full_text.filter(|index| managed.full_text.is_some() || !is_over(&index.columns));
    rest
}

/// Adds to `to` what `whole` has and `managed` doesn't, and returns the names of the columns among it. What `to`
/// already has under another name gets its name in `whole`. What is over a dropped column is not added.
pub(super) fn add_unmanaged(
    to: &mut TableDef,
    managed: &TableDef,
    whole: &TableDef,
) -> Vec<String> {
    let mut added = Vec::new();
    for column in &whole.columns {
        let is_known = managed.find_column(&column.name).is_some();
        if !is_known && to.find_column(&column.name).is_none() {
            to.columns.push(column.clone());
            added.push(column.name.clone());
        }
    }
    let mut rest = TableDef { columns: to.columns.clone(), ..whole.clone() };
    drop_dangling(&mut rest);
    macro_rules! add {
        ($parts:ident) => {
            let is_known = |name: &str| managed.$parts.iter().any(|part| part.name == name);
            // Several equal ones are several constraints: each part of `to` stands for one of them at most.
            let mut own_parts: Vec<usize> = (0..to.$parts.len()).collect();
            for part in rest.$parts.iter().filter(|part| !is_known(&part.name)) {
                macro_rules! is_equal {
                    ($own:expr) => {{
                        let mut renamed = $own.clone();
                        renamed.name.clone_from(&part.name);
                        renamed == *part
                    }};
                }
                // An equal one that is managed already may have another name in `to`.
                let is_managed = managed.$parts.iter().any(|known| is_equal!(known));
                let same = own_parts.iter().position(|place| {
                    let own = &to.$parts[*place];
                    !is_managed && !is_known(&own.name) && is_equal!(own)
                });
                match same {
                    Some(place) => {
                        to.$parts[own_parts.remove(place)].name.clone_from(&part.name);
                    }
                    None => to.$parts.push(part.clone()),
                }
            }
        };
    }
    add!(uniques);
    add!(checks);
    add!(foreign_keys);
    add!(indexes);
    if managed.full_text.is_none() && to.full_text.is_none() {
        to.full_text = rest.full_text;
    }
    added
}

/// Returns the native enum type of the column.
pub(super) fn native_name(column: &ColumnDef) -> Option<String> {
    column.ty.item().native().map(str::to_owned)
}

/// Gives a native enum type other labels at the end of the diff.
pub(super) fn set_labels(diff: &mut Diff, name: &str, labels: &[String]) {
    let changed = diff.tables.iter_mut().filter_map(|change| match change {
        TableChange::Alter(alteration) => Some(&mut alteration.to),
        TableChange::Create(table) => Some(table),
        TableChange::Drop(_) => None,
    });
    for column in diff.to.iter_mut().chain(changed).flat_map(|table| &mut table.columns) {
        if let ColumnType::Enum { labels: own, native: Some(native) } = column.ty.item_mut()
            && native == name
        {
            *own = labels.to_vec();
        }
    }
}
