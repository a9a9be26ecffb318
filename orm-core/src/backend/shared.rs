//! A connection that several async calls of one transaction use at the same time.
//!
//! Each of the calls has an [`AnyConnection`] to itself, with this backend. The connection of the transaction does the work, for
//! one call at a time. A call posts its statement and then lets the others post theirs, so that all of them go to the server in
//! one exchange.

use std::fmt;
use std::future::poll_fn;
use std::ops::DerefMut;
use std::task::Poll;
use std::time::Duration;

use diesel::connection::{
    AnsiTransactionManager, TransactionDepthChange, TransactionManager, TransactionManagerStatus,
};

use super::connection::OwnSession;
use super::which::{Inner, InnerRows, each};
use super::{
    AnyConnection, AnyRow, Around, Backend, BatchFailure, ConnectOptions, Flow, Isolation, Source,
    Step, Target,
};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::wait;

/// The connection, until it is dropped.
pub(crate) type Borrowed = Box<dyn DerefMut<Target = AnyConnection> + Send>;

/// Lends a connection to one call at a time.
pub(crate) trait Lender: Send {
    /// Waits for the connection.
    ///
    /// # Errors
    /// If the transaction has ended, and if the waiting call is cancelled.
    fn lend(&self) -> Result<Borrowed>;

    /// Called if a call was cancelled after it had begun its work.
    fn interrupt(&self);
}

/// What one of the calls has instead of the connection.
pub(super) struct Shared {
    lender: Box<dyn Lender>,
    /// The connection, if the call keeps it to its end: because of a savepoint, or of rows that it reads one by one.
    held: Option<Borrowed>,
    dialect: Dialect,
    is_pooled: bool,
    /// Whether the call has begun to do something.
    has_begun: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("is_held", &self.held.is_some()).finish_non_exhaustive()
    }
}

impl AnyConnection {
    /// Returns a connection for one of several calls that use this one at the same time. `None` if their statements can't
    /// go to the database together.
    pub(crate) fn share(&mut self, lender: Box<dyn Lender>) -> Option<Self> {
        if self.listener.listens() || !each!(&self.inner, connection => connection.posts()) {
            return None;
        }
        let shared = Shared {
            lender,
            held: None,
            dialect: self.dialect(),
            is_pooled: self.is_pooled(),
            has_begun: false,
        };
        let session = OwnSession::new(self.session.renews);
        let mut own = Self::new(Inner::Shared(Box::new(shared)), self.log_values, session);
        own.generation = self.generation;
        #[cfg(feature = "test")]
        {
            own.counter = std::sync::Arc::clone(&self.counter);
        }
        let depth = self.depth();
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut own);
        let TransactionManagerStatus::Valid(status) = status else { return None };
        for _ in 0..depth {
            status.change_transaction_depth(TransactionDepthChange::IncreaseDepth).ok()?;
        }
        Some(own)
    }

    /// Ends the use of a connection that was [`share`](AnyConnection::share)d. `own` is the one of the call.
    pub(crate) fn end_sharing(own: Self, lender: &dyn Lender) {
        let (met_conflict, met_stale_row) = (own.met_conflict, own.met_stale_row);
        // It may hold the connection.
        drop(own);
        if (met_conflict || met_stale_row)
            && let Ok(mut connection) = lender.lend()
        {
            connection.met_conflict |= met_conflict;
            connection.met_stale_row |= met_stale_row;
        }
    }

    /// Sends what calls have posted, so that something else can run.
    pub(crate) fn settle(&mut self) {
        each!(&mut self.inner, connection => connection.settle());
    }

    /// Forgets what calls of a transaction that is over have posted.
    pub(crate) fn forget_posted(&mut self) {
        each!(&mut self.inner, connection => connection.forget_posted());
    }
}

impl Shared {
    /// Waits for the connection, with nothing of other calls on its way.
    fn borrow(&mut self) -> Result<Borrowed> {
        let mut connection = self.lender.lend()?;
        self.has_begun = true;
        connection.settle();
        Ok(connection)
    }

    /// Does something with the connection.
    fn with<R>(&mut self, f: impl FnOnce(&mut AnyConnection) -> Result<R>) -> Result<R> {
        match &mut self.held {
            Some(held) => f(held),
            None => f(&mut *self.borrow()?),
        }
    }

    /// Takes the connection to the end of the call.
    fn hold(&mut self) -> Result<&mut AnyConnection> {
        let connection = match self.held.take() {
            Some(held) => held,
            None => self.borrow()?,
        };
        Ok(self.held.insert(connection))
    }

