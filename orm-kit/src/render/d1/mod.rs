//! A diff on Cloudflare D1.
//!
//! D1 is SQLite with foreign keys that stay on: dropping a table deletes the rows that refer to it, or what their foreign
//! keys say instead. So a table is rebuilt together with all tables that refer to it, directly or not. The new tables refer
//! to the new ones, and nothing refers to an old table that is dropped but old tables. Where a column can be replaced in its
//! table, nothing is rebuilt.
//!
//! A file is a batch, which D1 runs in a transaction: no statement begins or ends one. Until the end of it, foreign keys may
//! refer to nothing (`defer_foreign_keys`), as in tables that refer to each other in a circle.

mod drops;
mod family;
mod limits;
mod shuffle;
mod unknown;

use orm_core::Dialect;
use orm_core::schema::fragments::{create_index, create_table_as};
use orm_core::schema::{IndexDef, SchemaError, TableDef, create_tables};

use self::family::{Family, new_name};
use self::shuffle::{Way, way};
use super::Lock;
use super::full_text::FullTexts;
use super::script::{GUARDS_FOLLOW, Script};
use super::sqlite::ability::remade_indexes;
use super::sqlite::rebuild::{copy, counts, keep_mark};
use super::sqlite::refers::{orphans, refusal};
use super::sqlite::{alter, drop_indexes, quoted, rename};
use super::views::Remade;
use crate::diff::{Alteration, Diff, Renames, Steps};
use crate::values::guards;

const DIALECT: Dialect = Dialect::D1;

pub(super) fn render(diff: &Diff) -> Result<Script, SchemaError> {
    let renames = Renames::of(diff);
    let unchanged = unchanged(diff);
    let stays = steps(diff, &unchanged, &renames)?;
    let family = Family::of(diff, &stays, &renames);
    let mut script = Script::default();
    guard(diff, &stays, &family, &mut script)?;
    if family.has_keys() {
        script.explain(
            "Rows of the tables below find the rows that they refer to at the end, where that is checked.",
            "PRAGMA defer_foreign_keys = ON",
        );
    }
    let shuffled = |name: &str| {
        stays.iter().any(|steps| {
            DIALECT.is_same_name(&steps.alteration.from.name, name)
                && matches!(way(steps, diff), Way::Shuffle(_))
        })
    };
    let hides = |name: &str| family.hides(name) || shuffled(name);
    let views = Remade::of(diff, &stays, hides, DIALECT)?;
    views.drop(&mut script);
    let full_texts = FullTexts::of(diff, &stays, |steps| family.has(steps), DIALECT);
    full_texts.drop(&mut script);
    drop_indexes(&stays, &mut script);
    family.make_way(&mut script);
    rename(&stays, &mut script);
    let mut again: Vec<(&TableDef, &IndexDef)> = Vec::new();
    for steps in stays.iter().filter(|steps| !family.has(steps)) {
        if let Way::Shuffle(columns) = way(steps, diff) {
            again.extend(shuffle::shuffle(steps, &columns, &mut script)?);
        }
        alter(steps, DIALECT, &mut script)?;
    }
    let created: Vec<TableDef> = diff.created().cloned().collect();
    for statement in create_tables(&created, &[], DIALECT)? {
        script.push(statement);
    }
    rebuild(&family, &mut script)?;
    for steps in &stays {
        let after = steps.after();
        let made = steps.indexes.added.iter();
        let made: Vec<&IndexDef> =
            made.chain(remade_indexes(steps).map(|(_, index)| index)).collect();
        for index in &after.indexes {
            let sql = create_index(&after.name, index, DIALECT);
            let is_early = family.has(steps) && family.needs(&after.name, index);
            if made.contains(&index) && !is_early {
                script.push(sql);
            } else if family.has(steps) && !is_early {
                script.explain("unchanged: it went with its table", sql);
            } else if again.contains(&(after, index)) {
                script.explain("unchanged: it went with its column", sql);
            }
        }
    }
    for (table, key) in family.members().flat_map(|steps| {
        let table = steps.after();
        table.foreign_keys.iter().map(move |key| (table, key))
    }) {
        let found = refusal(&table.name, &key.name, orphans(&table.name, key));
        script.guard(&[found], DIALECT);
    }
    full_texts.create(&mut script);
    views.create(&mut script)?;
    limits::check(&script)?;
    Ok(script)
}

