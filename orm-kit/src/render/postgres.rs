//! A diff on PostgreSQL.
//!
//! Everything runs in the order in which it can: what is in the way goes first (foreign keys, checks, indexes), then things take
//! their new names, then types and columns change, and then what was taken away or is new comes.

use orm_core::Dialect;
use orm_core::schema::fragments::{
    self, column as column_sql, column_type, create_index, default, foreign_key,
};
use orm_core::schema::{
    ColumnDef, ColumnType, DefaultValue, ForeignKeyDef, IndexDef, IndexKey, SchemaError, TableDef,
    create_tables,
};

use super::script::{Script, guard};
use super::{columns, order};
use crate::diff::{Diff, EnumChange, Renames, Steps, is_not_null, mentions};
use crate::rows::{Conversion, convert, guards};

const DIALECT: Dialect = Dialect::Postgres;

fn quoted(name: &str) -> String {
    DIALECT.quote_ident(name)
}

pub(super) fn render(diff: &Diff) -> Result<Script, SchemaError> {
    let renames = Renames::of(diff);
    let tables: Vec<Steps<'_>> = diff
        .alterations()
        .map(|alteration| Steps::new(alteration, &renames, DIALECT))
        .collect::<Result<_, _>>()?;
    let recreated = recreated_enums(diff);
    let mut plan = Plan { diff, renames, tables, recreated, script: Script::default() };
    let guards = guards(diff, DIALECT)?;
    plan.script.statements.extend(guards.iter().map(|found| guard(found, DIALECT)));
    let keys = plan.foreign_keys();
    for (table, key) in &keys.dropped {
        plan.script.push(format!("ALTER TABLE {} DROP CONSTRAINT {}", quoted(table), quoted(key)));
    }
    plan.drop_tables();
    plan.drop_constraints();
    plan.drop_columns();
    plan.rename();
    plan.enums();
    plan.recreate_enums()?;
    for position in 0..plan.tables.len() {
        plan.alter_columns(position)?;
    }
    for position in 0..plan.tables.len() {
        plan.add_generated(position)?;
        plan.add_keys(position);
    }
    plan.create_tables()?;
    for (table, key) in &keys.added {
        plan.script.push(format!(
            "ALTER TABLE {} ADD {}",
            quoted(table),
            foreign_key(key, DIALECT)
        ));
    }
    let dropped = diff.enums.iter().filter_map(|change| match change {
        EnumChange::Drop { name, .. } => Some(quoted(name)),
        EnumChange::Alter { name, .. } if plan.recreated.contains(name) => {
            Some(quoted(&old_type(name)))
        }
        _ => None,
    });
    let dropped: Vec<String> = dropped.collect();
    if !dropped.is_empty() {
        plan.script.push(format!("DROP TYPE {}", dropped.join(", ")));
    }
    Ok(plan.script)
}

