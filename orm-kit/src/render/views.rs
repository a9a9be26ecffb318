//! The views that a diff drops and creates, those included that read what changes.
//!
//! PostgreSQL refuses to change a column that a view reads, and SQLite reads all views when it renames something. So the
//! views go first and come back last.

use orm_core::Dialect;
use orm_core::schema::view::in_order;
use orm_core::schema::{ColumnDef, SchemaError, TableDef, create_view};
use orm_lexer::{Token, tokens};

use super::full_text;
use super::script::Script;
use crate::diff::{Diff, Steps};

/// The views to drop and to create, in their orders.
pub(super) struct Remade<'d> {
    dropped: Vec<&'d TableDef>,
    created: Vec<&'d TableDef>,
    /// The names of those that are created as they were.
    unchanged: Vec<&'d str>,
    /// The indexes that views lose which are created again. The runner of migrations would keep those that still stand.
    indexes: Vec<&'d str>,
    dialect: Dialect,
}

impl<'d> Remade<'d> {
    /// Finds the views. `is_rebuilt` says which tables, by their old names, no view can read while they change.
    pub(super) fn of(
        diff: &'d Diff,
        tables: &[Steps<'_>],
        is_rebuilt: impl Fn(&str) -> bool,
        dialect: Dialect,
    ) -> Result<Self, SchemaError> {
        let views = &diff.views;
        let ordered = in_order(&views.from, dialect)?;
        let is_changed = |view: &TableDef| {
            views.dropped().chain(views.changed()).any(|other| other.name == view.name)
        };
        let gone = |name: &str| diff.dropped().any(|table| dialect.is_same_name(&table.name, name));
        let mut dropped: Vec<&TableDef> = Vec::new();
        // What a view reads comes before it.
        for view in ordered {
            let reads = view.reads(dialect);
            let is_touched = |name: &String| {
                let mut altered = tables
                    .iter()
                    .filter(|steps| dialect.is_same_name(&steps.alteration.from.name, name));
                altered.any(|steps| touches(steps, view, dialect))
                    || is_rebuilt(name)
                    || gone(name)
                    || dropped.iter().any(|other| dialect.is_same_name(&other.name, name))
            };
            if is_changed(view) || reads.iter().any(is_touched) {
                dropped.push(view);
            }
        }
        let is_dropped = |view: &TableDef| dropped.iter().any(|other| other.name == view.name);
        let is_created = |view: &TableDef| views.created().any(|other| other.name == view.name);
        let created = in_order(&views.to, dialect)?;
        let created: Vec<&TableDef> =
            created.into_iter().filter(|view| is_created(view) || is_dropped(view)).collect();
        let unchanged = created.iter().filter(|view| is_dropped(view) && !is_changed(view));
        let unchanged = unchanged.map(|view| view.name.as_str()).collect();
        dropped.reverse();
        let indexes = dropped.iter().flat_map(|view| lost_indexes(view, &created)).collect();
        Ok(Self { dropped, created, unchanged, indexes, dialect })
    }

    pub(super) fn drop(&self, script: &mut Script) {
        for index in &self.indexes {
            script.push(format!("DROP INDEX {}", self.dialect.quote_ident(index)));
        }
        for view in &self.dropped {
            let name = self.dialect.quote_ident(&view.name);
            let kind = if is_materialized(view) { "MATERIALIZED VIEW" } else { "VIEW" };
            script.push(format!("DROP {kind} {name}"));
        }
    }

    pub(super) fn create(&self, script: &mut Script) -> Result<(), SchemaError> {
        for view in &self.created {
            let mark = self.mark(view);
            for (place, statement) in create_view(view, self.dialect)?.into_iter().enumerate() {
                script.push_again(mark.clone().filter(|_| place == 0), statement);
            }
        }
        if self.dialect.is_sqlite() {
            for sql in self.created.iter().filter_map(|view| view.read_none(self.dialect)) {
                script.push(sql);
            }
        }
        Ok(())
    }

    /// Returns the comment for a view that is created again. The runner of migrations on PostgreSQL reads its last line,
    /// and restores what the struct doesn't know, such as privileges. SQLite's keeps all triggers.
    fn mark(&self, view: &TableDef) -> Option<String> {
        let mut lines = Vec::new();
        if self.unchanged.contains(&view.name.as_str()) {
            lines.push("As it was: it reads what changes.".to_owned());
        }
        if self.dialect == Dialect::Postgres && self.dropped.iter().any(|old| old.name == view.name)
        {
            lines.push(format!("again: {}", self.dialect.quote_ident(&view.name)));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

fn lost_indexes<'v>(view: &'v TableDef, created: &[&TableDef]) -> Vec<&'v str> {
    let Some(after) = created.iter().find(|after| after.name == view.name) else {
        return Vec::new();
    };
    let is_kept = |name: &str| after.indexes.iter().any(|index| index.name == name);
    view.indexes.iter().map(|index| &*index.name).filter(|name| !is_kept(name)).collect()
}

fn is_materialized(view: &TableDef) -> bool {
    view.view.as_ref().is_some_and(|view| view.materialized)
}

/// Returns whether a view that reads the table can't stay as it is while the table changes.
fn touches(steps: &Steps<'_>, view: &TableDef, dialect: Dialect) -> bool {
    let alteration = steps.alteration;
    // PostgreSQL's full text index is over a column of its table.
    let has_column = dialect == Dialect::Postgres;
    let is_retyped = |(old, new): &(ColumnDef, &ColumnDef)| {
        old.ty != new.ty
            || old.db_type != new.db_type
            || old.collate != new.collate
            || old.generated != new.generated
    };
    alteration.from.name != alteration.to.name
        || alteration.columns.iter().any(|(old, new)| old != new)
        || !steps.dropped.is_empty()
        || steps.changed.iter().any(is_retyped)
        // A view may group by a key and read the whole row.
        || steps.key_changed
        || !steps.uniques.dropped.is_empty()
        || (!steps.added.is_empty() || has_column && full_text::touches(steps, dialect))
            && view.select(dialect).is_some_and(|sql| has_star(sql, dialect))
}

/// Returns whether a SELECT reads all columns by `*`, which stands for those that there are when the view is created.
fn has_star(select: &str, dialect: Dialect) -> bool {
    let tokens = tokens(select, dialect);
    let is_list = |before: &Token<'_>| {
        [",", "."].iter().any(|symbol| before.is_symbol(symbol))
            || ["select", "distinct", "all"].iter().any(|word| before.is(word))
    };
    tokens.windows(2).any(|pair| is_list(&pair[0]) && pair[1].is_symbol("*"))
}
