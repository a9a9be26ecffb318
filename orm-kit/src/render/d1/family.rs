//! The tables that are rebuilt or dropped together.

use orm_core::schema::{ForeignKeyDef, IndexDef, IndexKey, TableDef, parents_first};

use super::DIALECT;
use super::drops::drops;
use super::shuffle::{Way, way};
use crate::diff::{Diff, Renames, Steps};
use crate::render::script::Script;
use crate::render::sqlite::quoted;

/// Returns the name of a new table until it takes the name of the old one.
pub(super) fn new_name(table: &str) -> String {
    format!("__mizzle_new_{table}")
}

/// The tables that are rebuilt, and those that are dropped.
pub(super) struct Family<'s, 'd> {
    /// The rebuilt ones, each after those that it refers to.
    members: Vec<&'s Steps<'d>>,
    /// The dropped ones.
    gone: Vec<Gone>,
    /// What is dropped, by the names at that time: the old tables.
    old: Vec<TableDef>,
}

/// A table that is dropped.
struct Gone {
    table: TableDef,
    /// Its name while the other tables change, which may take its own.
    name: String,
}

impl<'s, 'd> Family<'s, 'd> {
    pub(super) fn of(diff: &Diff, stays: &'s [Steps<'d>], renames: &Renames) -> Self {
        let mut gone: Vec<Gone> = diff.dropped().map(|table| Gone::new(table, diff)).collect();
        let before: Vec<TableDef> = stays.iter().map(|steps| before(steps, &gone)).collect();
        let mut is_member: Vec<bool> = stays
            .iter()
            .zip(&before)
            .map(|(steps, before)| {
                let is_gone = |key: &ForeignKeyDef| gone.iter().any(|gone| gone.name == key.table);
                way(steps, diff) == Way::Rebuild || before.foreign_keys.iter().any(is_gone)
            })
            .collect();
        // Whatever refers to a member is one.
        while let Some(place) = (0..stays.len()).find(|&place| {
            let refers = |key: &ForeignKeyDef| {
                let is_it = |other: &usize| DIALECT.is_same_name(&before[*other].name, &key.table);
                (0..stays.len()).filter(|other| is_member[*other]).any(|other| is_it(&other))
            };
            !is_member[place] && before[place].foreign_keys.iter().any(refers)
        }) {
            is_member[place] = true;
        }
        let members = stays.iter().zip(&is_member).filter(|(_, is_member)| **is_member);
        let members: Vec<&Steps<'d>> = members.map(|(steps, _)| steps).collect();
        if members.is_empty() {
            // They are dropped before anything takes their names.
            gone.iter_mut().for_each(|gone| gone.name.clone_from(&gone.table.name));
        }
        let after: Vec<TableDef> = members.iter().map(|steps| steps.after().clone()).collect();
        let members: Vec<&Steps<'d>> =
            parents_first(&after).into_iter().map(|place| members[place]).collect();
        let mut old: Vec<TableDef> = before
            .into_iter()
            .zip(is_member)
            .filter_map(|(table, is_member)| is_member.then_some(table))
            .collect();
        old.extend(gone.iter().map(|one| {
            let mut table = match members.is_empty() {
                true => one.table.clone(),
                false => renames.apply_to_parents(&one.table),
            };
            name_gone(&mut table, &one.table, &gone);
            table.name.clone_from(&one.name);
            table
        }));
        Self { members, gone, old }
    }

    /// Returns the rebuilt tables, each after those that it refers to.
    pub(super) fn members(&self) -> impl Iterator<Item = &'s Steps<'d>> {
        self.members.iter().copied()
    }

    /// Returns whether the table is rebuilt.
    pub(super) fn has(&self, steps: &Steps<'_>) -> bool {
        self.has_name(&steps.after().name)
    }

    fn has_name(&self, table: &str) -> bool {
        self.members.iter().any(|steps| DIALECT.is_same_name(&steps.after().name, table))
    }

    /// Returns the old names of the rebuilt and the dropped tables.
    pub(super) fn old_names(&self) -> impl Iterator<Item = &str> {
        let members = self.members.iter().map(|steps| steps.alteration.from.name.as_str());
        members.chain(self.gone.iter().map(|gone| gone.table.name.as_str()))
    }

    /// Returns whether no view can read the table, by its old name, in between.
    pub(super) fn hides(&self, table: &str) -> bool {
        self.old_names().any(|name| DIALECT.is_same_name(name, table))
    }

    /// Returns whether a foreign key is among what is rebuilt or dropped.
    pub(super) fn has_keys(&self) -> bool {
        let after = self.members.iter().map(|steps| steps.after());
        self.old.iter().chain(after).any(|table| !table.foreign_keys.is_empty())
    }

    /// Returns the table as it refers to the new tables.
    pub(super) fn with_new_parents(&self, table: &TableDef) -> TableDef {
        let mut table = table.clone();
        for key in &mut table.foreign_keys {
            if self.has_name(&key.table) {
                key.table = new_name(&key.table);
            }
        }
        table
    }

    /// Returns whether a foreign key finds its rows by the index: then it must be there when rows are copied.
    pub(super) fn needs(&self, table: &str, index: &IndexDef) -> bool {
        let plain: Option<Vec<&String>> = index
            .parts
            .iter()
            .map(|part| match &part.key {
                IndexKey::Column(column) => Some(column),
                IndexKey::Expression(_) => None,
            })
            .collect();
        let Some(columns) = plain.filter(|_| index.unique && index.condition.is_none()) else {
            return false;
        };
        let refers = |key: &ForeignKeyDef| {
            DIALECT.is_same_name(&key.table, table)
                && key.references.len() == columns.len()
                && columns.iter().all(|column| key.references.contains(column))
        };
        self.members.iter().any(|steps| steps.after().foreign_keys.iter().any(refers))
    }

    /// Drops the indexes whose names are needed before their tables are dropped, and renames the tables whose names are.
    /// If nothing is rebuilt, drops the tables.
    pub(super) fn make_way(&self, script: &mut Script) {
        if self.members.is_empty() {
            drops(self.old.clone()).into_iter().for_each(|sql| script.push(sql));
            return;
        }
        for steps in &self.members {
            let goes = |index: &&IndexDef| {
                let mut remade = crate::render::sqlite::ability::remade_indexes(steps);
                !steps.indexes.dropped.iter().any(|dropped| dropped.name == index.name)
                    && !remade.any(|(old, _)| old == index.name)
            };
            let needed = |index: &&IndexDef| {
                let mut after = steps.after().indexes.iter();
                after
                    .any(|other| other.name == index.name && self.needs(&steps.after().name, other))
            };
            for index in steps.alteration.from.indexes.iter().filter(goes).filter(needed) {
                script.push(format!("DROP INDEX {}", quoted(&index.name)));
            }
        }
        for gone in &self.gone {
            for index in &gone.table.indexes {
                script.push(format!("DROP INDEX {}", quoted(&index.name)));
            }
            if gone.name != gone.table.name {
                let (old, new) = (quoted(&gone.table.name), quoted(&gone.name));
                script.push(format!("ALTER TABLE {old} RENAME TO {new}"));
            }
        }
    }

    /// Drops the old tables, once their rows are copied.
    pub(super) fn drop_old(&self, script: &mut Script) {
        if !self.members.is_empty() {
            drops(self.old.clone()).into_iter().for_each(|sql| script.push(sql));
        }
    }
}

impl Gone {
    fn new(table: &TableDef, diff: &Diff) -> Self {
        let is_taken = |other: &TableDef| DIALECT.is_same_name(&other.name, &table.name);
        let name = match diff.to.iter().chain(&diff.views.to).any(is_taken) {
            true => format!("__mizzle_gone_{}", table.name),
            false => table.name.clone(),
        };
        Self { table: table.clone(), name }
    }
}

/// Returns the old table, under its new name and with the names that its parents have then.
fn before(steps: &Steps<'_>, gone: &[Gone]) -> TableDef {
    let mut table = steps.before.clone();
    name_gone(&mut table, &steps.alteration.from, gone);
    table
}

/// Names the dropped parents as they are named while others change. `from` is the table before all renames.
fn name_gone(table: &mut TableDef, from: &TableDef, gone: &[Gone]) {
    for (key, was) in table.foreign_keys.iter_mut().zip(&from.foreign_keys) {
        if let Some(gone) = gone.iter().find(|gone| gone.table.name == was.table) {
            key.table.clone_from(&gone.name);
        }
    }
}