/// What makes others wait.
pub(super) fn locks(steps: &Steps<'_>) -> Option<&'static str> {
    let is_rewritten = steps.changed.iter().any(|(old, new)| {
        let column = quoted(&new.name);
        old.ty != new.ty
            && !is_wider_text(&old.ty, &new.ty)
            && convert(&old.ty, &new.ty, &column, DIALECT) != Conversion::Never
    });
    let is_computed = |column: &&ColumnDef| column.generated.is_some() || column.auto;
    let becomes_not_null = steps
        .changed
        .iter()
        .any(|(old, new)| !is_not_null(&steps.before, old) && is_not_null(steps.after(), new));
    if is_rewritten || steps.added.iter().any(is_computed) {
        Some("rewrites the table, while nobody else can read or write it")
    } else if !steps.indexes.added.is_empty()
        || !steps.uniques.added.is_empty()
        || steps.key_changed
    {
        Some("builds an index, while nobody else can write the table")
    } else if becomes_not_null
        || !steps.checks.added.is_empty()
        || !steps.foreign_keys.added.is_empty()
    {
        Some("reads the whole table to check it, while nobody else can write it")
    } else {
        None
    }
}

fn is_wider_text(old: &ColumnType, new: &ColumnType) -> bool {
    match (old, new) {
        (ColumnType::Varchar(old), ColumnType::Varchar(new)) => old <= new,
        (ColumnType::Varchar(_), ColumnType::Text) => true,
        _ => false,
    }
}

/// Native types that lose or reorder labels, or whose new labels are used at once: PostgreSQL can neither remove a label
/// nor use a new one before the transaction ends.
fn recreated_enums(diff: &Diff) -> Vec<String> {
    let mut recreated = Vec::new();
    for change in &diff.enums {
        let EnumChange::Alter { name, from, to } = change else { continue };
        let kept: Vec<&String> = to.iter().filter(|label| from.contains(label)).collect();
        let is_used = |label: &String| {
            let literal = DIALECT.quote_literal(label);
            diff.to.iter().any(|table| {
                let in_sql =
                    |sql: &Option<String>| sql.as_ref().is_some_and(|sql| sql.contains(&literal));
                table.columns.iter().any(|column| {
                    in_sql(&column.generated)
                        || match &column.default {
                            Some(DefaultValue::Text(text)) => text == label,
                            Some(DefaultValue::Sql(sql)) => sql.contains(&literal),
                            _ => false,
                        }
                }) || table.checks.iter().any(|check| check.condition.contains(&literal))
                    || table.indexes.iter().any(|index| in_sql(&index.condition))
            })
        };
        let is_new = |label: &&String| !from.contains(label);
        if kept.iter().copied().ne(from) || to.iter().filter(is_new).any(is_used) {
            recreated.push(name.clone());
        }
    }
    recreated
}

/// Foreign keys that go and that come, each with its table: by its name before, and by its name after.
struct ForeignKeys {
    dropped: Vec<(String, String)>,
    added: Vec<(String, ForeignKeyDef)>,
}

struct Plan<'a> {
    diff: &'a Diff,
    renames: Renames,
    tables: Vec<Steps<'a>>,
    recreated: Vec<String>,
    script: Script,
}

