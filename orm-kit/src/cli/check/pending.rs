//! Checks the risks of pending migrations.

use std::collections::HashSet;

use super::super::Session;
use super::super::failure::Failure;
use super::super::generated::generated_from;
use super::super::hazards;
use super::{About, Finding, Findings, Severity};
use crate::folder::{Folder, Migration};
use crate::lint::lint;
use crate::rows;

impl Session {
    /// Checks the migrations at these positions.
    pub(super) fn check_pending(
        &self,
        folder: &Folder,
        pending: impl IntoIterator<Item = usize>,
        findings: &mut Findings,
    ) {
        for position in pending {
            let migration = &folder.migrations[position];
            for statement in migration.sql.up_statements() {
                findings.extend(statement.unusable().map(|what| Finding {
                    severity: Severity::Error,
                    ..warning(migration, "unusable", what)
                }));
            }
            match risks(folder, position) {
                Ok(risks) => findings.extend(
                    risks.into_iter().map(|(kind, message)| warning(migration, kind, message)),
                ),
                // The rest is looked at all the same.
                Err(failure) => findings.push(Finding {
                    severity: Severity::Error,
                    ..warning(migration, "folder", failure.message)
                }),
            }
            if migration.sql.down().is_none() {
                let message =
                    "it can't be rolled back: there is no down.sql, or no statement in it";
                findings.push(warning(migration, "irreversible", message.into()));
            }
        }
    }
}

fn warning(migration: &Migration, kind: &'static str, message: String) -> Finding {
    Finding {
        severity: Severity::Warning,
        kind,
        dialect: migration.sql.dialect(),
        about: About::Migration(migration.sql.directory().into()),
        message,
        details: Vec::new(),
    }
}

/// Returns the risks of a migration: from the change that it was generated for, and from the words of statements
/// written by hand.
fn risks(folder: &Folder, position: usize) -> Result<Vec<(&'static str, String)>, Failure> {
    let migration = &folder.migrations[position];
    let mut risks = Vec::new();
    let mut generated = HashSet::new();
    if let Some(found) = generated_from(folder, position)? {
        generated = found.up;
        for hazard in rows::hazards(&found.diff, folder.dialect)? {
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
