//! The difference between two schemas, as data.

mod expression;
mod labels;
mod matching;
mod renames;
mod steps;
mod summary;
mod views;

use std::fmt;

use orm_core::Dialect;
use orm_core::schema::TableDef;
use orm_core::schema::fragments::native_enums;

pub(crate) use self::expression::{mentions, rename_identifiers};
pub(crate) use self::labels::{relabels, removed_labels};
pub(crate) use self::renames::Renames;
pub(crate) use self::steps::{Steps, is_not_null};
pub use self::views::Views;

/// Answers that two schemas alone can't give: what was renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Renamed tables: the old and the new name.
    pub tables: Vec<(String, String)>,
    /// Renamed columns: the table (by its new name), the old and the new name.
    pub columns: Vec<(String, String, String)>,
    /// Renamed labels of enums.
    pub labels: Vec<LabelHint>,
    /// Tables and columns that are dropped even though something new could be a rename of them: `table` or
    /// `table.column`, by the old names.
    pub drops: Vec<String>,
    /// Whether the schema before comes from structs, and so has all that they declared. A declared rename that it has is
    /// already done, and one that it lacks is not. A database has only those that are remembered.
    pub remembers: bool,
}

/// A renamed label of a column's enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelHint {
    /// The table, by its new name.
    pub table: String,
    /// The column, by its new name.
    pub column: String,
    /// The old label.
    pub old: String,
    /// The new label.
    pub new: String,
}

/// The difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    /// The tables before.
    pub from: Vec<TableDef>,
    /// The tables after.
    pub to: Vec<TableDef>,
    /// The changes of native enum types.
    pub enums: Vec<EnumChange>,
    /// The changes of tables, in the order of `to`, dropped tables last.
    pub tables: Vec<TableChange>,
    /// The views before and after.
    pub views: Views,
}

/// A change of a native enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumChange {
    /// It is new.
    Create {
        /// Its name.
        name: String,
        /// Its labels.
        labels: Vec<String>,
    },
    /// It is no longer used.
    Drop {
        /// Its name.
        name: String,
        /// Its labels.
        labels: Vec<String>,
    },
    /// Its labels change.
    Alter {
        /// Its name.
        name: String,
        /// The labels before.
        from: Vec<String>,
        /// The labels after.
        to: Vec<String>,
        /// The renamed labels, each with its old and its new name.
        renamed: Vec<(String, String)>,
    },
}

/// A change of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableChange {
    /// It is new.
    Create(TableDef),
    /// It is dropped with its rows.
    Drop(TableDef),
    /// It changes.
    Alter(Box<Alteration>),
}

/// The changes of a table that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alteration {
    /// The table before.
    pub from: TableDef,
    /// The table after.
    pub to: TableDef,
    /// The columns that stay, each with its name before and after, in the order after.
    pub columns: Vec<(String, String)>,
}

/// The reason why there is no diff.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// Something may have been renamed, and nobody has said so.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Ambiguous(Vec<Question>),
    /// A hint names something that neither schema has.
    #[error("{0}")]
    UnknownHint(String),
}

/// A possible rename: one thing is gone, and there are new ones that could be it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The table of the column, by its new name; `None` if the question is about tables.
    pub table: Option<String>,
    /// The name that is gone.
    pub gone: String,
    /// The new names that it could have, likeliest first.
    pub candidates: Vec<String>,
}

/// Asks the question, and says how to answer it with a flag.
impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, of, place) = match &self.table {
            Some(table) => ("column", format!(" of table {table:?}"), format!("{table}.")),
            None => ("table", String::new(), String::new()),
        };
        let gone = &self.gone;
        let candidates: Vec<String> =
            self.candidates.iter().map(|name| format!("{name:?}")).collect();
        let first = self.candidates.first().map_or("", String::as_str);
        write!(
            f,
            "{what} {gone:?}{of} is gone, and {} new: if it was renamed, pass `--rename {place}{gone}={place}{first}`, \
             or write `renamed_from = \"{gone}\"` in the struct; to drop it with its contents, pass `--drop \
             {place}{gone}`",
            match candidates.as_slice() {
                [one] => format!("{one} is"),
                several => format!("{} are", several.join(", ")),
            },
        )
    }
}

