//! `push`: changes a database to match the structs, without a migration.

use orm_core::migration::{MigrationError, rehearse_script, run_script};
use orm_core::schema::TableDef;
use orm_core::{Db, ErrorCategory};
use serde_json::{Value, json};

use super::answers::Answers;
use super::args::Push;
use super::failure::{DEPENDENTS, Failure};
use super::hazards::{Counted, counted};
use super::ui::{good, strong};
use super::{Exit, Outcome, Report, Session};
use crate::diff::Diff;
use crate::introspect::{Introspected, Note, Refused, accepted_form, introspect_for};
use crate::managed::{Managed, Memory, changed_by_hand, managed_views};
use crate::render::{Script, render};
use crate::rows::{self, HazardKind};

/// The number of attempts if another program changes the database at the same time.
const ATTEMPTS: usize = 12;

impl Session {
    pub(super) fn push(&self, options: &Push) -> Outcome {
        let db = self.connect()?;
        let answers = Answers::new(&options.renames)?;
        let mut tried: Option<(Option<Diff>, Failure)> = None;
        for _ in 0..ATTEMPTS {
            let outcome = self.diff_of(&db, &answers);
            answers.check_used()?;
            let (diff, outcome) = match outcome {
                Ok((diff, others)) => {
                    if let Some((Some(before), failure)) = tried
                        && before == diff
                    {
                        return Err(failure);
                    }
                    let outcome = self.push_diff(&db, &diff, &others, options);
                    (Some(diff), outcome)
                }
                Err(failure) => (None, Err(failure)),
            };
            match outcome {
                Err(failure) if failure.exit == Exit::Failed && failure.code != "REFUSED" => {
                    // Another push may have done all or part of it.
                    tried = Some((diff, failure));
                }
                decided => return decided,
            }
        }
        Err(tried
            .map_or_else(|| Failure::new("REFUSED", "nothing was changed"), |(_, failure)| failure))
    }

    /// Applies the diff, unless there is a reason to refuse it.
    fn push_diff(&self, db: &Db, diff: &Diff, others: &[Note], options: &Push) -> Outcome {
        let name = self.database_name();
        let left_alone: Vec<String> = others.iter().map(ToString::to_string).collect();
        if diff.is_empty() {
            if !options.dry_run {
                self.remember(db)?;
            }
            self.ui.line(format_args!("Nothing to do: {} matches the structs", strong(&name)));
            return Ok(Report::done(
                json!({ "changed": false, "summary": [], "left_alone": left_alone }),
            ));
        }
        if !options.force {
            let changed = changed_by_hand(db, &diff.views, &self.former(db)?)?;
            if !changed.is_empty() {
                return Err(by_hand(&changed));
            }
        }
        let script = render(diff, db.dialect())?;
        let counted = counted(db, rows::hazards(diff, db.dialect())?)?;
        let (refusals, risks) = refusals(counted, options.force);
        if !refusals.is_empty() {
            return Err(refused(&refusals));
        }
        let mut statements: Vec<String> =
            script.statements.iter().map(|step| step.sql.clone()).collect();
        if options.dry_run {
            statements = run(db, &script, rehearse_script)?;
            self.ui.line(text(&statements).trim_end());
            for counted in &risks {
                self.ui.warning(counted.line());
            }
        } else {
            run(db, &script, run_script)?;
            self.remember(db)?;
            self.ui.line(format_args!("{} {}", good("Changed"), strong(&name)));
            for line in diff.summary() {
                self.ui.line(format_args!("  {line}"));
            }
            for counted in &risks {
                self.ui.warning(counted.line());
            }
        }
        let told: Vec<Value> = risks.iter().map(Counted::json).collect();
        Ok(Report::done(json!({
            "changed": !options.dry_run,
            "dry_run": options.dry_run,
            "summary": diff.summary(),
            "statements": statements,
            "hazards": told,
            "left_alone": left_alone,
        })))
    }

    /// Returns the diff from the database to the structs, and notes on what else the database contains.
    fn diff_of(&self, db: &Db, answers: &Answers) -> Result<(Diff, Vec<Note>), Failure> {
        let (mut wanted, refused) = accepted_form(db, &self.tables)?;
        if let Some(failure) = unwanted(refused) {
            return Err(failure);
        }
        declare_renames(&mut wanted, &self.tables);
        let remembered = self.remembered(db)?;
        let known = [wanted.as_slice(), remembered.as_slice()].concat();
        let Introspected { tables: found, views, .. } = introspect_for(db, &known)?;
        let managed = Managed::new(&found, &wanted, &remembered, &answers.asked(), db.dialect());
        let mut diff = managed.carry(answers.diff(&self.ui, &managed.tables, &wanted)?);
        diff.views = managed_views(db, &views, &self.tables, &remembered)?;
        Ok((diff, managed.others()))
    }