impl Plan<'_> {
    /// Whether the column (by its name after) gets another type.
    fn is_retyped(&self, table: &str, column: &str) -> bool {
        self.tables.iter().any(|steps| {
            steps.after().name == table
                && (steps.changed.iter().any(|(old, new)| {
                    new.name == column && column_type(old, DIALECT) != column_type(new, DIALECT)
                }) || steps
                    .after()
                    .find_column(column)
                    .is_some_and(|column| self.is_recreated(column)))
        })
    }

    fn is_recreated(&self, column: &ColumnDef) -> bool {
        matches!(&column.ty, ColumnType::Enum { native: Some(name), .. } if self.recreated.contains(name))
    }

    /// Whether the expression of the table names a column that gets another type: PostgreSQL keeps expressions with the
    /// types that they had.
    fn is_bound(&self, table: &TableDef, sql: &str) -> bool {
        table
            .columns
            .iter()
            .any(|column| mentions(sql, &column.name) && self.is_retyped(&table.name, &column.name))
    }

    /// Whether the table's key, or the unique constraint or index over these columns, goes or changes.
    fn loses_key(&self, table: &str, referenced: &[String]) -> bool {
        let same = |columns: &[String]| {
            columns.len() == referenced.len()
                && columns.iter().all(|column| referenced.contains(column))
        };
        self.tables.iter().filter(|steps| steps.after().name == table).any(|steps| {
            steps.key_changed && same(&steps.before.primary_key)
                || steps.uniques.dropped.iter().any(|unique| same(&unique.columns))
                || steps
                    .indexes
                    .dropped
                    .iter()
                    .any(|index| index.unique && same(&index_columns(index)))
        })
    }

    fn foreign_keys(&self) -> ForeignKeys {
        let mut keys = ForeignKeys { dropped: Vec::new(), added: Vec::new() };
        for steps in &self.tables {
            let (old, new) = (&steps.alteration.from.name, &steps.after().name);
            keys.dropped.extend(
                steps.foreign_keys.dropped.iter().map(|key| (old.clone(), key.name.clone())),
            );
            keys.added
                .extend(steps.foreign_keys.added.iter().map(|key| (new.clone(), key.clone())));
        }
        // Keys that stay, and are in the way all the same.
        for table in &self.diff.from {
            if self.diff.dropped().any(|dropped| dropped.name == table.name) {
                continue;
            }
            let steps = self.tables.iter().find(|steps| steps.alteration.from.name == table.name);
            let after = match steps {
                Some(steps) => steps.after(),
                None => table,
            };
            for key in &self.renames.apply(table).foreign_keys {
                let is_dropped = steps.is_some_and(|steps| {
                    steps.foreign_keys.dropped.iter().any(|dropped| dropped.name == key.name)
                });
                let is_in_the_way =
                    key.columns.iter().any(|column| self.is_retyped(&after.name, column))
                        || key.references.iter().any(|column| self.is_retyped(&key.table, column))
                        || self.loses_key(&key.table, &key.references);
                if is_dropped || !is_in_the_way {
                    continue;
                }
                let renamed = steps.and_then(|steps| {
                    steps.foreign_keys.renamed.iter().find(|(old, _)| *old == key.name)
                });
                let mut added = key.clone();
                if let Some((_, new)) = renamed {
                    added.name.clone_from(new);
                }
                keys.dropped.push((table.name.clone(), key.name.clone()));
                keys.added.push((after.name.clone(), added));
            }
        }
        keys
    }

    /// What is in the way, by the names before.
    fn drop_constraints(&mut self) {
        for position in 0..self.tables.len() {
            let steps = &self.tables[position];
            let table = quoted(&steps.alteration.from.name);
            let mut gone: Vec<&str> = Vec::new();
            gone.extend(steps.checks.dropped.iter().map(|check| check.name.as_str()));
            gone.extend(self.bound_checks(steps).map(|(old, _)| old));
            gone.extend(steps.uniques.dropped.iter().map(|unique| unique.name.as_str()));
            let mut statements: Vec<String> = gone
                .into_iter()
                .map(|name| format!("ALTER TABLE {table} DROP CONSTRAINT {}", quoted(name)))
                .collect();
            if steps.key_changed && !steps.alteration.from.primary_key.is_empty() {
                statements.push(on_primary_key(
                    &steps.alteration.from.name,
                    "DROP CONSTRAINT %I",
                    "",
                ));
            }
            let indexes = steps.indexes.dropped.iter().map(|index| index.name.as_str());
            let bound = self.bound_indexes(steps).map(|(old, _)| old);
            statements
                .extend(indexes.chain(bound).map(|name| format!("DROP INDEX {}", quoted(name))));
            for statement in statements {
                self.script.push(statement);
            }
        }
    }

    /// Checks that stay, but name a column that gets another type: their names before, and what they are after.
    fn bound_checks<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = (&'s str, &'s orm_core::schema::CheckDef)> {
        let after = steps.after();
        after
            .checks
            .iter()
            .filter(|check| {
                !steps.checks.added.contains(check) && self.is_bound(after, &check.condition)
            })
            .map(|check| (old_name(&steps.checks.renamed, &check.name), check))
    }

    /// The same of indexes.
    fn bound_indexes<'s>(
        &'s self,
        steps: &'s Steps<'_>,
    ) -> impl Iterator<Item = (&'s str, &'s IndexDef)> {
        let after = steps.after();
        let is_bound = move |index: &IndexDef| {
            index.condition.as_ref().is_some_and(|sql| self.is_bound(after, sql))
                || index.parts.iter().any(|part| match &part.key {
                    IndexKey::Column(_) => false,
                    IndexKey::Expression(sql) => self.is_bound(after, sql),
                })
        };
        after
            .indexes
            .iter()
            .filter(move |index| !steps.indexes.added.contains(index) && is_bound(index))
            .map(|index| (old_name(&steps.indexes.renamed, &index.name), index))
    }

    fn drop_tables(&mut self) {
        let dropped: Vec<String> = self.diff.dropped().map(|table| quoted(&table.name)).collect();
        if !dropped.is_empty() {
            self.script.push(format!("DROP TABLE {}", dropped.join(", ")));
        }
    }

    /// Columns that go, and computed ones that can't stay while others change, by the names before.
    fn drop_columns(&mut self) {
        let mut statements = Vec::new();
        for steps in &self.tables {
            let table = quoted(&steps.alteration.from.name);
            let mut gone: Vec<&str> = Vec::new();
            let computed = steps.dropped.iter().filter(|column| column.generated.is_some());
            gone.extend(computed.map(|column| column.name.as_str()));
            gone.extend(
                self.recomputed(steps).filter_map(|column| steps.alteration.old_name(&column.name)),
            );
            let stored = steps.dropped.iter().filter(|column| column.generated.is_none());
            gone.extend(stored.map(|column| column.name.as_str()));
            statements.extend(
                gone.into_iter()
                    .map(|name| format!("ALTER TABLE {table} DROP COLUMN {}", quoted(name))),
            );
        }
        for statement in statements {
            self.script.push(statement);
        }
    }

    /// Columns that are computed at the end, and go in between.
    fn recomputed<'s>(&'s self, steps: &'s Steps<'_>) -> impl Iterator<Item = &'s ColumnDef> {
        let after = steps.after();
        after.columns.iter().filter(move |column| {
            let Some(sql) = &column.generated else { return false };
            let was_there = steps.alteration.old_name(&column.name).is_some();
            let changes = steps.changed.iter().any(|(_, new)| new.name == column.name);
            was_there
                && (changes
                    || self.is_bound(after, sql)
                    || self.is_retyped(&after.name, &column.name))
        })
    }

    fn rename(&mut self) {
        let tables: Vec<(String, String)> = self
            .tables
            .iter()
            .map(|steps| (steps.alteration.from.name.clone(), steps.after().name.clone()))
            .collect();
        for (old, new) in order::renames(&tables) {
            self.script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&old), quoted(&new)));
        }
        let mut statements = Vec::new();
        let mut relations: Vec<(String, String)> = Vec::new();
        let mut constraint_of: Vec<(String, String, bool)> = Vec::new();
        for steps in &self.tables {
            let table = &steps.after().name;
            let gone: Vec<&str> =
                self.recomputed(steps).map(|column| column.name.as_str()).collect();
            let kept: Vec<(String, String)> = steps
                .alteration
                .columns
                .iter()
                .filter(|(_, new)| !gone.contains(&new.as_str()))
                .cloned()
                .collect();
            for (old, new) in order::renames(&kept) {
                statements.push(format!(
                    "ALTER TABLE {} RENAME COLUMN {} TO {}",
                    quoted(table),
                    quoted(&old),
                    quoted(&new)
                ));
            }
            let keys = self.foreign_keys();
            let bound: Vec<&str> = self.bound_checks(steps).map(|(old, _)| old).collect();
            let mut own: Vec<(String, String)> = steps.checks.renamed.clone();
            own.retain(|(old, _)| !bound.contains(&old.as_str()));
            own.extend(
                steps
                    .foreign_keys
                    .renamed
                    .iter()
                    .filter(|(old, _)| {
                        !keys.dropped.contains(&(steps.alteration.from.name.clone(), old.clone()))
                    })
                    .cloned(),
            );
            for (old, new) in order::renames(&own) {
                statements.push(rename_constraint(table, &old, &new));
            }
            let bound: Vec<&str> = self.bound_indexes(steps).map(|(old, _)| old).collect();
            relations.extend(
                steps
                    .indexes
                    .renamed
                    .iter()
                    .filter(|(old, _)| !bound.contains(&old.as_str()))
                    .cloned(),
            );
            for (old, new) in &steps.uniques.renamed {
                constraint_of.push((old.clone(), table.clone(), false));
                relations.push((old.clone(), new.clone()));
            }
            let is_kept = !steps.key_changed && !steps.after().primary_key.is_empty();
            let (old_key, new_key) =
                (steps.alteration.from.primary_key_name(), steps.after().primary_key_name());
            if is_kept && old_key != new_key {
                constraint_of.push((old_key.clone(), table.clone(), true));
                relations.push((old_key, new_key));
            }
        }
        // Keys, unique constraints and indexes share one space of names, across tables.
        for (old, new) in order::renames(&relations) {
            match constraint_of.iter_mut().find(|(name, ..)| *name == old) {
                Some((name, table, is_key)) => {
                    statements.push(if *is_key {
                        let new_name = quoted(&new).replace('%', "%%");
                        on_primary_key(table, &format!("RENAME CONSTRAINT %I TO {new_name}"), &new)
                    } else {
                        rename_constraint(table, &old, &new)
                    });
                    name.clone_from(&new);
                }
                None => statements.push(format!(
                    "ALTER INDEX {} RENAME TO {}",
                    quoted(&old),
                    quoted(&new)
                )),
            }
        }
        for statement in statements {
            self.script.push(statement);
        }
    }

    /// New types, and new labels of those that stay.
    fn enums(&mut self) {
        for change in &self.diff.enums {
            match change {
                EnumChange::Create { name, labels } => {
                    self.script.push(fragments::create_enum(name, labels, DIALECT));
                }
                EnumChange::Alter { name, from, to } if !self.recreated.contains(name) => {
                    for (place, label) in
                        to.iter().enumerate().filter(|(_, label)| !from.contains(label))
                    {
                        let literal = |label: &String| DIALECT.quote_literal(label);
                        // The one before it is there by now.
                        let position = match place.checked_sub(1) {
                            Some(before) => format!("AFTER {}", literal(&to[before])),
                            None => match from.first() {
                                Some(first) => format!("BEFORE {}", literal(first)),
                                None => String::new(),
                            },
                        };
                        self.script.push(format!(
                            "ALTER TYPE {} ADD VALUE {} {position}",
                            quoted(name),
                            literal(label)
                        ));
                    }
                }
                EnumChange::Alter { .. } | EnumChange::Drop { .. } => {}
            }
        }
    }

    /// Types that are made anew, with the columns that have them.
    fn recreate_enums(&mut self) -> Result<(), SchemaError> {
        for name in &self.recreated {
            let Some(EnumChange::Alter { to, .. }) = self.diff.enums.iter().find(
                |change| matches!(change, EnumChange::Alter { name: known, .. } if known == name),
            ) else {
                continue;
            };
            let (old, new) = (quoted(&old_type(name)), quoted(name));
            self.script.explain(
                format!("{name}: labels go, or are used at once, so the type is made anew."),
                format!("ALTER TYPE {new} RENAME TO {old}"),
            );
            self.script.push(fragments::create_enum(name, to, DIALECT));
            for table in &self.diff.to {
                if self.diff.created().any(|created| created.name == table.name) {
                    continue;
                }
                let steps = self.tables.iter().find(|steps| steps.after().name == table.name);
                for column in &table.columns {
                    let is_of_type = matches!(&column.ty, ColumnType::Enum { native: Some(known), .. } if known == name);
                    // One that is new, or has another type, comes later.
                    let old = match steps {
                        Some(steps) => steps
                            .alteration
                            .old_name(&column.name)
                            .and_then(|old| steps.alteration.from.find_column(old)),
                        None => Some(column),
                    };
                    let Some(old) = old.filter(|old| same_native(old, name)) else { continue };
                    if !is_of_type || column.generated.is_some() || old.generated.is_some() {
                        continue;
                    }
                    let alter = format!(
                        "ALTER TABLE {} ALTER COLUMN {}",
                        quoted(&table.name),
                        quoted(&column.name)
                    );
                    if old.default.is_some() {
                        self.script.push(format!("{alter} DROP DEFAULT"));
                    }
                    let value = quoted(&column.name);
                    self.script.push(format!("{alter} TYPE {new} USING {value}::text::{new}"));
                    if let Some(sql) = default(table, column, DIALECT)? {
                        self.script.push(format!("{alter} SET DEFAULT {sql}"));
                    }
                }
            }
        }
        Ok(())
    }

    /// The columns of a table, by its name after.
    fn alter_columns(&mut self, position: usize) -> Result<(), SchemaError> {
        let steps = &self.tables[position];
        let table = steps.after();
        let alter = format!("ALTER TABLE {}", quoted(&table.name));
        let mut statements = Vec::new();
        for column in steps.added.iter().filter(|column| column.generated.is_none()) {
            statements.push(format!("{alter} ADD COLUMN {}", column_sql(table, column, DIALECT)?));
        }
        for (old, new) in &steps.changed {
            if new.generated.is_none() {
                statements.extend(alter_column(steps, old, new)?);
            }
        }
        for statement in statements {
            self.script.push(statement);
        }
        Ok(())
    }

    fn add_generated(&mut self, position: usize) -> Result<(), SchemaError> {
        let steps = &self.tables[position];
        let table = steps.after();
        let mut statements = Vec::new();
        for column in &table.columns {
            let is_new = steps.added.iter().any(|added| added.name == column.name);
            let is_computed = column.generated.is_some();
            let is_recomputed = self.recomputed(steps).any(|known| known.name == column.name);
            if is_computed && (is_new || is_recomputed) {
                let definition = column_sql(table, column, DIALECT)?;
                statements
                    .push(format!("ALTER TABLE {} ADD COLUMN {definition}", quoted(&table.name)));
            }
        }
        for statement in statements {
            self.script.push(statement);
        }
        Ok(())
    }

    fn add_keys(&mut self, position: usize) {
        let steps = &self.tables[position];
        let table = steps.after();
        let alter = format!("ALTER TABLE {}", quoted(&table.name));
        let mut statements = Vec::new();
        if steps.key_changed && !table.primary_key.is_empty() {
            statements.push(format!(
                "{alter} ADD CONSTRAINT {} PRIMARY KEY ({})",
                quoted(&table.primary_key_name()),
                columns(&table.primary_key, DIALECT)
            ));
        }
        statements.extend(steps.uniques.added.iter().map(|unique| {
            format!(
                "{alter} ADD CONSTRAINT {} UNIQUE ({})",
                quoted(&unique.name),
                columns(&unique.columns, DIALECT)
            )
        }));
        let checks =
            steps.checks.added.iter().chain(self.bound_checks(steps).map(|(_, check)| check));
        statements.extend(checks.map(|check| {
            format!("{alter} ADD CONSTRAINT {} CHECK ({})", quoted(&check.name), check.condition)
        }));
        let indexes =
            steps.indexes.added.iter().chain(self.bound_indexes(steps).map(|(_, index)| index));
        statements.extend(indexes.map(|index| create_index(&table.name, index, DIALECT)));
        for statement in statements {
            self.script.push(statement);
        }
    }

    fn create_tables(&mut self) -> Result<(), SchemaError> {
        let created: Vec<TableDef> = self.diff.created().cloned().collect();
        let existing: Vec<&str> = self
            .diff
            .to
            .iter()
            .map(|table| table.name.as_str())
            .filter(|name| !created.iter().any(|table| table.name == *name))
            .collect();
        for statement in create_tables(&created, &existing, DIALECT)? {
            self.script.push(statement);
        }
        Ok(())
    }
}

