//! `status`: shows which migrations are applied.

use orm_core::migration::{MigrationState, MigrationStatus};
use serde_json::{Value, json};

use super::ui::{bad, faint, good, notable, strong, time};
use super::{Outcome, Report, Session};

impl Session {
    pub(super) fn status(&self) -> Outcome {
        let db = self.connect()?;
        let migrations = self.migrations()?;
        let all = db.migrator(&migrations).status()?;
        self.ui.line(strong(self.database_name()));
        let width = all.iter().map(|one| one.directory.chars().count()).max().unwrap_or_default();
        for one in &all {
            self.ui.line(line(one, width).trim_end());
        }
        let number = |state| all.iter().filter(|one| one.state == state).count();
        let states = [
            MigrationState::Applied,
            MigrationState::Pending,
            MigrationState::Edited,
            MigrationState::Missing,
            MigrationState::Replaced,
        ];
        let counts: Vec<String> = states
            .into_iter()
            .filter(|state| number(*state) > 0)
            .map(|state| format!("{} {}", number(state), state.name()))
            .collect();
        match counts.is_empty() {
            true => self.ui.line("No migrations"),
            false => self.ui.line(counts.join(", ")),
        }
        let documents: Vec<Value> = all.iter().map(document).collect();
        Ok(Report::done(json!({ "database": self.database_name(), "migrations": documents })))
    }
}

fn line(one: &MigrationStatus, width: usize) -> String {
    let state = format!("{:<7}", one.state.name());
    let state = match one.state {
        MigrationState::Applied | MigrationState::Replaced => good(state),
        MigrationState::Pending => notable(state),
        _ => bad(state),
    };
    let mut details = Vec::new();
    if let Some(at) = one.applied_at {
        details.push(at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    }
    details.extend(one.elapsed.map(time));
    if one.out_of_order {
        details.push("older than an applied one".into());
    }
    match one.state {
        MigrationState::Edited => details.push("its files were edited since".into()),
        MigrationState::Missing => details.push("not in the folder".into()),
        MigrationState::Replaced => details.push("older than the baseline".into()),
        _ => {}
    }
    format!("  {state}  {:<width$}  {}", one.directory, faint(details.join(", ")))
}

fn document(one: &MigrationStatus) -> Value {
    json!({
        "version": one.version,
        "migration": one.directory,
        "state": one.state.name(),
        "applied_at": one.applied_at,
        "elapsed_ms": one.elapsed.map(|elapsed| elapsed.as_millis() as u64),
        "out_of_order": one.out_of_order,
    })
}
