//! The changes of a table that stays, part by part, on one database.

use orm_core::Dialect;
use orm_core::schema::fragments::{column as column_sql, type_checks};
use orm_core::schema::{
    CheckDef, ColumnDef, ForeignKeyDef, IndexDef, SchemaError, TableDef, UniqueDef,
};

use super::{Alteration, Diff, Renames, relabels, rename_identifiers};

/// The changes of a table, after it and its columns have their new names.
pub(crate) struct Steps<'a> {
    pub(crate) alteration: &'a Alteration,
    /// The table after the renames and before all other changes; its constraints and indexes still have their old
    /// names.
    pub(crate) before: TableDef,
    pub(crate) added: Vec<&'a ColumnDef>,
    pub(crate) dropped: Vec<ColumnDef>,
    /// Columns whose declaration changes: after the renames, and at the end.
    pub(crate) changed: Vec<(ColumnDef, &'a ColumnDef)>,
    pub(crate) key_changed: bool,
    pub(crate) uniques: Changes<UniqueDef>,
    /// Includes the checks that restrict columns to their types.
    pub(crate) checks: Changes<CheckDef>,
    pub(crate) foreign_keys: Changes<ForeignKeyDef>,
    pub(crate) indexes: Changes<IndexDef>,
}

/// The changes of one kind of constraints or indexes.
pub(crate) struct Changes<T> {
    /// Renamed ones: the old and the new name.
    pub(crate) renamed: Vec<(String, String)>,
    /// Dropped ones, including those that are added again in another form.
    pub(crate) dropped: Vec<T>,
    /// Added ones.
    pub(crate) added: Vec<T>,
}

impl<'a> Steps<'a> {
    /// Returns the steps of every table of the diff that stays and changes.
    pub(crate) fn of(
        diff: &'a Diff,
        renames: &Renames,
        dialect: Dialect,
    ) -> Result<Vec<Self>, SchemaError> {
        diff.alterations().map(|alteration| Self::new(alteration, renames, dialect)).collect()
    }

    pub(crate) fn new(
        alteration: &'a Alteration,
        renames: &Renames,
        dialect: Dialect,
    ) -> Result<Self, SchemaError> {
        let before = renames.apply(&alteration.from, dialect);
        let after = &alteration.to;
        let mut changed = Vec::new();
        for column in &after.columns {
            if let Some(old) = old_column(alteration, column, dialect)
                && (old.stored != column.stored
                    || relabels(&old, column, dialect)
                    || column_sql(&before, &old, dialect)? != column_sql(after, column, dialect)?)
            {
                changed.push((old, column));
            }
        }
        let stays =
            |column: &ColumnDef| alteration.columns.iter().any(|(_, after)| *after == column.name);
        let added = after.columns.iter().filter(|column| !stays(column)).collect();
        // An added column may have the name of a dropped one.
        let is_kept = |name: &str| alteration.columns.iter().any(|(before, _)| before == name);
        let dropped = alteration.from.columns.iter().filter(|column| !is_kept(&column.name));
        let renamed: Vec<(String, String)> = alteration.columns.clone();
        let old_checks =
            type_checks(&alteration.from, dialect).into_iter().map(|(_, mut check)| {
                check.condition = rename_identifiers(&check.condition, &renamed, dialect);
                check
            });
        let old_checks: Vec<CheckDef> = old_checks.chain(before.checks.iter().cloned()).collect();
        let of_types = type_checks(after, dialect);
        let new_checks: Vec<CheckDef> = of_types
            .iter()
            .map(|(_, check)| check.clone())
            .chain(after.checks.iter().cloned())
            .collect();
        let mut checks = changes(&old_checks, &new_checks, |check| &mut check.name);
        let relabelled = of_types.iter().filter(|(name, _)| {
            let is_it = |column: &&ColumnDef| column.name == *name;
            let relabels = |(old, new): &(ColumnDef, &ColumnDef)| relabels(old, new, dialect);
            changed.iter().any(|pair| is_it(&pair.1) && relabels(pair))
        });
        for (_, check) in relabelled {
            checks.remake(check);
        }
        let dropped = dropped.cloned().collect();
        Ok(Self {
            alteration,
            added,
            dropped,
            changed,
            key_changed: before.primary_key != after.primary_key,
            uniques: changes(&before.uniques, &after.uniques, |unique| &mut unique.name),
            checks,
            foreign_keys: changes(&before.foreign_keys, &after.foreign_keys, |key| &mut key.name),
            indexes: changes(&before.indexes, &after.indexes, |index| &mut index.name),
            before,
        })
    }

    /// Returns the table at the end.
    pub(crate) fn after(&self) -> &'a TableDef {
        &self.alteration.to
    }
}

/// Returns the column after the renames and before all other changes. A name alone doesn't find it: a dropped column
/// may have had it.
fn old_column(alteration: &Alteration, column: &ColumnDef, dialect: Dialect) -> Option<ColumnDef> {
    let mut old = alteration.from.find_column(alteration.old_name(&column.name)?)?.clone();
    old.name.clone_from(&column.name);
    let columns = &alteration.columns;
    old.generated = old.generated.map(|sql| rename_identifiers(&sql, columns, dialect));
    Some(old)
}

/// Returns whether the database refuses NULL in the column.
pub(crate) fn is_not_null(table: &TableDef, column: &ColumnDef) -> bool {
    !column.nullable || column.auto || table.primary_key.contains(&column.name)
}

fn changes<T: Clone + PartialEq>(
    before: &[T],
    after: &[T],
    name: impl Fn(&mut T) -> &mut String,
) -> Changes<T> {
    let name_of = |part: &T| name(&mut part.clone()).clone();
    let same_but_name = |one: &T, other: &T| {
        let mut one = one.clone();
        *name(&mut one) = name_of(other);
        one == *other
    };
    let mut gone: Vec<&T> = before.iter().filter(|part| !after.contains(part)).collect();
    let mut renamed = Vec::new();
    let mut added = Vec::new();
    for part in after.iter().filter(|part| !before.contains(part)) {
        match gone.iter().position(|old| same_but_name(old, part)) {
            Some(place) => renamed.push((name_of(gone.remove(place)), name_of(part))),
            None => added.push(part.clone()),
        }
    }
    Changes { renamed, dropped: gone.into_iter().cloned().collect(), added }
}

impl Changes<CheckDef> {
    /// Drops the check while rows change, and adds it again, though it is the same in the end.
    fn remake(&mut self, check: &CheckDef) {
        if self.added.contains(check) {
            return;
        }
        let place = self.renamed.iter().position(|(_, new)| *new == check.name);
        let name = place.map_or(check.name.clone(), |place| self.renamed.remove(place).0);
        self.dropped.push(CheckDef { name, condition: check.condition.clone() });
        self.added.push(check.clone());
    }
}

impl<T> Changes<T> {
    /// Returns whether nothing of the kind changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.renamed.is_empty() && self.dropped.is_empty() && self.added.is_empty()
    }
}
