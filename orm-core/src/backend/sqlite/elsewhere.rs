//! SQLite in async calls: it runs on other threads, the `workers`.
//!
//! What goes to the other thread belongs to it: the connection, and the text and the values of a statement. Nothing of it is
//! borrowed from the call, whose future may be dropped or forgotten while SQLite works. Rows come back as copies, some hundreds
//! at a time.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use libsqlite3_sys as ffi;

use super::copied::{Copied, Progress, Recorded, RowsAnywhere};
use super::{Sqlite, violation, workers};
#[cfg(feature = "studio")]
use crate::backend::untyped::{TakesPlain, Untyped, UntypedResult};
use crate::backend::{AnyRow, Backend, ConnectOptions, Flow, Isolation, OwnedRows, Source, Target};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::wait::{self, Cancelled, Slot};

/// A connection to an SQLite database, which may be in use by another thread.
#[derive(Debug)]
pub(crate) struct SqliteConnection {
    /// In a box, because another thread refers to it. Not to be touched while one does.
    sqlite: ManuallyDrop<Box<Sqlite>>,
    /// Filled when the other thread is done. `None` if there is none.
    running: Option<Arc<Slot<()>>>,
    raw: NonNull<ffi::sqlite3>,
}

// SAFETY: only one thread at a time uses the connection, whichever it is.
unsafe impl Send for SqliteConnection {}

/// A connection on its way to another thread.
struct Borrowed(NonNull<Sqlite>);

// SAFETY: the connection is `Send`, and nobody else uses it meanwhile.
unsafe impl Send for Borrowed {}

/// Tells that the other thread is done, whether it came to its end or not.
struct Done(Arc<Slot<()>>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.fill(());
    }
}

/// How often a statement is asked to end: one that has just begun doesn't hear it.
const AGAIN: Duration = Duration::from_millis(5);

impl SqliteConnection {
    fn new(sqlite: Sqlite) -> Self {
        let raw = sqlite.raw();
        Self { sqlite: ManuallyDrop::new(Box::new(sqlite)), running: None, raw }
    }

    /// Returns the connection, unless another thread may still use it.
    pub(in crate::backend) fn here(&mut self) -> Result<&mut Sqlite> {
        if self.running.is_some() {
            return Err(Cancelled.into());
        }
        Ok(&mut self.sqlite)
    }

    fn peek(&self) -> Option<&Sqlite> {
        self.running.is_none().then_some(&**self.sqlite)
    }

    /// Runs a function with the connection, in an async call on another thread.
    fn run_elsewhere<R: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Sqlite) -> R + Send + 'static,
    ) -> Result<R> {
        let sqlite = self.here()?;
        if !wait::is_async() {
            return Ok(f(sqlite));
        }
        let borrowed = Borrowed(NonNull::from(sqlite));
        let running = Arc::new(Slot::default());
        self.running = Some(Arc::clone(&running));
        let done = Done(running);
        let result = workers::run(move || {
            let Borrowed(mut sqlite) = { borrowed };
            // SAFETY: it is in a box that is not dropped before `done`, and nobody else uses it until then.
            let sqlite = unsafe { sqlite.as_mut() };
            let result = sqlite.interruptibly(f);
            // If nobody takes the result, it is dropped first.
            (result, done)
        });
        match result {
            Ok((result, done)) => {
                drop(done);
                self.running = None;
                Ok(result)
            }
            Err(cancelled) => {
                interrupt(self.raw);
                Err(cancelled)
            }
        }
    }

    /// The same for a function that may fail.
    fn try_elsewhere<R: Send + 'static>(
        &mut self,
        f: impl FnOnce(&mut Sqlite) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        self.run_elsewhere(f)?
    }
}

fn interrupt(raw: NonNull<ffi::sqlite3>) {
    // SAFETY: the connection is open: it is only closed when no other thread uses it.
    unsafe { ffi::sqlite3_interrupt(raw.as_ptr()) };
}

