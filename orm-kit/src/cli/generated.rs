//! Reconstructs the change that a migration was generated for, from its snapshot and its file.

use std::collections::HashSet;

use orm_core::migration::Statement;

use super::answers::possibilities;
use super::failure::Failure;
use crate::diff::Diff;
use crate::folder::Folder;
use crate::render::render;

/// The generated change and its statements.
pub(super) struct Generated {
    pub(super) diff: Diff,
    /// The statements of `up.sql` as they were generated.
    pub(super) up: HashSet<String>,
    /// The statements of `down.sql` as they were generated.
    pub(super) down: HashSet<String>,
}

/// Returns the change that a migration was generated for, or `None` if it has no snapshot. A snapshot doesn't record
/// renames, so this picks the change with the most statements in the file.
pub(super) fn generated_from(
    folder: &Folder,
    position: usize,
) -> Result<Option<Generated>, Failure> {
    let migration = &folder.migrations[position];
    let Some(after) = &migration.snapshot else { return Ok(None) };
    // A migration that joins branches changes nothing.
    if after.merged.is_some() {
        return Ok(None);
    }
    let before = folder.parent_of(after);
    let before = before.map(|snapshot| snapshot.tables.as_slice()).unwrap_or_default();
    let statements = migration.sql.up_statements();
    let in_file: HashSet<&str> = statements.iter().map(Statement::sql).collect();
    let mut best: Option<(usize, Diff, HashSet<String>)> = None;
    for diff in possibilities(before, &after.tables) {
        let rendered = statements_of(&diff, folder)?;
        let absent = rendered.iter().filter(|sql| !in_file.contains(sql.as_str())).count();
        let foreign = in_file.iter().filter(|sql| !rendered.contains(**sql)).count();
        let distance = absent + foreign;
        if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
            best = Some((distance, diff, rendered));
        }
    }
    let Some((_, diff, up)) = best else { return Ok(None) };
    let down = statements_of(&diff.inverse(), folder)?;
    Ok(Some(Generated { diff, up, down }))
}

fn statements_of(diff: &Diff, folder: &Folder) -> Result<HashSet<String>, Failure> {
    let script = render(diff, folder.dialect)?;
    Ok(script.statements.into_iter().map(|step| step.sql).collect())
}
