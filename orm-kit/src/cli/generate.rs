//! `generate`: the migration from the last snapshot to the structs.

use chrono::Utc;
use orm_core::Dialect;
use orm_core::schema::TableDef;
use serde_json::{Value, json};

use super::answers::Answers;
use super::args::Generate;
use super::failure::Failure;
use super::ui::{good, strong};
use super::{Exit, Outcome, Report, Session, hazards};
use crate::diff::Diff;
use crate::folder::{self, Folder, NewMigration, Snapshot, Versions};
use crate::render::{Script, render};
use crate::rows::{self, Hazard};

const BY_HAND: [&str; 2] = [
    "-- Write the SQL that changes the database here.\n",
    "-- Write the SQL that undoes it here.\n",
];

/// A migration to be written.
struct Planned {
    migration: NewMigration,
    /// What it does, one line per change.
    summary: Vec<String>,
    hazards: Vec<Hazard>,
}

impl Session {
    pub(super) fn generate(&self, options: &Generate) -> Outcome {
        let folders = self.folders(&options.dialects.dialects)?;
        if options.custom {
            let planned = folders.iter().map(by_hand).collect::<Result<_, _>>()?;
            return self.write(&folders, planned, options.name.as_deref().unwrap_or("custom"));
        }
        let answers = Answers::new(&options.renames)?.of_snapshots();
        let mut planned = Vec::new();
        let mut name = options.name.clone();
        for folder in &folders {
            let latest = folder.latest()?;
            let from = latest.map(|snapshot| snapshot.tables.as_slice()).unwrap_or_default();
            let tables = self.tables_of(folder.dialect);
            let diff = match answers.diff(&self.ui, from, &tables) {
                // A migration is missing, whatever the answer is.
                Err(failure) if options.check && failure.exit == Exit::AnswerNeeded => {
                    return Err(Failure { exit: Exit::Failed, ..failure });
                }
                decided => decided?,
            };
            if diff.is_empty() {
                continue;
            }
            name.get_or_insert_with(|| folder::default_name(&diff));
            planned.push(planned_for(&diff, latest, &tables, folder.dialect)?);
        }
        answers.check_used()?;
        match name {
            Some(name) if !planned.is_empty() && options.check => Ok(self.missing(&planned, &name)),
            Some(name) if !planned.is_empty() => self.write(&folders, planned, &name),
            _ => {
                self.ui.line("No changes: the migrations already match the structs");
                Ok(Report::done(json!({ "changed": false, "migrations": [] })))
            }
        }
    }

    /// Returns the folders of the chosen dialects: those of the flag, else of the project, else the existing ones.
    pub(super) fn folders(&self, flags: &[Dialect]) -> Result<Vec<Folder>, Failure> {
        let wanted = match (flags, &self.dialects) {
            ([], None) => &Dialect::ALL[..],
            ([], Some(of_project)) => of_project,
            (flags, _) => flags,
        };
        let mut folders = Vec::new();
        for dialect in Dialect::ALL.into_iter().filter(|dialect| wanted.contains(dialect)) {
            folders.push(Folder::read(&self.dir, dialect)?);
        }
        let nothing_says_which = flags.is_empty() && self.dialects.is_none();
        if nothing_says_which && folders.iter().any(|folder| !folder.migrations.is_empty()) {
            folders.retain(|folder| !folder.migrations.is_empty());
        } else if nothing_says_which {
            folders.retain(|folder| Dialect::USUAL.contains(&folder.dialect));
        }
        Ok(folders)
    }