    /// Records what the structs say, so that later removals can be distinguished from what others created.
    fn remember(&self, db: &Db) -> Result<(), Failure> {
        if Memory::read(db)? != self.tables {
            Memory::write(db, &self.tables)?;
        }
        Ok(())
    }
}

/// Copies the declared renames from the structs, because a database doesn't keep old names.
fn declare_renames(wanted: &mut [TableDef], structs: &[TableDef]) {
    for table in wanted {
        let Some(own) = structs.iter().find(|own| own.name == table.name) else { continue };
        table.renamed_from.clone_from(&own.renamed_from);
        for column in &mut table.columns {
            let own = own.find_column(&column.name);
            column.renamed_from = own.and_then(|own| own.renamed_from.clone());
            column.renamed_labels = own.map(|own| own.renamed_labels.clone()).unwrap_or_default();
        }
    }
}

/// Separates the hazards that stop a push from those that are only reported. Ignores locks, because nobody waits for a
/// development database.
fn refusals(counted: Vec<Counted>, force: bool) -> (Vec<Counted>, Vec<Counted>) {
    let relevant = counted.into_iter().filter(|counted| {
        matches!(counted.hazard.kind, HazardKind::Destructive | HazardKind::MayFail)
    });
    relevant.partition(|counted| counted.hazard.kind == HazardKind::MayFail || !force)
}

/// Returns the failure for views that somebody has changed.
fn by_hand(views: &[String]) -> Failure {
    let line = |view: &String| {
        format!(
            "the view {view:?} was changed by hand, and would be replaced by what its struct says"
        )
    };
    let lines: Vec<String> = views.iter().map(line).collect();
    Failure::new("REFUSED", format!("nothing was changed:\n  {}", lines.join("\n  ")))
        .with_hint("pass `--force` to replace it, or write its SELECT into the struct")
        .with_detail("views", views.into())
}

fn refused(refusals: &[Counted]) -> Failure {
    let lines: Vec<String> = refusals.iter().map(Counted::line).collect();
    let hazards: Vec<Value> = refusals.iter().map(Counted::json).collect();
    let failure =
        Failure::new("REFUSED", format!("nothing was changed:\n  {}", lines.join("\n  ")))
            .with_detail("hazards", hazards.into());
    let destructive = refusals.iter().all(|counted| counted.hazard.kind == HazardKind::Destructive);
    let some = refusals.iter().any(|counted| counted.hazard.kind == HazardKind::Destructive);
    match (destructive, some) {
        (true, _) => failure.with_hint(
            "pass `--force` to lose these rows and values; if something was only renamed, pass `--rename old=new`",
        ),
        (false, true) => failure.with_hint("pass `--force` for what is dropped; change the rows for the rest"),
        (false, false) => failure,
    }
}

/// Returns the failure for parts of the structs that the database refuses.
fn unwanted(refused: Vec<Refused>) -> Option<Failure> {
    let lines: Vec<String> = refused.iter().map(Refused::to_string).collect();
    let first = Failure::from(refused.into_iter().next()?.error);
    Some(Failure {
        message: format!("nothing was changed:\n  {}", lines.join("\n  ")),
        sql: None,
        ..first
    })
}

/// Returns statements as a file, in which those with comments stand apart.
fn text(statements: &[String]) -> String {
    let mut text = String::new();
    for statement in statements {
        if statement.starts_with("--") && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(statement);
        text.push_str(";\n");
    }
    text
}

/// Runs or rehearses the script, all of it or nothing.
fn run<R>(
    db: &Db,
    script: &Script,
    run: impl FnOnce(&Db, &str, bool) -> orm_core::Result<R>,
) -> Result<R, Failure> {
    run(db, &script.text(), script.runs_in_transaction()).map_err(|error| {
        let message = match error.downcast_ref::<MigrationError>() {
            Some(MigrationError::Failed(failed)) if failed.refused => failed.reason.clone(),
            Some(MigrationError::Failed(failed)) => {
                format!("`{}` failed: {}", failed.statement, failed.reason)
            }
            Some(
                MigrationError::WouldLose { what, .. } | MigrationError::Unusable { what, .. },
            ) => what.clone(),
            _ => return Failure::from(error),
        };
        let message = format!("nothing was changed: {message}");
        let is_statement = error.category() == ErrorCategory::StatementError;
        let mut failure = Failure { message, ..Failure::from(error) };
        if is_statement {
            // There is no file to correct, and no migration.
            failure.hints.retain(|hint| hint == DEPENDENTS || hint.contains("create_collation"));
        }
        failure
    })
}
