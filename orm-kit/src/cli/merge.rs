//! `merge`: joins two branches of migrations.

use chrono::Utc;
use serde_json::json;

use super::args::Merge;
use super::failure::Failure;
use super::ui::{good, strong};
use super::{Outcome, Report, Session};
use crate::folder::{self, Branches, Folder, NewMigration, Snapshot, Versions};

impl Session {
    pub(super) fn merge(&self, options: &Merge) -> Outcome {
        let folders = self.folders(&options.dialects.dialects)?;
        let mut migrations = Vec::new();
        for folder in &folders {
            if let Some(branches) = folder.branches()? {
                migrations.push(joining(folder, &branches)?);
            }
        }
        if migrations.is_empty() {
            self.ui.line("Nothing to do: there are no branches");
            return Ok(Report::done(json!({ "changed": false, "migrations": [] })));
        }
        let versions = Versions::next(&folders, Utc::now());
        let places = folder::write(&self.dir, &versions, "merge", &migrations)?;
        let version = migrations.first().map(|first| versions.of(first.snapshot.dialect));
        for place in &places {
            self.ui.line(format_args!("{} {}", good("Wrote"), strong(place.display())));
        }
        self.ui.line("  run `generate` next: it writes what the structs have beyond both branches");
        let written: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        Ok(Report::done(json!({ "changed": true, "version": version, "migrations": written })))
    }
}

/// Returns a migration that does nothing but join.
fn joining(folder: &Folder, branches: &Branches<'_>) -> Result<NewMigration, Failure> {
    let [ours, theirs] = branches.ends;
    let names = branches.folders.map(|path| {
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    });
    let base = branches.base.map(|base| base.tables.as_slice()).unwrap_or_default();
    let [ours_name, theirs_name] = &names;
    let refused = |why: String| {
        let dialect = folder.dialect;
        Failure::new("CONFLICT", format!("{ours_name} and {theirs_name} can't be joined for {dialect}: {why}"))
            .with_hint(format!(
                "delete the one that is not applied anywhere yet (probably {theirs_name}), and run `generate` again"
            ))
    };
    let tables = folder::merge(base, &ours.tables, &theirs.tables).map_err(|conflicts| {
        let parts: Vec<&str> = conflicts.iter().map(|conflict| conflict.0.as_str()).collect();
        refused(format!("both change {}", parts.join(", ")))
    })?;
    orm_core::schema::validate(&tables, folder.dialect)
        .map_err(|error| refused(error.to_string()))?;
    let comment = format!(
        "-- Joins {} and {}, which changed different things.\nSELECT 1;\n",
        names[0], names[1]
    );
    Ok(NewMigration {
        up: comment.clone(),
        down: comment,
        run_in_transaction: true,
        baseline: false,
        snapshot: Snapshot::joining([ours, theirs], tables),
    })
}