    fn write(&self, folders: &[Folder], planned: Vec<Planned>, name: &str) -> Outcome {
        let name = folder::safe_name(name)?;
        let versions = Versions::next(folders, Utc::now());
        let migrations: Vec<NewMigration> =
            planned.iter().map(|planned| planned.migration.clone()).collect();
        let unapplied = self.unapplied(folders);
        let places = folder::write(&self.dir, &versions, &name, &migrations)?;
        for place in &places {
            self.ui.line(format_args!("{} {}", good("Wrote"), strong(place.display())));
        }
        self.tell(&planned);
        if planned.iter().all(|planned| planned.summary.is_empty()) {
            self.ui.line("  to fill in: the SQL that applies it, and down.sql, which undoes it");
        }
        let written: Vec<Value> = planned
            .iter()
            .zip(&places)
            .map(|(planned, place)| {
                let mut document = planned.json();
                document["version"] = versions.of(planned.dialect()).into();
                document["name"] = name.as_str().into();
                document["path"] = place.display().to_string().into();
                document
            })
            .collect();
        if let Some(unapplied) = &unapplied {
            self.ui.warning(unapplied.line());
        }
        let unapplied = unapplied.map(|unapplied| unapplied.migrations).unwrap_or_default();
        Ok(Report::done(json!({ "changed": true, "migrations": written, "unapplied": unapplied })))
    }

    /// Returns the report of `--check` if there is something to generate.
    fn missing(&self, planned: &[Planned], name: &str) -> Report {
        self.ui.line("A migration is missing: run `generate`");
        self.tell(planned);
        let missing: Vec<Value> = planned.iter().map(Planned::json).collect();
        let json = json!({ "changed": true, "name": name, "missing": missing });
        Report { exit: Exit::Failed, json }
    }

    /// Prints what the migrations do, only once if it is the same for both databases.
    fn tell(&self, planned: &[Planned]) {
        for (position, one) in planned.iter().enumerate() {
            let same = planned.iter().all(|other| other.summary == one.summary);
            if position > 0 && same {
                break;
            }
            if !same {
                self.ui.line(format_args!("{}:", one.dialect()));
            }
            for line in &one.summary {
                self.ui.line(format_args!("  {line}"));
            }
        }
        // Report a hazard of both databases once.
        let mut told: Vec<(String, Vec<Dialect>)> = Vec::new();
        for one in planned {
            for line in one.hazards.iter().map(hazards::line) {
                match told.iter_mut().find(|(other, _)| *other == line) {
                    Some((_, dialects)) => dialects.push(one.dialect()),
                    None => told.push((line, vec![one.dialect()])),
                }
            }
        }
        for (line, dialects) in told {
            match dialects[..] {
                [only] if planned.len() > 1 => self.ui.warning(format_args!("on {only}: {line}")),
                _ => self.ui.warning(line),
            }
        }
    }
}

impl Planned {
    fn dialect(&self) -> Dialect {
        self.migration.snapshot.dialect
    }

    fn json(&self) -> Value {
        let hazards: Vec<Value> = self.hazards.iter().map(hazards::json).collect();
        json!({ "dialect": self.dialect(), "summary": self.summary, "hazards": hazards })
    }
}

fn planned_for(
    diff: &Diff,
    latest: Option<&Snapshot>,
    tables: &[TableDef],
    dialect: Dialect,
) -> Result<Planned, Failure> {
    let scripts = [render(diff, dialect)?, render(&diff.inverse(), dialect)?];
    // diesel has one setting for both files.
    let run_in_transaction = scripts.iter().all(Script::runs_in_transaction);
    let [up, down] = scripts.map(|script| match script.runs_in_transaction() {
        true if !run_in_transaction => in_transaction(&script.text()),
        _ => script.text(),
    });
    let snapshot = Snapshot::new(dialect, latest, tables.to_vec());
    Ok(Planned {
        migration: NewMigration { up, down, run_in_transaction, baseline: false, snapshot },
        summary: diff.summary(),
        hazards: rows::hazards(diff, dialect)?,
    })
}

/// Returns the text of a script that begins its transaction itself because the script in the other direction does.
/// Only SQLite has such scripts.
fn in_transaction(text: &str) -> String {
    format!("BEGIN IMMEDIATE;\n{text}COMMIT;\n")
}

fn by_hand(folder: &Folder) -> Result<Planned, Failure> {
    let latest = folder.latest()?;
    let tables = latest.map(|snapshot| snapshot.tables.clone()).unwrap_or_default();
    let [up, down] = BY_HAND.map(str::to_owned);
    Ok(Planned {
        migration: NewMigration {
            up,
            down,
            run_in_transaction: true,
            baseline: false,
            snapshot: Snapshot::new(folder.dialect, latest, tables),
        },
        summary: Vec::new(),
        hazards: Vec::new(),
    })
}
