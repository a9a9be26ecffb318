//! The findings of `check`, and their output.

use orm_core::Dialect;
use serde_json::{Value, json};

use super::super::ui::{Ui, bad, counted, faint, good, notable, strong};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Good to know; nothing is wrong.
    Note,
    /// Needs a look before it runs.
    Warning,
    /// Wrong.
    Error,
}

/// A finding that a person should know about.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) severity: Severity,
    /// The kind, by which programs distinguish findings, such as `destructive`.
    pub(super) kind: &'static str,
    pub(super) dialect: Dialect,
    /// The folder of the migration, if the finding is about one.
    pub(super) migration: Option<String>,
    pub(super) message: String,
    /// More lines, such as the differences.
    pub(super) details: Vec<String>,
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
        for finding in &self.0 {
            let own = Some((finding.dialect, finding.migration.as_deref()));
            if group != own {
                group = own;
                match &finding.migration {
                    Some(migration) => {
                        ui.line(strong(format_args!("{}: {migration}", finding.dialect)));
                    }
                    None => ui.line(strong(finding.dialect)),
                }
            }
            let label = match finding.severity {
                Severity::Error => bad("error:"),
                Severity::Warning => notable("warning:"),
                Severity::Note => faint("note:"),
            };
            ui.line(format_args!("  {label} {}", finding.message));
            for line in &finding.details {
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
            json!({
                "severity": match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Note => "note",
                },
                "kind": finding.kind,
                "dialect": finding.dialect,
                "migration": finding.migration,
                "message": finding.message,
                "details": finding.details,
            })
        };
        self.0.iter().map(document).collect()
    }
}
