//! How the database differs from the structs.

use std::path::Path;

use orm_core::migration::{MigrationState, Migrations};
use orm_core::schema::TableDef;
use orm_core::{Db, Error};

use crate::diff::{Diff, DiffError, Hints, Question, diff};
use crate::folder::Folder;
use crate::introspect::{Introspected, accepted_form, introspect_for, without};
use crate::managed::{Asked, Managed, Memory, add, managed_views};
use crate::render::render;

/// The differences, and the SQL that would lead to the structs.
pub(super) struct Drift {
    pub(super) lines: Vec<String>,
    pub(super) script: Option<String>,
}

/// Compares the parts of the database that structs manage with the structs.
///
/// # Errors
/// With a line for people.
pub(super) fn drift(db: &Db, structs: &[TableDef], dir: Option<&Path>) -> Result<Drift, String> {
    let text = |error: Error| error.to_string();
    let dialect = db.dialect();
    let (wanted, refused) = accepted_form(db, structs).map_err(text)?;
    let mut remembered = Memory::read(db).map_err(text)?;
    if let Some(applied) = dir.and_then(|dir| applied(db, dir)) {
        add(&mut remembered, &applied);
    }
    let known = [wanted.as_slice(), remembered.as_slice()].concat();
    let Introspected { tables, views, .. } = introspect_for(db, &known).map_err(text)?;
    let found = without(&tables, &refused);
    let asked = Asked::default();
    let managed = Managed::new(&found, &wanted, &remembered, &asked, dialect);
    let difference = difference(&managed.tables, &wanted).map_err(|error| error.to_string())?;
    let mut difference = managed.carry(difference);
    difference.views =
        managed_views(db, &views, &without(structs, &refused), &remembered).map_err(text)?;
    let mut lines: Vec<String> = refused.iter().map(ToString::to_string).collect();
    if difference.is_empty() {
        return Ok(Drift { lines, script: None });
    }
    lines.extend(difference.summary());
    let script = render(&difference, dialect).ok().map(|script| script.text());
    Ok(Drift { lines, script })
}

/// Returns the schema after the migrations that the database has had.
fn applied(db: &Db, dir: &Path) -> Option<Vec<TableDef>> {
    let folder = Folder::read(dir, db.dialect()).ok()?;
    let migrations = Migrations::from_path(dir).ok()?;
    let status = db.migrator(&migrations).status().ok()?;
    let is_applied = |migration: &crate::folder::Migration| {
        status.iter().any(|one| {
            one.version == migration.sql.version() && one.state != MigrationState::Pending
        })
    };
    let last = folder.migrations.iter().rposition(is_applied)?;
    folder.snapshot_after(last + 1).map(|snapshot| snapshot.tables.clone())
}

/// Compares the two schemas. What may have been renamed counts as dropped, and nobody is asked.
fn difference(from: &[TableDef], to: &[TableDef]) -> Result<Diff, DiffError> {
    let mut hints = Hints { remembers: true, ..Hints::default() };
    loop {
        let questions = match diff(from, to, &hints) {
            Err(DiffError::Ambiguous(questions)) => questions,
            decided => return decided,
        };
        let before = hints.drops.len();
        for question in &questions {
            let dropped = dropped(question, from, to);
            if !hints.drops.contains(&dropped) {
                hints.drops.push(dropped);
            }
        }
        // Every answer settles something.
        if hints.drops.len() == before {
            return Err(DiffError::Ambiguous(questions));
        }
    }
}

/// Returns what is dropped, by the old names.
fn dropped(question: &Question, from: &[TableDef], to: &[TableDef]) -> String {
    let Some(table) = &question.table else { return question.gone.clone() };
    let renamed = to.iter().find(|known| known.name == *table).and_then(|known| {
        let old = known.renamed_from.as_ref()?;
        from.iter().any(|known| known.name == *old).then_some(old)
    });
    let is_there = from.iter().any(|known| known.name == *table);
    let table = if is_there { table } else { renamed.unwrap_or(table) };
    format!("{table}.{}", question.gone)
}
