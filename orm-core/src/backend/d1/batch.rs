//! Statements that go to D1 in one request.

use std::marker::PhantomData;

use super::answer::Rows;
use super::database::D1;
use super::plan::{Plan, rounded};
use super::problem::TOO_FEW;
use super::refused;
use super::statement::Kind;
use super::translate::Translated;
use crate::backend::{AnyRow, BatchFailure, Source, Step, TooFew};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

/// The most statements that a request has: as many queries as D1 runs for one call of a program.
pub(in crate::backend) const MOST_STATEMENTS: usize = 1_000;

/// A statement of a batch.
struct Part {
    /// The place of its step.
    place: usize,
    plan: Plan,
    /// How many rows it must read or write.
    needs: Option<u64>,
    /// The places of its answer, and of the number of rows that it wrote.
    answer: usize,
    counted: Option<usize>,
}

impl D1 {
    /// Runs queries in one request. Returns whether it did: what isn't a query runs alone, and so does what fails, to find
    /// out which of them it is.
    pub(super) fn read_together(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> std::result::Result<bool, (usize, Error)> {
        let mut plans = Vec::with_capacity(sources.len());
        for (place, source) in sources.iter().enumerate() {
            let plan = self.plan(*source).map_err(|error| (place, error))?;
            if plan.kind != Kind::Reads {
                return Ok(false);
            }
            plans.push(plan);
        }
        let whole = |error| (0, error);
        let sent: Result<Vec<Translated>> = plans.iter().map(Plan::sent).collect();
        let mut answers = match self.send(&sent.map_err(whole)?) {
            Ok(answers) => answers,
            Err(error) if error.may_read_again() || error.is_timeout() => return Err((0, error)),
            Err(_) => {
                for plan in &plans {
                    self.forget(plan);
                }
                return Ok(false);
            }
        };
        let mut reads: Vec<(&mut Plan, &mut Rows)> =
            plans.iter_mut().zip(answers.iter_mut()).collect();
        self.make_exact(&mut reads).map_err(whole)?;
        for (place, (plan, rows)) in plans.iter().zip(&answers).enumerate() {
            let rows = plan.rows(rows).map_err(|error| (place, error))?;
            for row in rows.into_rows() {
                on_row(place, &AnyRow::Owned(row, PhantomData))
                    .map_err(|error| (place, error.with_sql(&plan.shown)))?;
            }
        }
        Ok(true)
    }

    /// Runs a batch in one request: all of it or nothing. Returns how many rows each statement changed.
    pub(super) fn run_together(
        &mut self,
        steps: &[&dyn Step],
    ) -> std::result::Result<Vec<u64>, BatchFailure> {
        let mut parts = self.parts(steps)?;
        let writes = parts.iter().any(|part| part.plan.kind != Kind::Reads);
        if writes {
            // Afterwards they can't be read again as they were.
            parts.iter_mut().for_each(|part| part.plan.mark());
        }
        let sent = sent(&mut parts, writes)?;
        if sent.is_empty() {
            return Ok(vec![0; steps.len()]);
        }
        if sent.len() > MOST_STATEMENTS {
            return Err(too_many(sent.len()).into());
        }
        let mut answers = self.send(&sent).map_err(|error| failure(error, &parts))?;
        if !writes {
            let mut reads: Vec<(&mut Plan, &mut Rows)> =
                parts.iter_mut().map(|part| &mut part.plan).zip(answers.iter_mut()).collect();
            self.make_exact(&mut reads)?;
        }
        let mut changed = vec![0; steps.len()];
        for part in &parts {
            let done = |error| BatchFailure { place: Some(part.place), error, has_run: true };
            let Some(rows) = answers.get(part.answer) else { continue };
            if part.plan.is_doubtful(rows) {
                return Err(done(rounded(&part.plan)));
            }
            for row in part.plan.rows(rows).map_err(done)?.into_rows() {
                let taken = steps[part.place].row(&AnyRow::Owned(row, PhantomData));
                taken.map_err(|error| done(error.with_sql(&part.plan.shown)))?;
            }
            let counted = part.counted.and_then(|place| answers.get(place)?.number(0));
            changed[part.place] = counted.unwrap_or_default();
        }
        Ok(changed)
    }

    fn parts(&mut self, steps: &[&dyn Step]) -> std::result::Result<Vec<Part>, BatchFailure> {
        let mut parts = Vec::with_capacity(steps.len());
        for (place, step) in steps.iter().enumerate() {
            let made = step.with_source(Dialect::D1, &mut |source| {
                let (plan, needs) = (self.plan(source)?, step.needs());
                parts.push(Part { place, plan, needs, answer: 0, counted: None });
                Ok(())
            });
            made.map_err(|error| BatchFailure { place: Some(place), error, has_run: false })?;
        }
        Ok(parts)
    }
}

/// Returns the statements that are sent. If one of them `writes`, those that decide how the batch ends are followed, or
/// preceded, by one that fails if they read or write another number of rows than they need.
fn sent(parts: &mut [Part], writes: bool) -> std::result::Result<Vec<Translated>, BatchFailure> {
    let mut sent = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        let place = part.place;
        if let (Kind::Reads, true, Some(needs)) = (part.plan.kind, writes, part.needs) {
            let before = format!(
                "SELECT CASE n WHEN {needs} THEN 1 ELSE {} END FROM (SELECT count(*) AS n FROM (",
                failing(place, "n")
            );
            sent.push(part.plan.inside(&before, "))"));
        }
        part.answer = sent.len();
        let statement = part.plan.sent();
        sent.push(statement.map_err(|error| BatchFailure {
            place: Some(place),
            error,
            has_run: false,
        })?);
        if part.plan.kind == Kind::Writes {
            let check = match part.needs {
                Some(needs) => {
                    let fails = failing(place, "changes()");
                    format!(", CASE changes() WHEN {needs} THEN 1 ELSE {fails} END")
                }
                None => String::new(),
            };
            part.counted = Some(sent.len());
            sent.push(Translated { sql: format!("SELECT changes(){check}"), params: Vec::new() });
        }
    }
    Ok(sent)
}