/// Compares two schemas. The order of tables, columns and constraints makes no difference.
///
/// # Errors
/// Fails if only a person can decide, or if a hint fits nothing.
pub fn diff(from: &[TableDef], to: &[TableDef], hints: &Hints) -> Result<Diff, DiffError> {
    let split = |tables: &[TableDef]| tables.iter().cloned().partition(TableDef::is_view);
    let (views_before, from): (Vec<TableDef>, Vec<TableDef>) = split(from);
    let (views_after, to): (Vec<TableDef>, Vec<TableDef>) = split(to);
    let (from, to) = (from.as_slice(), to.as_slice());
    let matched = matching::tables(from, to, hints)?;
    let labels::Resolved { from, to, native } = labels::resolve(from, to, &matched, hints)?;
    let (from, to) = (from.as_slice(), to.as_slice());
    let renames = Renames::new(from, to, &matched);
    let mut tables = Vec::new();
    for (position, after) in to.iter().enumerate() {
        let found = matched.iter().find(|found| found.to == position);
        let Some(found) = found else {
            tables.push(TableChange::Create(settled(after)));
            continue;
        };
        let before = &from[found.from];
        let is_renamed = before.name != after.name
            || found.columns.iter().any(|(before, after)| before != after);
        if is_renamed || differs(&renames.apply_to_parents(before), after) {
            tables.push(TableChange::Alter(Box::new(Alteration {
                from: settled(before),
                to: settled(after),
                columns: found.columns.clone(),
            })));
        }
    }
    let gone =
        (0..from.len()).filter(|position| matched.iter().all(|found| found.from != *position));
    tables.extend(gone.map(|position| TableChange::Drop(settled(&from[position]))));
    Ok(Diff {
        from: from.iter().map(settled).collect(),
        to: to.iter().map(settled).collect(),
        enums: enums(from, to, &native),
        tables,
        views: Views { from: views_before, to: views_after },
    })
}

/// Returns the table without the previous names that it declares, which only a diff needs.
fn settled(table: &TableDef) -> TableDef {
    let mut table = table.clone();
    table.renamed_from = None;
    for column in &mut table.columns {
        column.renamed_from = None;
    }
    table
}

/// Returns whether the two tables, with the same name, differ in more than the order of their parts.
fn differs(before: &TableDef, after: &TableDef) -> bool {
    sorted(before) != sorted(after)
}

fn sorted(table: &TableDef) -> TableDef {
    let mut table = settled(table);
    table.columns.sort_by(|one, other| one.name.cmp(&other.name));
    table.uniques.sort_by(|one, other| one.name.cmp(&other.name));
    table.checks.sort_by(|one, other| one.name.cmp(&other.name));
    table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
    table.indexes.sort_by(|one, other| one.name.cmp(&other.name));
    table
}

fn enums(
    from: &[TableDef],
    to: &[TableDef],
    renamed: &[(String, labels::Renamed)],
) -> Vec<EnumChange> {
    let (before, after) = (native_enums(from), native_enums(to));
    let mut changes = Vec::new();
    for (name, labels) in &after {
        let (name, labels) = ((*name).to_owned(), labels.to_vec());
        let renamed = renamed.iter().find(|(known, _)| *known == name);
        let renamed = renamed.map(|(_, renamed)| renamed.clone()).unwrap_or_default();
        match before.iter().find(|(known, _)| *known == name) {
            None => changes.push(EnumChange::Create { name, labels }),
            Some((_, known)) if **known == labels && renamed.is_empty() => {}
            Some((_, known)) => {
                let from = known.to_vec();
                changes.push(EnumChange::Alter { name, from, to: labels, renamed });
            }
        }
    }
    for (name, labels) in before {
        if !after.iter().any(|(known, _)| *known == name) {
            changes.push(EnumChange::Drop { name: name.into(), labels: labels.to_vec() });
        }
    }
    changes
}

