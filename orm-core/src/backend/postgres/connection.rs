//! A connection to a PostgreSQL database.

use std::collections::HashMap;
use std::time::Duration;

use pq_sys as ffi;

use super::arguments::Arguments;
use super::batch::skips_sql;
use super::connect::Handle;
use super::deadline::Limit;
use super::joined::Place;
use super::only_reads::only_reads;
use super::pipeline::Pipeline;
#[cfg(feature = "tokio")]
use super::queue::Posted;
use super::rows::PostgresRows;
use super::session::{Postgres, with_sql};
use super::statements::Statements;
use super::text::c_string;
use super::violation::columns_by_name;
use super::watcher::Watcher;
use crate::backend::epoch::Epoch;
use crate::backend::notify::{Alarm, Note};
#[cfg(feature = "studio")]
use crate::backend::untyped::{TakesPlain, Untyped, UntypedResult};
use crate::backend::{
    AnyRow, Around, Backend, BatchFailure, ConnectOptions, Flow, Isolation, Prepare, Source,
    Standing, Step, Target, Watch, Watched,
};
use crate::dialect::Dialect;
use crate::error::{ConstraintKind, Error, Result};
use crate::schema::names;

impl Backend for Postgres {
    type Rows = PostgresRows;

    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let (handle, is_set) = Handle::open(&target.address, options)?;
        let mut connection = Self {
            handle,
            limit: Some(Limit::hard(options.connect_timeout)),
            statements: Statements::new(),
            named_types: HashMap::default(),
            arguments: Arguments::default(),
            epoch: Epoch::now(),
            untouched: None,
            pending: None,
            is_pooled: false,
            watcher: Watcher::default(),
            #[cfg(feature = "tokio")]
            posted: Posted::default(),
        };
        connection.begin_session()?;
        let prepare = target.prepare.unwrap_or(options.prepare);
        let named = prepare == Prepare::Always || prepare == Prepare::Auto && !connection.is_pooled;
        connection.statements.name_them(named);
        // A pooler may have kept the setting to itself.
        let is_set = is_set && !connection.is_pooled;
        connection.limit =
            options.statement_timeout.map(|timeout| Limit::of_statements(timeout, is_set));
        #[cfg(feature = "test")]
        {
            connection.handle.counter = Some(std::sync::Arc::clone(&options.counter));
        }
        Ok(connection)
    }

    fn prepare_database(&mut self, _: &Target) -> Result<()> {
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        if self.epoch.is_over() {
            self.forget_all();
        }
        let answer = match self.attempt(source, true) {
            Ok(answer) => answer,
            Err(error) => match self.recover(source, error) {
                Ok(answer) => answer,
                Err(error) => return Err(self.name_too_long(error, source)),
            },
        };
        self.untouched = None;
        answer.each_row(on_row).map_err(|error| with_sql(source, error))?;
        Ok(answer.changed())
    }

    fn run_all(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> std::result::Result<bool, (usize, Error)> {
        if self.epoch.is_over() {
            self.forget_all();
        }
        let Some(mode) = Pipeline::find() else { return Ok(false) };
        let Some(queue) = self.queue_all(sources.len(), &|place, f| f(sources[place]))? else {
            return Ok(false);
        };
        let answers = match self.execute_queue(mode, None, queue, None) {
            Ok(answers) => answers,
            // The transaction of all of them is undone.
            Err((place, error)) => {
                return match self.forgive(error) {
                    Ok(()) => Ok(false),
                    Err(error) => match place {
                        Place::Statement(place) => Err((place, error)),
                        Place::Around => Err((0, error)),
                    },
                };
            }
        };
        self.untouched = None;
        for (place, answer) in answers {
            answer
                .each_row(&mut |row| on_row(place, row).map(|()| Flow::Continue))
                .map_err(|error| (place, with_sql(sources[place], error)))?;
        }
        Ok(true)
    }

    fn run_batch(
        &mut self,
        steps: &[&dyn Step],
        around: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        self.run_steps(steps, around)
    }

    fn skips_sql(&self, tables: &[&str]) -> Option<String> {
        Pipeline::find().map(|_| skips_sql(tables))
    }

    #[cfg(feature = "tokio")]
    fn posts(&self) -> bool {
        Pipeline::find().is_some()
    }

    #[cfg(feature = "tokio")]
    fn post(&mut self, source: &dyn Source) -> Result<Option<usize>> {
        self.post_statement(source)
    }

    #[cfg(feature = "tokio")]
    fn take_posted(
        &mut self,
        ticket: usize,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<Option<u64>> {
        self.take_posted_rows(ticket, source, on_row)
    }

    #[cfg(feature = "tokio")]
    fn settle(&mut self) {
        self.send_posted();
    }

    #[cfg(feature = "tokio")]
    fn forget_posted(&mut self) {
        self.posted.clear();
    }

    /// The server counts the time in which the program takes its rows, except between the parts of a cursor.
    fn opens_in_transaction(&self, sql: &str, beside: bool) -> bool {
        (beside || self.limit.is_some()) && only_reads(sql)
    }

    fn open(&mut self, source: &dyn Source, sql: &str, beside: bool) -> Result<PostgresRows> {
        self.open_rows(source, sql, beside)
    }

    fn advance(&mut self, rows: &mut PostgresRows) -> Result<bool> {
        self.advance_rows(rows)
    }

    fn close(&mut self, rows: PostgresRows) -> Result<()> {
        self.close_rows(rows)
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        self.execute_text(c"SELECT 1", Some(Limit::hard(limit)))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.untouched = None;
        // Nothing was done in the transaction, and the server doesn't know of it.
        if matches!(sql, "COMMIT" | "ROLLBACK") && self.pending.take().is_some() {
            return Ok(());
        }
        self.watcher.forget();
        if sql == "COMMIT"
            && let Some(committed) = self.commit_watched()
        {
            return committed.map_err(|error| error.with_sql(sql));
        }
        self.begin_now()?;
        // A session that listens gets notifications, which nobody would read. Statements that a text hides, such as in
        // a function, are noticed when a notification arrives.
        if orm_lexer::mentions(sql, "listen") {
            self.handle.spend();
        }
        let text = c_string(sql)?;
        self.execute_text(&text, self.limit).map_err(|error| error.with_sql(sql))
    }

    /// By the protocol that accepts only one statement.
    fn batch_one(&mut self, sql: &str) -> Result<()> {
        self.watcher.forget();
        self.begin_now()?;
        self.execute_one(sql).map_err(|error| error.with_sql(sql))
    }

    fn copy_in(&mut self, sql: &str, rows: &[u8], meanwhile: &mut dyn FnMut()) -> Result<u64> {
        self.watcher.forget();
        self.copy_rows(sql, rows, meanwhile).map_err(|error| error.with_sql(sql))
    }

    fn watch(&mut self, watch: Watch) {
        self.set_watch(watch);
    }

    fn watched(&self) -> Watched {
        self.found()
    }

    fn standing(&mut self, limit: Duration) -> Result<Option<Standing>> {
        self.ask_standing(limit).map(Some)
    }

    fn refuse_writes(&mut self) -> Result<()> {
        self.make_read_only()
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        // Behind a pooler the server doesn't know the limit, and somebody else owns the session.
        if self.limit.take().is_some() && !self.is_pooled {
            self.batch("SET statement_timeout = 0")?;
        }
        Ok(())
    }

    fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        self.watcher.forget();
        self.ask("SELECT pg_notify($1, $2)", &[channel, payload]).map(drop)
    }

    fn listen(&mut self, channels: &[String]) -> Result<()> {
        self.listen_to(channels)
    }

    fn hear(&mut self, limit: Duration, hear: &mut dyn FnMut(Note)) -> Result<bool> {
        self.hear_within(limit, hear)
    }

    fn alarm(&self) -> Result<Option<Alarm>> {
        self.end_of_waiting()
    }

    fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    /// Together with the first statement of the transaction: until then, the server has nothing to do.
    fn begin(&mut self, sql: &str) -> Result<()> {
        if Pipeline::find().is_none() {
            return self.batch(sql);
        }
        self.untouched = None;
        #[cfg(feature = "tokio")]
        self.posted.clear();
        self.handle.check_process()?;
        if self.is_broken() {
            return Err(self.lost());
        }
        self.pending = Some(c_string(sql)?);
        Ok(())
    }

    fn began(&mut self, isolation: Isolation, read_only: bool) {
        self.untouched = Some((isolation, read_only));
    }

    fn is_spent(&self) -> bool {
        self.handle.is_spent()
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        self.untouched = None;
        self.begin_now()?;
        self.ask_in_place(sql, values)
    }

    #[cfg(feature = "registry")]
    fn describe_statement(
        &mut self,
        sql: &str,
        types: &[u32],
    ) -> Result<crate::backend::Described> {
        self.untouched = None;
        self.begin_now()?;
        self.describe_in_place(sql, types)
    }

    #[cfg(feature = "studio")]
    fn run_untyped(&mut self, run: &Untyped<'_>, rows: &mut dyn TakesPlain) -> UntypedResult {
        self.run_statement_untyped(run, rows)
    }

    /// The server reports nothing while a statement runs.
    fn batch_one_counting(&mut self, sql: &str, _: &str, _: &mut dyn FnMut(u64)) -> Result<u64> {
        self.batch_one(sql).map(|()| 0)
    }

    fn begin_sql(&self, isolation: Isolation, read_only: bool) -> String {
        let isolation = match isolation {
            Isolation::Default => "",
            Isolation::ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => " ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => " ISOLATION LEVEL SERIALIZABLE",
        };
        format!("BEGIN{isolation}{}", if read_only { " READ ONLY" } else { "" })
    }

    fn in_transaction(&self) -> bool {
        self.pending.is_some() || !self.server_is_idle()
    }

    #[cfg(feature = "tokio")]
    fn is_interrupted(&self) -> bool {
        self.handle.is_interrupted()
    }

    #[cfg(all(unix, feature = "tokio"))]
    fn recover(&mut self) -> Result<()> {
        self.recover_session()
    }

    /// The server would answer COMMIT by rolling back, without an error.
    fn transaction_failed(&self) -> bool {
        matches!(self.transaction_status(), ffi::PGTransactionStatusType::PQTRANS_INERROR)
    }

    fn is_broken(&self) -> bool {
        // SAFETY: the connection is alive.
        !matches!(unsafe { ffi::PQstatus(self.handle.raw()) }, ffi::ConnStatusType::CONNECTION_OK)
    }

    /// The server names the constraint, but not the columns of a foreign key or a check. In a failed transaction it
    /// answers no questions, so they are read from the conventional name.
    fn describe_violation(&mut self, error: &mut Error, _: Option<&dyn Source>) {
        let can_ask = self.server_is_idle();
        let Some(constraint) = error.constraint_mut() else {
            return;
        };
        let (Some(name), Some(table)) = (&constraint.name, &constraint.table) else {
            return error.refresh_message();
        };
        if !matches!(constraint.kind, ConstraintKind::ForeignKey | ConstraintKind::Check) {
            return error.refresh_message();
        }
        let sql = "SELECT a.attname FROM pg_constraint c \
             CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY k (number, place) \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number \
             WHERE c.conname = $1 AND c.conrelid = to_regclass(quote_ident($2)) ORDER BY k.place";
        let asked = if can_ask { self.ask(sql, &[name, table]).ok() } else { None };
        let asked = asked.map(|rows| -> Vec<String> {
            rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
        });
        constraint.columns = match (constraint.kind, asked) {
            // A check over a whole row has no columns, whichever it mentions.
            (ConstraintKind::Check, Some(columns)) => {
                columns.into_iter().filter(|column| names::check(table, column) == *name).collect()
            }
            (_, Some(columns)) if !columns.is_empty() => columns,
            (kind, _) => columns_by_name(kind, name, table, &constraint.columns),
        };
        error.refresh_message();
    }

    /// In a failed transaction the server answers no questions.
    fn are_literal(&mut self, words: &str) -> bool {
        let can_ask = self.server_is_idle();
        let sql = "SELECT 1::text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang \
             WHERE l.lanname = 'plpgsql' AND position($1 IN p.prosrc) > 0 LIMIT 1";
        // There, a percent sign is doubled.
        let literal = format!("'{}'", words.replace('\'', "''").replace('%', "%%"));
        can_ask && self.ask(sql, &[&literal]).is_ok_and(|rows| !rows.is_empty())
    }
}