/// Returns the tables that stay as they are.
fn unchanged(diff: &Diff) -> Vec<Alteration> {
    let is_changed = |table: &TableDef| {
        diff.alterations().any(|altered| altered.to.name == table.name)
            || diff.created().any(|created| created.name == table.name)
    };
    let same = diff.to.iter().filter(|table| !is_changed(table));
    same.filter_map(|to| {
        let from = diff.from.iter().find(|from| from.name == to.name)?.clone();
        let columns = to.columns.iter().map(|column| (column.name.clone(), column.name.clone()));
        Some(Alteration { from, columns: columns.collect(), to: to.clone() })
    })
    .collect()
}

/// Returns the steps of every table that stays, changed or not.
fn steps<'d>(
    diff: &'d Diff,
    unchanged: &'d [Alteration],
    renames: &Renames,
) -> Result<Vec<Steps<'d>>, SchemaError> {
    let all = diff.alterations().chain(unchanged);
    all.map(|alteration| Steps::new(alteration, renames, DIALECT)).collect()
}

/// Refuses before anything is changed.
fn guard(
    diff: &Diff,
    stays: &[Steps<'_>],
    family: &Family<'_, '_>,
    script: &mut Script,
) -> Result<(), SchemaError> {
    let mut all = guards(diff, DIALECT)?;
    all.extend(family.members().map(unknown::parts));
    all.extend(unknown::referring(family, diff));
    let shuffled = stays.iter().filter(|steps| !family.has(steps));
    let shuffled = shuffled.filter(|steps| matches!(way(steps, diff), Way::Shuffle(_)));
    all.extend(shuffled.map(unknown::triggers));
    script.guard(&all, DIALECT);
    if let Some(first) = script.statements.first_mut() {
        first.comment = first.comment.take().map(|own| format!("{GUARDS_FOLLOW}\n{own}"));
    }
    Ok(())
}

/// Creates the tables of the family again, with the rows of the old ones.
fn rebuild(family: &Family<'_, '_>, script: &mut Script) -> Result<(), SchemaError> {
    for steps in family.members() {
        let after = steps.after();
        let why = match steps.alteration.from == steps.alteration.to {
            true => "it refers to a table that is rebuilt",
            false => "D1 has no statement for this change, or it refers to a table that is rebuilt",
        };
        let new = new_name(&after.name);
        let sql = create_table_as(&new, &family.with_new_parents(after), DIALECT)?;
        script.explain(format!("Rebuilds {}: {why}.", after.name), sql);
        for index in after.indexes.iter().filter(|index| family.needs(&after.name, index)) {
            let sql = create_index(&new, index, DIALECT);
            script.explain("Foreign keys need it.", sql);
        }
    }
    for steps in family.members() {
        let after = steps.after();
        let new = new_name(&after.name);
        script.push(copy(steps, &new, DIALECT)?);
        if counts(&steps.alteration.from) && counts(after) {
            keep_mark(&after.name, &new, script);
        }
    }
    family.drop_old(script);
    for steps in family.members() {
        let name = &steps.after().name;
        script.push(format!("ALTER TABLE {} RENAME TO {}", quoted(&new_name(name)), quoted(name)));
    }
    Ok(())
}

/// Returns what makes others wait.
pub(super) fn locks(diff: &Diff) -> Result<Vec<Lock>, SchemaError> {
    let renames = Renames::of(diff);
    let unchanged = unchanged(diff);
    let stays = steps(diff, &unchanged, &renames)?;
    let family = Family::of(diff, &stays, &renames);
    let lock = |steps: &Steps<'_>| {
        let what = if family.has(steps) {
            "rebuilds the table by copying its rows, while nobody else can use the database"
        } else if matches!(way(steps, diff), Way::Shuffle(_)) {
            "writes every row of the table, while nobody else can use the database"
        } else if !steps.indexes.added.is_empty() {
            "builds an index, while nobody else can use the database"
        } else {
            return None;
        };
        let table = &steps.alteration.from.name;
        Some(Lock { table: table.clone(), what: what.into(), rows_of: table.clone() })
    };
    Ok(stays.iter().filter_map(lock).collect())
}
