//! Pending migrations: what they may do.

use std::collections::HashSet;

use orm_core::migration;

use super::super::Session;
use super::super::answers::possibilities;
use super::super::failure::Failure;
use super::super::hazards;
use super::{Finding, Findings, Severity};
use crate::diff::Diff;
use crate::folder::{Folder, Migration};
use crate::lint::lint;
use crate::render::render;
use crate::rows;

impl Session {
    /// Looks at the migrations at these positions.
    pub(super) fn check_pending(
        &self,
        folder: &Folder,
        pending: impl IntoIterator<Item = usize>,
        findings: &mut Findings,
    ) -> Result<(), Failure> {
        for position in pending {
            let migration = &folder.migrations[position];
            for (kind, message) in risks(folder, position)? {
                findings.push(warning(migration, kind, message));
            }
            if migration.sql.down().is_none() {
                let message = "it can't be taken back: there is no down.sql, or no statement in it";
                findings.push(warning(migration, "irreversible", message.into()));
            }
        }
        Ok(())
    }
}

fn warning(migration: &Migration, kind: &'static str, message: String) -> Finding {
    Finding {
        severity: Severity::Warning,
        kind,
        dialect: migration.sql.dialect(),
        migration: Some(migration.sql.directory().into()),
        message,
        details: Vec::new(),
    }
}

/// What a migration may do: by the change that it was generated for, and, of statements that a person wrote, by their
/// words.
fn risks(folder: &Folder, position: usize) -> Result<Vec<(&'static str, String)>, Failure> {
    let migration = &folder.migrations[position];
    let mut risks = Vec::new();
    let mut generated = HashSet::new();
    if let Some((diff, statements)) = generated_from(folder, position)? {
        generated = statements;
        for hazard in rows::hazards(&diff, folder.dialect)? {
            risks.push((hazards::kind(hazard.kind), hazards::line(&hazard)));
        }
    }
    for statement in migration.sql.up_statements() {
        if generated.contains(statement.sql()) {
            continue;
        }
        for finding in lint(statement.sql(), folder.dialect) {
            let (line, short) = (statement.line(), statement.short());
            let message = format!("line {line}, `{short}`: {}", finding.what);
            risks.push((hazards::kind(finding.kind), message));
        }
    }
    Ok(risks)
}

/// The change that a migration was generated for, with its statements. A snapshot doesn't tell what was a rename: it is
/// the change most of whose statements are in the file.
fn generated_from(
    folder: &Folder,
    position: usize,
) -> Result<Option<(Diff, HashSet<String>)>, Failure> {
    let migration = &folder.migrations[position];
    let Some(after) = &migration.snapshot else { return Ok(None) };
    let before = folder.snapshot_after(position);
    let before = before.map(|snapshot| snapshot.tables.as_slice()).unwrap_or_default();
    let statements = migration.sql.up_statements();
    let in_file: HashSet<&str> = statements.iter().map(migration::Statement::sql).collect();
    let mut best: Option<(usize, Diff, HashSet<String>)> = None;
    for diff in possibilities(before, &after.tables) {
        let script = render(&diff, folder.dialect)?;
        let rendered: HashSet<String> =
            script.statements.into_iter().map(|step| step.sql).collect();
        let absent = rendered.iter().filter(|sql| !in_file.contains(sql.as_str())).count();
        let foreign = in_file.iter().filter(|sql| !rendered.contains(**sql)).count();
        let distance = absent + foreign;
        if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
            best = Some((distance, diff, rendered));
        }
    }
    Ok(best.map(|(_, diff, statements)| (diff, statements)))
}