impl Diff {
    /// Returns whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.enums.is_empty() && self.tables.is_empty() && self.views.is_empty()
    }

    /// Returns the diff with the indexes that this database has: see [`IndexDef::of_dialect`](orm_core::schema::IndexDef::of_dialect).
    #[must_use]
    pub(crate) fn of_dialect(&self, dialect: Dialect) -> Self {
        let mut diff = self.clone();
        let views = diff.views.from.iter_mut().chain(&mut diff.views.to);
        let whole = diff.from.iter_mut().chain(&mut diff.to).chain(views);
        let changed = diff.tables.iter_mut().flat_map(|change| match change {
            TableChange::Create(table) | TableChange::Drop(table) => vec![table],
            TableChange::Alter(alteration) => vec![&mut alteration.from, &mut alteration.to],
        });
        for table in whole.chain(changed) {
            *table = table.of_dialect(dialect);
        }
        diff
    }

    /// Returns the diff in the other direction.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let tables = self.tables.iter().map(|change| match change {
            TableChange::Create(table) => TableChange::Drop(table.clone()),
            TableChange::Drop(table) => TableChange::Create(table.clone()),
            TableChange::Alter(alteration) => TableChange::Alter(Box::new(alteration.inverse())),
        });
        let enums = self.enums.iter().map(|change| match change.clone() {
            EnumChange::Create { name, labels } => EnumChange::Drop { name, labels },
            EnumChange::Drop { name, labels } => EnumChange::Create { name, labels },
            EnumChange::Alter { name, from, to, renamed } => {
                EnumChange::Alter { name, from: to, to: from, renamed: labels::inverse(&renamed) }
            }
        });
        let mut inverse = Self {
            from: self.to.clone(),
            to: self.from.clone(),
            enums: enums.collect(),
            tables: tables.collect(),
            views: self.views.inverse(),
        };
        for column in inverse.from.iter_mut().flat_map(|table| &mut table.columns) {
            column.renamed_labels.clear();
        }
        let Self { to, tables, .. } = &mut inverse;
        for change in tables {
            if let TableChange::Alter(alteration) = change
                && let Some(table) = to.iter_mut().find(|table| table.name == alteration.to.name)
            {
                table.clone_from(&alteration.to);
            }
        }
        inverse
    }

    /// Returns the changes for people, one line each: `+ table posts`, `~ column users.email: nullable`.
    pub fn summary(&self) -> Vec<String> {
        summary::lines(self)
    }

    pub(crate) fn alterations(&self) -> impl Iterator<Item = &Alteration> {
        self.tables.iter().filter_map(|change| match change {
            TableChange::Alter(alteration) => Some(&**alteration),
            _ => None,
        })
    }

    pub(crate) fn created(&self) -> impl Iterator<Item = &TableDef> {
        self.tables.iter().filter_map(|change| match change {
            TableChange::Create(table) => Some(table),
            _ => None,
        })
    }

    pub(crate) fn dropped(&self) -> impl Iterator<Item = &TableDef> {
        self.tables.iter().filter_map(|change| match change {
            TableChange::Drop(table) => Some(table),
            _ => None,
        })
    }
}

impl Alteration {
    /// Returns whether anything differs, by the new names of all tables.
    pub(crate) fn changes(&self, renames: &Renames) -> bool {
        self.from.name != self.to.name
            || self.columns.iter().any(|(before, after)| before != after)
            || differs(&renames.apply_to_parents(&self.from), &self.to)
    }

    fn inverse(&self) -> Self {
        let mut columns: Vec<(String, String)> =
            self.columns.iter().map(|(before, after)| (after.clone(), before.clone())).collect();
        let place = |name: &str| self.from.columns.iter().position(|column| column.name == name);
        columns.sort_by_key(|(_, after)| place(after));
        let (mut from, mut to) = (self.to.clone(), self.from.clone());
        for (before, after) in &columns {
            let old = from.columns.iter_mut().find(|column| column.name == *before);
            let new = to.columns.iter_mut().find(|column| column.name == *after);
            if let (Some(old), Some(new)) = (old, new) {
                new.renamed_labels = labels::inverse(&std::mem::take(&mut old.renamed_labels));
            }
        }
        Self { from, to, columns }
    }

    /// Returns the column's name before, by its name after.
    pub(crate) fn old_name(&self, column: &str) -> Option<&str> {
        self.columns.iter().find(|(_, after)| after == column).map(|(before, _)| before.as_str())
    }
}