impl Drop for SqliteConnection {
    fn drop(&mut self) {
        /// The rest of a connection that another thread still uses.
        struct Rest(ManuallyDrop<Box<Sqlite>>, NonNull<ffi::sqlite3>);
        // SAFETY: see `SqliteConnection`.
        unsafe impl Send for Rest {}
        impl Rest {
            fn end(mut self, running: &Slot<()>) {
                while !running.wait(AGAIN, |done| done.is_some()).unwrap_or(false) {
                    interrupt(self.1);
                }
                // SAFETY: nobody else uses it any more, and it is not used again.
                unsafe { ManuallyDrop::drop(&mut self.0) };
            }
        }
        // SAFETY: it is not used again.
        let sqlite = ManuallyDrop::new(unsafe { ManuallyDrop::take(&mut self.sqlite) });
        let mut rest = Rest(sqlite, self.raw);
        match self.running.take() {
            // SAFETY: as above.
            None => unsafe { ManuallyDrop::drop(&mut rest.0) },
            // Without a thread, the connection stays open.
            Some(running) => {
                let name = "mizzle-close".to_owned();
                drop(thread::Builder::new().name(name).spawn(move || rest.end(&running)));
            }
        }
    }
}

impl Backend for SqliteConnection {
    type Rows = RowsAnywhere;

    fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        if !wait::is_async() {
            return Sqlite::connect(target, options).map(Self::new);
        }
        let (target, options) = (target.clone(), options.clone());
        wait::blocking(move || Sqlite::connect(&target, &options).map(Self::new))?
    }

    fn prepare_database(&mut self, target: &Target) -> Result<()> {
        let target = target.clone();
        self.try_elsewhere(move |sqlite| sqlite.prepare_database(&target))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    #[inline]
    fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        if !wait::is_async() {
            return self.here()?.run(source, on_row);
        }
        let recorded = Recorded::of(source, self.here()?)?;
        let sql = Arc::clone(&recorded.sql);
        let mut progress = self.try_elsewhere(move |sqlite| Progress::start(sqlite, &recorded))?;
        loop {
            let Progress { rows, copies, changed } = progress;
            for copy in copies.into_iter().flat_map(OwnedRows::into_rows) {
                match on_row(&AnyRow::Owned(copy, PhantomData)) {
                    Ok(Flow::Continue) => {}
                    end => {
                        if let Some(rows) = rows {
                            self.run_elsewhere(move |sqlite| sqlite.close_rows(rows))?;
                        }
                        return end.map(|_| changed).map_err(|error| error.with_sql(&sql));
                    }
                }
            }
            let Some(rows) = rows else { return Ok(changed) };
            progress = self.try_elsewhere(move |sqlite| Progress::go_on(sqlite, rows))?;
        }
    }

    fn opens_in_transaction(&self, _: &str, _: bool) -> bool {
        false
    }

    fn open(&mut self, source: &dyn Source, _: &str, _: bool) -> Result<RowsAnywhere> {
        if !wait::is_async() {
            let rows = self.here()?.open_rows(source)?;
            return Ok(RowsAnywhere::Here(Box::new(rows)));
        }
        let recorded = Recorded::of(source, self.here()?)?;
        let Progress { rows, copies, .. } =
            self.try_elsewhere(move |sqlite| Progress::start(sqlite, &recorded))?;
        let next = copies.map(OwnedRows::into_rows);
        let copied = Copied { rows, next, current: Cell::new(None) };
        Ok(RowsAnywhere::Elsewhere(Box::new(copied)))
    }

    #[inline]
    fn advance(&mut self, rows: &mut RowsAnywhere) -> Result<bool> {
        let copied = match rows {
            RowsAnywhere::Here(rows) => return self.here()?.advance_rows(rows),
            RowsAnywhere::Elsewhere(copied) => copied,
        };
        loop {
            if let Some(row) = copied.next.as_mut().and_then(Iterator::next) {
                copied.current.set(Some(row));
                return Ok(true);
            }
            let Some(rows) = copied.rows.take() else { return Ok(false) };
            let Progress { rows, copies, .. } =
                self.try_elsewhere(move |sqlite| Progress::go_on(sqlite, rows))?;
            copied.rows = rows;
            copied.next = copies.map(OwnedRows::into_rows);
        }
    }

    fn close(&mut self, rows: RowsAnywhere) -> Result<()> {
        match rows {
            RowsAnywhere::Here(rows) => {
                self.here()?.close_rows(*rows);
                Ok(())
            }
            RowsAnywhere::Elsewhere(copied) => match copied.rows {
                Some(rows) => self.run_elsewhere(move |sqlite| sqlite.close_rows(rows)),
                None => Ok(()),
            },
        }
    }

    fn ping(&mut self, limit: Duration) -> Result<()> {
        self.try_elsewhere(move |sqlite| sqlite.ping(limit))
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        if !wait::is_async() {
            return self.here()?.batch(sql);
        }
        let sql = sql.to_owned();
        self.try_elsewhere(move |sqlite| sqlite.batch(&sql))
    }

    fn batch_one(&mut self, sql: &str) -> Result<()> {
        let sql = sql.to_owned();
        self.try_elsewhere(move |sqlite| sqlite.batch_one(&sql))
    }

    fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        if !wait::is_async() {
            return self.here()?.batch_one_counting(sql, table, on_rows);
        }
        let (sql, table) = (sql.to_owned(), table.to_owned());
        // The function can't go to another thread.
        let mut unheard = |_| ();
        self.try_elsewhere(move |sqlite| sqlite.batch_one_counting(&sql, &table, &mut unheard))
    }

    /// Waits for nothing.
    fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        self.here()?.notify(channel, payload)
    }

    fn lift_time_limit(&mut self) -> Result<()> {
        self.here()?.lift_time_limit()
    }

    fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        if !wait::is_async() {
            return self.here()?.ask(sql, values);
        }
        let sql = sql.to_owned();
        let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
        self.try_elsewhere(move |sqlite| {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            sqlite.ask(&sql, &values)
        })
    }

    #[cfg(feature = "registry")]
    fn describe_statement(
        &mut self,
        sql: &str,
        types: &[u32],
    ) -> Result<crate::backend::Described> {
        let (sql, types) = (sql.to_owned(), types.to_vec());
        self.try_elsewhere(move |sqlite| sqlite.describe_statement(&sql, &types))
    }

    /// On this thread: the rows go to code that borrows.
    #[cfg(feature = "studio")]
    fn run_untyped(&mut self, run: &Untyped<'_>, rows: &mut dyn TakesPlain) -> UntypedResult {
        self.here()?.run_untyped(run, rows)
    }

    /// IMMEDIATE: otherwise a transaction that reads first and writes later would fail at once, whatever the timeout,
    /// if another one wrote in between.
    fn begin_sql(&self, _: Isolation, read_only: bool) -> String {
        if read_only { "BEGIN DEFERRED" } else { "BEGIN IMMEDIATE" }.into()
    }

    /// Supposes the worst while another thread may use it.
    #[inline]
    fn in_transaction(&self) -> bool {
        self.peek().is_none_or(Sqlite::in_transaction)
    }

    #[cfg(feature = "tokio")]
    fn is_interrupted(&self) -> bool {
        self.running.is_some()
    }

    #[cfg(feature = "tokio")]
    fn recover(&mut self) -> Result<()> {
        if let Some(running) = &self.running {
            while !running.wait(AGAIN, |done| done.is_some())? {
                interrupt(self.raw);
            }
            self.running = None;
        }
        Ok(())
    }

    /// A failed statement changes nothing, and the transaction stays open.
    fn transaction_failed(&self) -> bool {
        false
    }

    #[inline]
    fn is_broken(&self) -> bool {
        self.peek().is_some_and(Sqlite::is_broken)
    }

    fn is_pooled(&self) -> bool {
        false
    }

    fn began(&mut self, _: Isolation, _: bool) {}

    #[inline]
    fn is_spent(&self) -> bool {
        self.peek().is_some_and(Sqlite::is_spent)
    }

    fn describe_violation(&mut self, error: &mut Error, source: Option<&dyn Source>) {
        if !wait::is_async() {
            if let Ok(sqlite) = self.here() {
                violation::describe(sqlite, error, source);
            }
            return;
        }
        let source = match (source, self.here()) {
            (Some(source), Ok(sqlite)) => Recorded::of(source, sqlite).ok(),
            _ => None,
        };
        let mut own = std::mem::replace(error, Error::new(ErrorKind::Unknown, String::new()));
        let described = self.run_elsewhere(move |sqlite| {
            let source = source.as_ref().map(|source| source as &dyn Source);
            violation::describe(sqlite, &mut own, source);
            own
        });
        *error = described.unwrap_or_else(|cancelled| cancelled);
    }

    fn are_literal(&mut self, words: &str) -> bool {
        let words = words.to_owned();
        // Words that may contain a value are not shown.
        self.run_elsewhere(move |sqlite| violation::are_literal(sqlite, &words)).unwrap_or(false)
    }

    fn set_strict_names(&mut self, strict: bool) -> bool {
        self.here().is_ok_and(|sqlite| sqlite.set_strict_names(strict))
    }
}