/// The name of a type between its being made anew and its end.
fn old_type(name: &str) -> String {
    format!("__mizzle_old_{name}")
}

fn same_native(column: &ColumnDef, name: &str) -> bool {
    matches!(&column.ty, ColumnType::Enum { native: Some(known), .. } if known == name)
}

fn index_columns(index: &IndexDef) -> Vec<String> {
    index
        .parts
        .iter()
        .filter_map(|part| match &part.key {
            IndexKey::Column(column) => Some(column.clone()),
            IndexKey::Expression(_) => None,
        })
        .collect()
}

/// The name before of what is called `new` after.
fn old_name<'a>(renamed: &'a [(String, String)], new: &'a str) -> &'a str {
    renamed.iter().find(|(_, name)| name == new).map_or(new, |(old, _)| old.as_str())
}

fn rename_constraint(table: &str, old: &str, new: &str) -> String {
    format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", quoted(table), quoted(old), quoted(new))
}

/// Does something to the primary key's constraint, whatever its name is: a table that mizzle didn't create may have called
/// it anything. Nothing is done where it is called `unless` already.
fn on_primary_key(table: &str, action: &str, unless: &str) -> String {
    let literal = |text: &str| DIALECT.quote_literal(text);
    format!(
        "DO $mizzle$\nDECLARE key name;\nBEGIN\n  SELECT conname INTO key FROM pg_constraint WHERE contype = 'p' AND \
         conrelid = {}::regclass;\n  IF key <> {} THEN\n    EXECUTE format({}, key);\n  END IF;\nEND\n$mizzle$",
        literal(&quoted(table)),
        literal(unless),
        literal(&format!("ALTER TABLE {} {action}", quoted(table).replace('%', "%%"))),
    )
}

