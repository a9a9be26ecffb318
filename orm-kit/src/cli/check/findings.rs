//! The findings of `check`, and their output.

use orm_core::Dialect;
use serde_json::{Value, json};

pub(super) use crate::sql::Severity;

use super::super::ui::{Ui, bad, counted, faint, good, notable, strong};

/// A finding that a person should know about.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The kind, by which programs distinguish findings, such as `destructive`.
    pub(super) kind: &'static str,
    pub(super) dialect: Dialect,
    pub(super) about: About,
    pub(super) message: String,
    /// More lines, such as the differences.
    pub(super) details: Vec<String>,
}

/// What a finding is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The whole project, or the database.
    All,
    /// A migration, by its folder.
    Migration(String),
    /// A `sql!`.
    Sql { file: &'static str, line: u32, column: u32 },
}

impl About {
    fn migration(&self) -> Option<&str> {
        if let Self::Migration(folder) = self { Some(folder) } else { None }
    }

    fn is_sql(&self) -> bool {
        matches!(self, Self::Sql { .. })
    }
}

#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    pub(super) fn number(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Prints the findings, grouped by database and migration.
    pub(super) fn tell(&self, ui: &Ui) {
        let mut group = None;
        for (place, finding) in self.0.iter().enumerate() {
            let own = Some((finding.dialect, &finding.about));
            if group != own {
                group = own;
                match &finding.about {
                    About::All => ui.line(strong(finding.dialect)),
                    About::Migration(folder) => {
                        ui.line(strong(format_args!("{}: {folder}", finding.dialect)));
                    }
                    About::Sql { file, line, .. } => {
                        ui.line(strong(format_args!("{}: {file}:{line}", finding.dialect)));
                    }
                }
            }
            let label = match finding.severity {
                Severity::Error => bad("error:"),
                Severity::Warning => notable("warning:"),
                Severity::Note => faint("note:"),
            };
            ui.line(format_args!("  {label} {}", finding.message));
            // Several findings about the same SQL show it once.
            let is_repeated = self.0.get(place + 1).is_some_and(|next| {
                (next.dialect, &next.about, &next.details)
                    == (finding.dialect, &finding.about, &finding.details)
                    && next.about.is_sql()
            });
            for line in finding.details.iter().filter(|_| !is_repeated) {
                ui.line(format_args!("    {line}"));
            }
        }
        let errors = counted(self.number(Severity::Error), "error");
        let warnings = counted(self.number(Severity::Warning), "warning");
        if self.0.iter().all(|finding| finding.severity == Severity::Note) {
            ui.line(good("Nothing is wrong"));
        } else {
            ui.line(format_args!("{errors}, {warnings}"));
        }
    }

    pub(super) fn json(&self) -> Vec<Value> {
        let document = |finding: &Finding| {
            let mut document = json!({
                "severity": match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Note => "note",
                },
                "kind": finding.kind,
                "dialect": finding.dialect,
                "migration": finding.about.migration(),
                "message": finding.message,
                "details": finding.details,
            });
            if let About::Sql { file, line, column } = finding.about {
                document["file"] = json!(file);
                document["line"] = json!(line);
                document["column"] = json!(column);
            }
            document
        };
        self.0.iter().map(document).collect()
    }
}
