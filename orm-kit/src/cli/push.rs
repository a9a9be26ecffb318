//! `push`: brings a database to the structs directly.

use orm_core::Db;
use orm_core::Executor as _;
use orm_core::migration::{MigrationError, run_script};
use orm_core::schema::TableDef;
use serde_json::{Value, json};

use super::answers::Answers;
use super::args::Push;
use super::database::tables_of;
use super::failure::Failure;
use super::ui::{good, strong};
use super::{Outcome, Report, Session, hazards};
use crate::diff::Diff;
use crate::introspect::normal_form;
use crate::render::{Script, render};
use crate::rows::{self, Hazard, HazardKind};

/// A hazard, and how many rows it concerns.
struct Counted {
    hazard: Hazard,
    rows: i64,
}

impl Session {
    pub(super) fn push(&self, options: &Push) -> Outcome {
        let db = self.connect()?;
        let answers = Answers::new(&options.renames)?;
        let diff = self.diff_of(&db, &answers)?;
        answers.check_used()?;
        let name = self.database_name();
        if diff.is_empty() {
            self.ui.line(format_args!("Nothing to do: {} is as the structs say", strong(&name)));
            return Ok(Report::done(json!({ "changed": false, "summary": [] })));
        }
        let script = render(&diff, db.dialect())?;
        let counted = counted(&db, rows::hazards(&diff, db.dialect())?)?;
        let (refusals, risks) = refusals(counted, options.force);
        if options.dry_run {
            self.ui.line(script.text().trim_end());
            for counted in refusals.iter().chain(&risks) {
                self.ui.warning(counted.line());
            }
        } else if !refusals.is_empty() {
            return Err(refused(&refusals));
        } else {
            run(&db, &script)?;
            self.ui.line(format_args!("{} {}", good("Changed"), strong(&name)));
            for line in diff.summary() {
                self.ui.line(format_args!("  {line}"));
            }
            for counted in &risks {
                self.ui.warning(counted.line());
            }
        }
        let told: Vec<Value> = refusals.iter().chain(&risks).map(Counted::json).collect();
        let statements: Vec<&str> =
            script.statements.iter().map(|step| step.sql.as_str()).collect();
        Ok(Report::done(json!({
            "changed": !options.dry_run,
            "dry_run": options.dry_run,
            "summary": diff.summary(),
            "statements": statements,
            "hazards": told,
        })))
    }

    /// What leads from the database to the structs.
    fn diff_of(&self, db: &Db, answers: &Answers) -> Result<Diff, Failure> {
        let mut wanted = normal_form(db, &self.tables)?;
        declare_renames(&mut wanted, &self.tables);
        let found = tables_of(db, &wanted)?;
        answers.diff(&self.ui, &found, &wanted)
    }
}

/// A database keeps no old names; the structs may declare them.
fn declare_renames(wanted: &mut [TableDef], structs: &[TableDef]) {
    for table in wanted {
        let Some(own) = structs.iter().find(|own| own.name == table.name) else { continue };
        table.renamed_from.clone_from(&own.renamed_from);
        for column in &mut table.columns {
            let own = own.find_column(&column.name);
            column.renamed_from = own.and_then(|own| own.renamed_from.clone());
        }
    }
}

/// Counts the rows that hazards concern, and leaves out those that concern none.
fn counted(db: &Db, hazards: Vec<Hazard>) -> Result<Vec<Counted>, Failure> {
    let mut counted = Vec::new();
    for hazard in hazards {
        let Some(count) = &hazard.count else { continue };
        // A sum is a decimal number on PostgreSQL.
        let count = format!("CAST(({count}) AS BIGINT)");
        let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(&count);
        let rows: i64 = db.one(diesel::select(query))?;
        if rows > 0 {
            counted.push(Counted { hazard, rows });
        }
    }
    Ok(counted)
}

/// What keeps a push from being done, and what is only told. Nobody waits for a development database.
fn refusals(counted: Vec<Counted>, force: bool) -> (Vec<Counted>, Vec<Counted>) {
    let relevant = counted.into_iter().filter(|counted| {
        matches!(counted.hazard.kind, HazardKind::Destructive | HazardKind::MayFail)
    });
    relevant.partition(|counted| counted.hazard.kind == HazardKind::MayFail || !force)
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
            "pass `--force` to lose these rows and values; if something has only a new name, say `--rename old=new`",
        ),
        (false, true) => failure.with_hint("what is dropped needs `--force`; the rest needs other rows first"),
        (false, false) => failure,
    }
}

/// Carries the script out, all of it or nothing.
fn run(db: &Db, script: &Script) -> Result<(), Failure> {
    run_script(db, &script.text(), script.runs_in_transaction()).map_err(|error| {
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
        Failure { message, ..Failure::from(error) }
    })
}

impl Counted {
    fn line(&self) -> String {
        let Self { hazard, rows } = self;
        match hazard.kind {
            HazardKind::MayFail => hazard.what.replace("{rows}", &rows.to_string()),
            _ => {
                let rows = super::ui::counted(*rows as usize, "row");
                format!("{}: {}, {rows}", hazards::place(hazard), hazard.what)
            }
        }
    }

    fn json(&self) -> Value {
        let mut document = hazards::json(&self.hazard);
        document["rows"] = self.rows.into();
        document["what"] = self.line().into();
        document
    }
}