/// Returns an expression that fails, and names the place of a step and a number of rows.
fn failing(place: usize, rows: &str) -> String {
    format!("json_extract('{{}}', 'mizzle {TOO_FEW} {place} ' || {rows})")
}

/// Returns the failure of a batch. D1 doesn't say which statement failed: it is known if mizzle let it fail, or if only one
/// statement is about the table of a violated constraint.
fn failure(error: Error, parts: &[Part]) -> BatchFailure {
    let words = error.to_string();
    let own = error.database_code() == Some(TOO_FEW.to_string().as_str());
    if let (true, Some((place, rows))) = (own, words.split_once(' '))
        && let (Ok(place), Ok(changed)) = (place.parse(), rows.parse())
    {
        let error = error.with_source(TooFew { changed });
        return BatchFailure { place: Some(place), error, has_run: false };
    }
    let table = error.constraint().and_then(|constraint| constraint.table.clone());
    let about = |part: &&Part| match &table {
        Some(table) => part.plan.kind == Kind::Writes && part.plan.is_about(table),
        None => false,
    };
    let found: Vec<&Part> = match parts {
        [only] => vec![only],
        _ => parts.iter().filter(about).collect(),
    };
    match found.as_slice() {
        [only] => {
            let error = error.with_sql(&only.plan.shown);
            BatchFailure { place: Some(only.place), error, has_run: false }
        }
        _ => error.into(),
    }
}

#[cold]
fn too_many(statements: usize) -> Error {
    refused::missing(
        &format!("run {statements} statements in one request"),
        &format!(
            "it takes at most {MOST_STATEMENTS}, and only those of one request are done all or none"
        ),
        "pass the rows in several calls, each of which is done all or none",
    )
}