    /// Runs a statement together with those of other calls. `None` if it has to run alone.
    fn run_posted(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<Option<u64>> {
        let posted = {
            let mut connection = self.lender.lend()?;
            each!(&mut connection.inner, connection => connection.post(source))?
        };
        let Some(ticket) = posted else { return Ok(None) };
        self.has_begun = true;
        wait::until(others_first())?;
        let mut connection = self.lender.lend()?;
        each!(&mut connection.inner, connection => connection.take_posted(ticket, source, on_row))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.has_begun && (wait::is_cancelled() || std::thread::panicking()) {
            self.lender.interrupt();
        }
    }
}

/// Waits until the other futures of the task have had a turn.
async fn others_first() {
    let mut had_turn = false;
    poll_fn(|context| {
        if std::mem::replace(&mut had_turn, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The calls are those of an open transaction.
impl Backend for Shared {
    type Rows = InnerRows;

    fn connect(_: &Target, _: &ConnectOptions) -> Result<Self> {
        Err(Error::new(ErrorKind::Unknown, "a call shares a connection that exists"))
    }

    fn prepare_database(&mut self, target: &Target) -> Result<()> {
        self.with(|connection| connection.prepare_database(target))
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        if self.held.is_none()
            && let Some(changed) = self.run_posted(source, on_row)?
        {
            return Ok(changed);
        }
        self.with(|connection| each!(&mut connection.inner, inner => inner.run(source, on_row)))
    }

    fn run_all(
        &mut self,
        sources: &[&dyn Source],
        on_row: &mut dyn FnMut(usize, &AnyRow<'_>) -> Result<()>,
    ) -> std::result::Result<bool, (usize, Error)> {
        let mut failed = 0;
        self.with(|connection| {
            let run = each!(&mut connection.inner, inner => inner.run_all(sources, on_row));
            run.map_err(|(place, error)| {
                failed = place;
                error
            })
        })
        .map_err(|error| (failed, error))
    }

    fn run_batch(
        &mut self,
        steps: &[&dyn Step],
        around: Around,
    ) -> std::result::Result<Option<Vec<u64>>, BatchFailure> {
        let not_lent = |error| BatchFailure { place: None, error, has_run: false };
        // The result may decide how its savepoint ends.
        let connection = self.hold().map_err(not_lent)?;
        each!(&mut connection.inner, inner => inner.run_batch(steps, around))
    }

    fn skips_sql(&self, tables: &[&str]) -> Option<String> {
        let held = self.held.as_ref()?;
        each!(&held.inner, inner => inner.skips_sql(tables))
    }

    fn opens_in_transaction(&self, _: &str, _: bool) -> bool {
        false
    }

    fn open(&mut self, source: &dyn Source, sql: &str, beside: bool) -> Result<InnerRows> {
        self.hold()?.inner.open_rows(source, sql, beside)
    }

    fn advance(&mut self, rows: &mut InnerRows) -> Result<bool> {
        self.hold()?.inner.advance(rows)
    }

    fn close(&mut self, rows: InnerRows) -> Result<()> {
        self.hold()?.inner.close_rows(rows)
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        self.with(|connection| connection.ping(limit))
    }

    /// Begins and ends savepoints, among other things.
    fn batch(&mut self, sql: &str) -> Result<()> {
        let connection = self.hold()?;
        each!(&mut connection.inner, inner => inner.batch(sql))
    }

    fn batch_one(&mut self, sql: &str) -> Result<()> {
        let connection = self.hold()?;
        each!(&mut connection.inner, inner => inner.batch_one(sql))
    }

    fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        let connection = self.hold()?;
        each!(&mut connection.inner, inner => inner.batch_one_counting(sql, table, on_rows))
    }

    fn copy_in(&mut self, sql: &str, rows: &[u8], meanwhile: &mut dyn FnMut()) -> Result<u64> {
        let connection = self.hold()?;
        each!(&mut connection.inner, inner => inner.copy_in(sql, rows, meanwhile))
    }

    fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        self.with(
            |connection| each!(&mut connection.inner, inner => inner.notify(channel, payload)),
        )
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        self.with(AnyConnection::lift_time_limit)
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        self.with(|connection| each!(&mut connection.inner, inner => inner.ask(sql, values)))
    }

    #[cfg(feature = "registry")]
    fn describe_statement(&mut self, sql: &str, types: &[u32]) -> Result<super::Described> {
        self.with(|connection| connection.describe_statement(sql, types))
    }

    fn is_pooled(&self) -> bool {
        self.is_pooled
    }

    fn began(&mut self, _: Isolation, _: bool) {}

    fn is_spent(&self) -> bool {
        false
    }

    fn begin_sql(&self, _: Isolation, _: bool) -> String {
        "BEGIN".to_owned()
    }

    fn in_transaction(&self) -> bool {
        self.held.as_ref().is_none_or(|held| held.in_transaction())
    }

    fn transaction_failed(&self) -> bool {
        let failed = |held: &Borrowed| each!(&held.inner, inner => inner.transaction_failed());
        self.held.as_ref().is_some_and(failed)
    }

    fn is_broken(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_broken())
    }

    fn describe_violation(&mut self, error: &mut Error, source: Option<&dyn Source>) {
        // Without the connection, the error says less.
        let _ = self.with(|connection| {
            each!(&mut connection.inner, inner => inner.describe_violation(error, source));
            Ok(())
        });
    }

    fn are_literal(&mut self, words: &str) -> bool {
        let ask = |connection: &mut AnyConnection| {
            Ok(each!(&mut connection.inner, inner => inner.are_literal(words)))
        };
        // Words that may contain a value are not shown.
        self.with(ask).unwrap_or(false)
    }
}
