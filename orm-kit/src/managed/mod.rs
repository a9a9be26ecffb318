//! Which parts of a database the structs manage.
//!
//! Three schemas are compared: that of the database, that of the structs, and that of the structs when the database
//! last matched them. What is only in the first was created by somebody else: another tool, or a person. It takes part
//! in no diff. If its table changes, it is on both sides of the diff, so every change keeps it. What is over a column that
//! is dropped is on neither side: the runner refuses to drop it along.

mod adopt;
mod memory;
mod parts;
mod views;

use orm_core::Dialect;
use orm_core::schema::fragments::native_enums;
use orm_core::schema::{ForeignKeyDef, TableDef, validate};

pub use self::memory::Memory;
pub(crate) use self::memory::add;
use self::memory::recall_renames;
use self::parts::{Kind, names, names_in_database, retain};
pub(crate) use self::views::changed_by_hand;
pub use self::views::managed_views;
use crate::diff::{Diff, EnumChange, Renames, TableChange};
use crate::introspect::{Note, name_as};

/// What a user has named although no struct ever did: by the names in the database.
#[derive(Debug, Default)]
pub struct Asked {
    /// `table` or `table.column`, to be dropped.
    pub drops: Vec<String>,
    /// `table` or `table.column`, and its new name.
    pub renames: Vec<(String, String)>,
}

/// The part of the database that a diff is about.
#[derive(Debug)]
pub struct Managed<'a> {
    dialect: Dialect,
    found: Vec<TableDef>,
    remembered: &'a [TableDef],
    /// The part of `found` that structs name, have named, or that a user has named.
    pub tables: Vec<TableDef>,
}

impl<'a> Managed<'a> {
    /// `remembered` is what the structs declared when the database last matched them.
    pub fn new(
        found: &[TableDef],
        wanted: &[TableDef],
        remembered: &'a [TableDef],
        asked: &Asked,
        dialect: Dialect,
    ) -> Self {
        let mut found = found.to_vec();
        let tables = found.iter_mut().filter_map(|table| {
            let after = successor(table, wanted, asked);
            let before = find(remembered, &table.name);
            // What was there when the structs last matched settles names, or else the structs do.
            let same = after.filter(|after| after.name == table.name);
            if let Some(expected) = before.or(same) {
                name_as(table, expected, after, dialect);
            }
            let mut managed = managed_part(table, after, before, asked, dialect);
            if let (Some(managed), Some(before)) = (&mut managed, before) {
                recall_renames(managed, before);
            }
            managed
        });
        let tables = tables.collect();
        Self { dialect, found, remembered, tables }
    }

    /// Returns the diff from [`tables`](Self::tables), for a database that contains more: the rest is on both sides of
    /// it.
    pub fn carry(&self, mut diff: Diff) -> Diff {
        let renames = Renames::of(&diff);
        for position in 0..self.tables.len() {
            let managed = &self.tables[position];
            let Some(whole) = find(&self.found, &managed.name) else { continue };
            self.carry_table(managed, whole, &renames, &mut diff);
        }
        self.carry_enums(&mut diff);
        diff.tables.retain(|change| match change {
            TableChange::Alter(alteration) => alteration.changes(&renames),
            _ => true,
        });
        self.carry_tables(&mut diff);
        diff
    }