fn alter_column(
    steps: &Steps<'_>,
    old: &ColumnDef,
    new: &ColumnDef,
) -> Result<Vec<String>, SchemaError> {
    let table = steps.after();
    let name = quoted(&new.name);
    let alter = format!("ALTER TABLE {} ALTER COLUMN {name}", quoted(&table.name));
    let mut statements = Vec::new();
    if old.generated.is_some() {
        statements.push(format!("{alter} DROP EXPRESSION"));
    }
    let (old_type, new_type) = (column_type(old, DIALECT), column_type(new, DIALECT));
    let is_retyped = old_type != new_type;
    let old_default = default(&steps.before, old, DIALECT)?;
    let new_default = default(table, new, DIALECT)?;
    let mut current_default = old_default;
    if old.auto && !new.auto {
        statements.push(format!("{alter} DROP IDENTITY IF EXISTS"));
        // A `serial` column, which mizzle didn't create, counts by its default.
        statements.push(format!("{alter} DROP DEFAULT"));
    }
    if is_retyped {
        if current_default.take().is_some() {
            statements.push(format!("{alter} DROP DEFAULT"));
        }
        match convert(&old.ty, &new.ty, &name, DIALECT) {
            Conversion::By { value, .. } if value != name => {
                statements.push(format!("{alter} TYPE {new_type} USING {value}"));
            }
            Conversion::Same | Conversion::By { .. } => {
                statements.push(format!("{alter} TYPE {new_type}"))
            }
            // The guard has found nothing but NULL.
            Conversion::Never => {
                statements.push(format!("{alter} TYPE {new_type} USING NULL::{new_type}"))
            }
        }
    }
    let (was, is) = (is_not_null(&steps.before, old), is_not_null(table, new));
    if !was && is {
        if let Some(sql) = &new_default {
            let set =
                format!("UPDATE {} SET {name} = {sql} WHERE {name} IS NULL", quoted(&table.name));
            statements.push(set);
        }
        statements.push(format!("{alter} SET NOT NULL"));
    } else if was && !is {
        statements.push(format!("{alter} DROP NOT NULL"));
    }
    if current_default != new_default {
        statements.push(match &new_default {
            Some(sql) => format!("{alter} SET DEFAULT {sql}"),
            None => format!("{alter} DROP DEFAULT"),
        });
    }
    if new.auto && !old.auto {
        statements.push(format!("{alter} ADD GENERATED BY DEFAULT AS IDENTITY"));
        statements.push(format!(
            "SELECT setval(pg_get_serial_sequence({}, {}), coalesce(max({name}), 0) + 1, false) FROM {}",
            DIALECT.quote_literal(&quoted(&table.name)),
            DIALECT.quote_literal(&new.name),
            quoted(&table.name)
        ));
    }
    Ok(statements)
}
