//! A connection to a D1 database.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::time::Duration;

use super::address::Address;
use super::database::D1;
use super::http::Client;
use super::plan::{Plan, rounded};
use super::refused;
use super::statement::{Kind, statements};
use super::translate::Translated;
use crate::backend::process::Process;
use crate::backend::sqlite::{self, RowsAnywhere};
use crate::backend::{
    AnyRow, AnyValue, Around, Backend, BatchFailure, ConnectOptions, Flow, Isolation, OwnedRows,
    Source, Step, Target,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The number of rows that the last statement wrote, without those of triggers and foreign keys. D1's own number has them,
/// too.
const CHANGES: &str = "SELECT changes()";

impl D1 {
    /// Runs a statement, and returns its rows and the number of rows that it changed.
    fn run_plan(&mut self, mut plan: Plan) -> Result<(OwnedRows, u64)> {
        let sent = plan.sent()?;
        if plan.kind == Kind::Writes {
            let counts = Translated { sql: CHANGES.into(), params: Vec::new() };
            let answers = self.send(&[sent, counts]);
            let answers = answers.map_err(|error| error.with_sql(&plan.shown))?;
            let [rows, counted] = answers.as_slice() else { return Err(incomplete()) };
            if plan.is_doubtful(rows) {
                return Err(rounded(&plan));
            }
            return Ok((plan.rows(rows)?, counted.number(0).unwrap_or_default()));
        }
        let answers = match self.send(&[sent]) {
            // The table has other columns than when its rows were marked.
            Err(error) if is_of_columns(&error) && self.forget(&plan) => {
                plan.unmark();
                self.send(&[plan.sent()?])
            }
            answers => answers,
        };
        let answers = answers.map_err(|error| error.with_sql(&plan.shown))?;
        let Some(mut rows) = answers.into_iter().next() else { return Err(incomplete()) };
        self.make_exact(&mut [(&mut plan, &mut rows)])?;
        if plan.is_doubtful(&rows) {
            return Err(rounded(&plan));
        }
        Ok((plan.rows(&rows)?, 0))
    }

    /// Runs SQL text without parameters, all of it or nothing.
    fn run_text(&mut self, all: &[&str]) -> Result<()> {
        let mut sent = Vec::with_capacity(all.len());
        for sql in all {
            check_transaction(sql)?;
            sent.push(Translated { sql: (*sql).to_owned(), params: Vec::new() });
        }
        if sent.is_empty() {
            return Ok(());
        }
        self.send(&sent).map(drop)
    }
}

#[cold]
fn incomplete() -> Error {
    Error::new(ErrorKind::Unknown, "the answer of D1 lacks the result of a statement")
}

fn is_of_columns(error: &Error) -> bool {
    error.to_string().starts_with("table mizzle_rows has ")
}

/// Refuses SQL that begins or ends a transaction, or a savepoint.
fn check_transaction(sql: &str) -> Result<()> {
    const WORDS: [&str; 6] = ["BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    let first = orm_lexer::tokens(sql, Dialect::D1).into_iter().next();
    if first.is_some_and(|first| WORDS.iter().any(|word| first.is(word))) {
        return Err(refused::transaction().with_sql(sql));
    }
    Ok(())
}

impl Backend for D1 {
    type Rows = RowsAnywhere;

    /// Sends nothing: a wrong token, or a wrong database, is an error of the first statement.
    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let address = Address::of(target, options)?;
        Ok(Self {
            client: Client::new(address, options),
            limit: options.statement_timeout,
            process: Process::current(),
            only_reads: false,
            doubtful: HashMap::new(),
        })
    }

    fn prepare_database(&mut self, _: &Target) -> Result<()> {
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        Dialect::D1
    }

    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        let plan = self.plan(source)?;
        check_transaction(&plan.shown)?;
        let shown = plan.shown.clone();
        let (rows, changed) = self.run_plan(plan)?;
        for row in rows.into_rows() {
            match on_row(&AnyRow::Owned(row, PhantomData)) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Stop) => break,
                Err(error) => return Err(error.with_sql(&shown)),
            }
        }
        Ok(changed)
    }

    fn run_all(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> std::result::Result<bool, (usize, Error)> {
        self.read_together(sources, on_row)
    }

    fn run_batch(
        &mut self,
        steps: &[&dyn Step],
        _: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        self.run_together(steps).map(Some)
    }

    fn only_read(&mut self, only: bool) {
        self.only_reads = only;
    }

    fn opens_in_transaction(&self, _: &str, _: bool) -> bool {
        false
    }

    /// Reads all rows: D1 sends them in one answer.
    fn open(&mut self, source: &dyn Source, _: &str, _: bool) -> Result<RowsAnywhere> {
        let plan = self.plan(source)?;
        self.run_plan(plan).map(|(rows, _)| RowsAnywhere::of_copies(rows))
    }

    fn advance(&mut self, rows: &mut RowsAnywhere) -> Result<bool> {
        Ok(rows.next_copy())
    }

    fn close(&mut self, _: RowsAnywhere) -> Result<()> {
        Ok(())
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        let question = Translated { sql: "SELECT 1".into(), params: Vec::new() };
        self.send_within(&[question], Some(limit)).map(drop)
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.run_text(&statements(sql)).map_err(|error| error.with_sql(sql))
    }

    fn batch_one(&mut self, sql: &str) -> Result<()> {
        match statements(sql).as_slice() {
            [] => Err(Error::new(ErrorKind::Query, "the SQL contains no statement")),
            [only] => self.run_text(&[only]),
            _ => Err(Error::new(ErrorKind::Query, "the SQL contains more than one statement")),
        }
        .map_err(|error| error.with_sql(sql))
    }

    fn batch_one_counting(
        &mut self,
        sql: &str,
        _: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        let plan = Plan::of_text(sql, &[]).map_err(|error| error.with_sql(sql))?;
        let (_, changed) = self.run_plan(plan)?;
        on_rows(changed);
        Ok(changed)
    }

    /// Refuses a transaction: see [`refused::transaction`].
    fn begin(&mut self, _: &str) -> Result<()> {
        Err(refused::transaction())
    }

    fn notify(&mut self, _: &str, _: &str) -> Result<()> {
        Err(refused::missing(
            "notify other programs",
            "nothing stays connected to it",
            "write a row that the others look for, or use a queue",
        ))
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        self.limit = None;
        Ok(())
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        let plan = Plan::of_text(sql, values).map_err(|error| error.with_sql(sql))?;
        let (rows, _) = self.run_plan(plan)?;
        let text = |value: AnyValue<'_>| match value {
            AnyValue::Integer(value) => value.to_string(),
            AnyValue::Real(value) => value.to_string(),
            AnyValue::Text(bytes) | AnyValue::Blob(bytes) => {
                String::from_utf8_lossy(bytes).into_owned()
            }
            AnyValue::Postgres { .. } => String::new(),
        };
        let row = |row| {
            let row = AnyRow::Owned(row, PhantomData);
            let columns = diesel::row::Row::field_count(&row);
            (0..columns).map(|index| row.value(index).map(text)).collect()
        };
        Ok(rows.into_rows().map(row).collect())
    }

    #[cfg(feature = "registry")]
    fn describe_statement(&mut self, sql: &str, _: &[u32]) -> Result<crate::backend::Described> {
        let error = refused::missing(
            "describe a statement",
            "it has no call for that",
            "let the kit check the program's SQL on SQLite",
        );
        Err(error.with_sql(sql))
    }

    fn is_pooled(&self) -> bool {
        false
    }

    fn began(&mut self, _: Isolation, _: bool) {}

    fn is_spent(&self) -> bool {
        !self.process.is_current()
    }

    fn begin_sql(&self, _: Isolation, _: bool) -> String {
        "BEGIN".to_owned()
    }

    fn in_transaction(&self) -> bool {
        false
    }

    fn transaction_failed(&self) -> bool {
        false
    }

    /// The next request opens another connection if it has to.
    fn is_broken(&self) -> bool {
        false
    }

    fn describe_violation(&mut self, error: &mut Error, source: Option<&dyn Source>) {
        sqlite::describe(self, error, source);
    }

    fn are_literal(&mut self, words: &str) -> bool {
        sqlite::are_literal(self, words)
    }
}