    fn carry_table(
        &self,
        managed: &TableDef,
        whole: &TableDef,
        renames: &Renames,
        diff: &mut Diff,
    ) {
        let own = |tables: &[TableDef], name: &str| tables.iter().position(|t| t.name == name);
        let pairs = diff
            .alterations()
            .find(|alteration| alteration.from.name == managed.name)
            .map(|alteration| alteration.columns.clone());
        let pairs = pairs.unwrap_or_else(|| {
            managed.columns.iter().map(|c| (c.name.clone(), c.name.clone())).collect()
        });
        let remembered = find(self.remembered, &managed.name);
        let whole = &parts::without_dropped(whole, managed, remembered, &pairs, self.dialect);
        let (before, after) =
            (renames.apply(managed, self.dialect), renames.apply(whole, self.dialect));
        let is_dropped = diff.dropped().any(|table| table.name == managed.name);
        if is_dropped {
            return;
        }
        if let Some(place) = own(&diff.from, &managed.name) {
            diff.from[place] = whole.clone();
        }
        let Some(place) = own(&diff.to, &after.name) else { return };
        let to = &mut diff.to[place];
        for (old, new) in &pairs {
            let found = after.find_column(new);
            let known = remembered.and_then(|table| table.find_column(old));
            if let (Some(found), Some(column)) =
                (found, to.columns.iter_mut().find(|column| column.name == *new))
            {
                adopt::column(column, found, known, self.dialect);
            }
        }
        let added = parts::add_unmanaged(to, &before, &after);
        let to = to.clone();
        for change in &mut diff.tables {
            if let TableChange::Alter(alteration) = change
                && alteration.from.name == managed.name
            {
                alteration.from = whole.clone();
                alteration.to = to.clone();
                alteration.columns.extend(added.iter().map(|name| (name.clone(), name.clone())));
            }
        }
    }

    /// Tables of others are on both sides as well, as they may refer to what changes, unless mizzle can't write them.
    fn carry_tables(&self, diff: &mut Diff) {
        let others = self.found.iter().filter(|table| find(&self.tables, &table.name).is_none());
        without_dangling(diff, others.clone());
        let mut with_others = diff.clone();
        let renames = Renames::of(diff);
        for table in others {
            with_others.from.push(table.clone());
            with_others.to.push(renames.apply(table, self.dialect));
        }
        if validate(&with_others.to, self.dialect).is_ok() {
            *diff = with_others;
            return;
        }
        // What is kept in a table of the structs may refer to one of them: then it is on neither side.
        let known: Vec<String> = diff.to.iter().map(|table| table.name.clone()).collect();
        let theirs: Vec<String> = self
            .found
            .iter()
            .filter(|table| find(&self.tables, &table.name).is_none())
            .map(|table| table.name.clone())
            .filter(|name| !known.contains(name))
            .collect();
        for table in both_sides(diff) {
            table.foreign_keys.retain(|key| !theirs.contains(&key.table));
        }
    }

    /// A type of others' columns stays, and so do labels that others have added to it.
    fn carry_enums(&self, diff: &mut Diff) {
        let used = native_enums(&self.found);
        let remembered = native_enums(self.remembered);
        let still_used: Vec<String> = self
            .found
            .iter()
            .flat_map(|table| {
                let managed = find(&self.tables, &table.name);
                table.columns.iter().filter(move |column| {
                    managed.is_none_or(|managed| managed.find_column(&column.name).is_none())
                })
            })
            .filter_map(parts::native_name)
            .collect();
        let mut kept: Vec<(String, Vec<String>)> = Vec::new();
        diff.enums.retain(|change| match change {
            EnumChange::Drop { name, .. } => !still_used.contains(name),
            EnumChange::Create { name, .. } => !used.iter().any(|(known, _)| known == name),
            EnumChange::Alter { name, from, to, renamed } => {
                let known = remembered.iter().find(|(known, _)| known == name);
                let is_foreign = |label: &String| {
                    let is_renamed = renamed.iter().any(|(old, _)| old == label);
                    !is_renamed
                        && !to.contains(label)
                        && known.is_none_or(|(_, labels)| !labels.contains(label))
                };
                let without: Vec<&String> =
                    from.iter().filter(|label| !is_foreign(label)).collect();
                let by_others =
                    without.len() < from.len() && without == to.iter().collect::<Vec<_>>();
                if by_others {
                    kept.push((name.clone(), from.clone()));
                }
                !by_others
            }
        });
        for (name, labels) in kept {
            parts::set_labels(diff, &name, &labels);
        }
    }

    /// Returns what the database contains beyond what structs name or have named, a note each.
    pub fn others(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        for table in &self.found {
            let note = |what: String| Note { table: table.name.clone(), column: None, what };
            let Some(managed) = find(&self.tables, &table.name) else {
                notes.push(note("no struct describes this table; it is left alone".into()));
                continue;
            };
            for column in &table.columns {
                if managed.find_column(&column.name).is_none() {
                    notes.push(Note {
                        column: Some(column.name.clone()),
                        ..note("no struct names this column; it is left alone".into())
                    });
                }
            }
            let known = names(managed);
            for (kind, name) in names(table).into_iter().filter(|part| !known.contains(part)) {
                let what = format!("no struct names the {kind} {name}; it is left alone");
                notes.push(note(what));
            }
        }
        notes
    }
}

