//! A schema after its renames and before all other changes.

use orm_core::Dialect;
use orm_core::schema::{IndexKey, TableDef};

use super::matching::Matched;
use super::{Alteration, Diff, rename_identifiers};

/// The new names of tables and columns.
pub(crate) struct Renames {
    tables: Vec<Renamed>,
}

struct Renamed {
    from: String,
    to: String,
    columns: Vec<(String, String)>,
}

impl Renames {
    pub(super) fn new(from: &[TableDef], to: &[TableDef], matched: &[Matched]) -> Self {
        let tables = matched.iter().map(|found| Renamed {
            from: from[found.from].name.clone(),
            to: to[found.to].name.clone(),
            columns: changed(&found.columns),
        });
        Self { tables: tables.collect() }
    }

    pub(crate) fn of(diff: &Diff) -> Self {
        let tables = diff.alterations().map(|alteration: &Alteration| Renamed {
            from: alteration.from.name.clone(),
            to: alteration.to.name.clone(),
            columns: changed(&alteration.columns),
        });
        Self { tables: tables.collect() }
    }

    /// Returns the table after the renames, its own and those of the tables that it refers to. Constraints and indexes
    /// keep their names.
    pub(crate) fn apply(&self, table: &TableDef, dialect: Dialect) -> TableDef {
        self.apply_with(table, &[], dialect)
    }

    /// Returns the same with further renamed columns, each with its old name.
    pub(crate) fn apply_with(
        &self,
        table: &TableDef,
        more: &[(String, String)],
        dialect: Dialect,
    ) -> TableDef {
        let mut table = self.apply_to_parents(table);
        let Some(own) = self.find(&table.name) else { return table };
        table.name.clone_from(&own.to);
        let columns = &[more, &own.columns].concat();
        if columns.is_empty() {
            return table;
        }
        for column in &mut table.columns {
            rename(&mut column.name, columns);
            rename_in(&mut column.generated, columns, dialect);
        }
        rename_all(&mut table.primary_key, columns);
        for unique in &mut table.uniques {
            rename_all(&mut unique.columns, columns);
        }
        for check in &mut table.checks {
            check.condition = rename_identifiers(&check.condition, columns, dialect);
        }
        for key in &mut table.foreign_keys {
            rename_all(&mut key.columns, columns);
        }
        if let Some(full_text) = &mut table.full_text {
            rename_all(&mut full_text.columns, columns);
        }
        for index in &mut table.indexes {
            for part in &mut index.parts {
                match &mut part.key {
                    IndexKey::Column(name) => rename(name, columns),
                    IndexKey::Expression(sql) => {
                        *sql = rename_identifiers(sql, columns, dialect);
                    }
                }
            }
            rename_in(&mut index.condition, columns, dialect);
        }
        table
    }

    /// Returns the table with the new names of the tables that it refers to.
    pub(crate) fn apply_to_parents(&self, table: &TableDef) -> TableDef {
        let mut table = table.clone();
        for key in &mut table.foreign_keys {
            if let Some(parent) = self.find(&key.table) {
                key.table.clone_from(&parent.to);
                rename_all(&mut key.references, &parent.columns);
            }
        }
        table
    }

    fn find(&self, table: &str) -> Option<&Renamed> {
        self.tables.iter().find(|renamed| renamed.from == table)
    }
}

fn changed(columns: &[(String, String)]) -> Vec<(String, String)> {
    columns.iter().filter(|(before, after)| before != after).cloned().collect()
}

fn rename(name: &mut String, renames: &[(String, String)]) {
    if let Some((_, new)) = renames.iter().find(|(old, _)| old == name) {
        name.clone_from(new);
    }
}

fn rename_all(names: &mut [String], renames: &[(String, String)]) {
    names.iter_mut().for_each(|name| rename(name, renames));
}

fn rename_in(sql: &mut Option<String>, renames: &[(String, String)], dialect: Dialect) {
    if let Some(sql) = sql {
        *sql = rename_identifiers(sql, renames, dialect);
    }
}