/// Leaves out foreign keys that no struct has to tables that go. What becomes of them is up to the database: PostgreSQL
/// refuses to drop the table, and on SQLite the runner does if rows would refer to it.
fn without_dangling<'t>(diff: &mut Diff, others: impl Iterator<Item = &'t TableDef>) {
    let mut known: Vec<String> = others.map(|table| table.name.clone()).collect();
    known.extend(diff.to.iter().map(|table| table.name.clone()));
    let keys = diff.to.iter().flat_map(|table| &table.foreign_keys);
    let dangling: Vec<ForeignKeyDef> =
        keys.filter(|key| !known.contains(&key.table)).cloned().collect();
    if dangling.is_empty() {
        return;
    }
    for table in both_sides(diff) {
        let is_dangling = |key: &ForeignKeyDef| {
            dangling.iter().any(|other| (&other.name, &other.table) == (&key.name, &key.table))
        };
        table.foreign_keys.retain(|key| !is_dangling(key));
    }
}

/// Returns the tables before and after, as a whole and in the changes.
fn both_sides(diff: &mut Diff) -> impl Iterator<Item = &mut TableDef> {
    let of_changes = diff.tables.iter_mut().flat_map(|change| match change {
        TableChange::Alter(alteration) => {
            let alteration = &mut **alteration;
            vec![&mut alteration.from, &mut alteration.to]
        }
        _ => Vec::new(),
    });
    diff.from.iter_mut().chain(&mut diff.to).chain(of_changes)
}

fn find<'t>(tables: &'t [TableDef], name: &str) -> Option<&'t TableDef> {
    tables.iter().find(|table| table.name == name)
}

/// Returns the table's name in the structs.
fn successor<'t>(table: &TableDef, wanted: &'t [TableDef], asked: &Asked) -> Option<&'t TableDef> {
    let renamed = asked.renames.iter().find(|(old, _)| *old == table.name);
    renamed
        .and_then(|(_, new)| find(wanted, new))
        .or_else(|| find(wanted, &table.name))
        .or_else(|| wanted.iter().find(|after| after.renamed_from.as_ref() == Some(&table.name)))
}

fn managed_part(
    table: &TableDef,
    after: Option<&TableDef>,
    before: Option<&TableDef>,
    asked: &Asked,
    dialect: Dialect,
) -> Option<TableDef> {
    if after.is_none() && before.is_none() {
        // A user who names a table to drop means all of it.
        return asked.drops.contains(&table.name).then(|| table.clone());
    }
    let of = |name: &str, table: Option<&TableDef>| {
        table.is_some_and(|table| table.find_column(name).is_some())
    };
    let is_asked = |name: &str| {
        let tables = [Some(&table.name), after.map(|after| &after.name)];
        let mut paths = tables.into_iter().flatten().map(|table| format!("{table}.{name}"));
        paths.any(|path| {
            asked.drops.contains(&path) || asked.renames.iter().any(|(old, _)| *old == path)
        })
    };
    let is_renamed = |name: &str| {
        after.is_some_and(|after| {
            after.columns.iter().any(|column| column.renamed_from.as_deref() == Some(name))
        })
    };
    let mut managed = table.clone();
    managed.columns.retain(|column| {
        let name = column.name.as_str();
        of(name, after)
            || of(name, before)
            || table.primary_key.contains(&column.name)
            || is_asked(name)
            || is_renamed(name)
    });
    let named: Vec<(Kind, String)> = after
        .into_iter()
        .chain(before)
        .flat_map(|table| names_in_database(table, dialect))
        .collect();
    retain(&mut managed, |kind, name| {
        named.iter().any(|(other, known)| *other == kind && dialect.is_same_name(known, name))
    });
    parts::drop_dangling(&mut managed);
    Some(managed)
}
