//! A connection to an SQLite database.

use std::ptr::NonNull;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use libsqlite3_sys as ffi;

use super::busy::Busy;
use super::commits::Guard;
use super::deadline::Deadline;
use super::error::{check_panic, classify, last_error, moved, running_error};
use super::handle::Handle;
use super::outbox::Outbox;
use super::progress;
use super::statement::Prepared;
use super::{additions, header, quotes, unopened};
#[cfg(debug_assertions)]
use crate::backend::assert_same_text;
use crate::backend::cache::StatementCache;
use crate::backend::notify::{Board, Note};
use crate::backend::{AnyBinds, AnyRow, ConnectOptions, Flow, Source, StaticKey, Target};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// A connection to an SQLite database.
#[derive(Debug)]
pub(crate) struct Sqlite {
    // Before the handle: statements are finalized before their connection closes.
    pub(super) cache: StatementCache<Prepared>,
    handle: Handle,
    // After the handle, whose connection refers to it.
    guard: Box<Guard>,
    pub(super) deadline: Option<Deadline>,
    /// `None` until the connection is set up.
    busy: Option<Busy>,
}

// SAFETY: SQLite's connection and statements may move between threads as long as only one uses them at a time
// (<https://sqlite.org/threadsafe.html>, "multi-thread"), which ownership guarantees.
unsafe impl Send for Sqlite {}

impl Sqlite {
    /// Returns the open connection itself.
    pub(super) fn raw(&self) -> NonNull<ffi::sqlite3> {
        self.handle.0
    }

    fn open(address: &str, board: &Arc<Board>) -> Result<Self> {
        let handle = Handle::open(address)?;
        let guard = Guard::new(handle.0, Outbox::new(Arc::clone(board)));
        Ok(Self { cache: StatementCache::new(), handle, guard, deadline: None, busy: None })
    }

    fn configure(&mut self, busy_timeout: Duration) -> Result<()> {
        // First, because the rest may already meet a lock.
        self.busy = Some(Busy::new(self.handle.0, busy_timeout));
        additions::register(self.handle.0).map_err(|_| last_error(self.handle.0))?;
        self.batch("PRAGMA foreign_keys = ON")
    }

    /// Runs a function. Statements in it stop waiting for a lock if they are interrupted.
    pub(super) fn interruptibly<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let _watched = self.busy.as_ref().map(Busy::watch);
        f(self)
    }

    /// Reads the file's header: opening alone accepts any file as a database.
    fn check_readable(&mut self) -> Result<()> {
        self.batch("SELECT count(*) FROM sqlite_schema")
            .map_err(|error| header::explain(self.handle.0, error))
    }

    /// Fails in another process than the one that opened the connection.
    pub(super) fn check_process(&self) -> Result<()> {
        self.handle.1.check()
    }

    /// Tells what was notified, if this statement has committed it.
    #[inline]
    pub(super) fn note_run(&self, sql: &str) {
        if !self.guard.outbox.is_empty() {
            self.guard.outbox.ran(sql, self.in_transaction());
        }
    }

    /// Lets a commit that failed be tried again.
    pub(super) fn note_failure(&self) {
        self.guard.outbox.failed();
    }

    pub(super) fn find_or_prepare(&mut self, source: &dyn Source) -> Result<usize> {
        let key = source.key(Dialect::Sqlite)?;
        if let Some(place) = key.as_ref().and_then(|key| self.cache.find_key(key)) {
            #[cfg(debug_assertions)]
            assert_same_text(&self.cache.get(place).sql, source, Dialect::Sqlite);
            return Ok(place);
        }
        let sql = self.cache.text_of(source, Dialect::Sqlite)?;
        let found = if key.is_none() { self.cache.find_text(&sql) } else { None };
        let place = match found {
            Some(place) => place,
            None => {
                let statement = self.prepare(&sql).map_err(|error| error.with_sql(&sql))?;
                // An evicted statement is finalized here.
                self.cache.insert(key, &sql, statement).0
            }
        };
        self.cache.reuse(sql);
        Ok(place)
    }

    /// Returns the SQL of a statement that is prepared.
    pub(super) fn known_sql(&mut self, key: &StaticKey) -> Option<Arc<str>> {
        self.cache.find_key(key).map(|place| Arc::clone(&self.cache.get(place).sql))
    }

    fn prepare(&self, sql: &str) -> Result<Prepared> {
        match Prepared::new(self.handle.0, sql) {
            Ok(Some(statement)) => Ok(statement),
            Ok(None) => Err(Error::new(ErrorKind::Query, "the SQL contains no statement")),
            Err(ffi::SQLITE_TOOBIG) => Err(classify(ffi::SQLITE_TOOBIG, "the SQL is too long")),
            Err(_) => Err(last_error(self.handle.0)),
        }
    }
}

/// What a connection does in the thread.
impl Sqlite {
    pub(super) fn connect(target: &Target, options: &ConnectOptions) -> Result<Self> {
        let named = |error: Error| match error.kind() {
            ErrorKind::DatabaseNotFound => error.with_hint(unopened::advice(&target.address)),
            _ => error,
        };
        let mut connection =
            Self::open(&target.address, &options.board).map_err(|error| match error.kind() {
                // `no such access mode: …`
                ErrorKind::Query => Error::new(ErrorKind::Config, error.to_string())
                    .with_hint("check the parameters after the `?` of the URL, such as `?mode=ro`"),
                _ => named(error),
            })?;
        // Waiting for a lock counts as part of the statement.
        let waits =
            options.busy_timeout.min(options.statement_timeout.unwrap_or(options.busy_timeout));
        connection.configure(waits)?;
        connection.check_readable().map_err(named)?;
        // Each connection has this setting, unlike WAL. In WAL mode it loses only the last transactions before a power
        // failure.
        connection.batch("PRAGMA synchronous = NORMAL")?;
        connection.deadline =
            options.statement_timeout.map(|limit| Deadline::new(connection.handle.0, limit));
        Ok(connection)
    }

    /// A database in memory, or one that can't be written to, stays as it is.
    pub(super) fn prepare_database(&mut self, target: &Target) -> Result<()> {
        if target.address == ":memory:" {
            return Ok(());
        }
        // If several programs open a new file at once, SQLite fails here without waiting for the others.
        let end = Instant::now() + self.busy.as_ref().map(Busy::limit).unwrap_or_default();
        loop {
            match self.batch("PRAGMA journal_mode = WAL") {
                Err(error) if error.kind() == ErrorKind::ReadOnly => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Busy && Instant::now() < end => {
                    thread::sleep(Duration::from_millis(5));
                }
                other => return other,
            }
        }
    }

    pub(super) fn run(
        &mut self,
        source: &dyn Source,
        on_row: &mut dyn FnMut(&AnyRow<'_>) -> Result<Flow>,
    ) -> Result<u64> {
        self.handle.1.check()?;
        if let Some(deadline) = &mut self.deadline {
            deadline.start();
        }
        let place = self.find_or_prepare(source)?;
        let statement = self.cache.get(place);
        let mut running = statement.start();
        let mut binds = AnyBinds::Sqlite(running.binds());
        source
            .bind(&mut binds, Dialect::Sqlite)
            .map_err(|error| Error::from(error).with_sql(&statement.sql))?;
        let AnyBinds::Sqlite(binds) = &binds else {
            return Err(Error::new(ErrorKind::Query, "the values were bound to another database"));
        };
        running.check_bound(binds).map_err(|error| error.with_sql(&statement.sql))?;
        loop {
            match running.step() {
                Ok(true) => {
                    let row = AnyRow::Sqlite(running.row());
                    match on_row(&row) {
                        Ok(Flow::Continue) => {}
                        Ok(Flow::Stop) => break,
                        Err(error) => return Err(error.with_sql(&statement.sql)),
                    }
                }
                Ok(false) => break,
                Err(_) => {
                    self.note_failure();
                    return Err(running_error(self.handle.0).with_sql(&statement.sql));
                }
            }
        }
        // Ends the statement, and the transaction that SQLite opened for it alone.
        drop(running);
        self.note_run(&statement.sql);
        check_panic().map_err(|error| error.with_sql(&statement.sql))?;
        Ok(self.changed_by(statement))
    }

    /// Reads the file: `SELECT 1` alone would not touch it.
    pub(super) fn ping(&mut self, _: Duration) -> Result<()> {
        self.handle.1.check()?;
        if self.guard.has_moved() {
            return Err(moved());
        }
        self.check_readable()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        self.handle.1.check()?;
        if let Some(deadline) = &mut self.deadline {
            deadline.start();
        }
        if sql.contains('\0') {
            return Err(Error::new(ErrorKind::Query, "the SQL contains a NUL character"));
        }
        let failed = |code| {
            self.note_failure();
            match code {
                ffi::SQLITE_TOOBIG => classify(code, "the SQL is too long").with_sql(sql),
                _ => last_error(self.handle.0).with_sql(sql),
            }
        };
        let mut rest = sql;
        while !rest.is_empty() {
            let (statement, after) = Prepared::once(self.handle.0, rest).map_err(failed)?;
            if let Some(statement) = statement {
                let mut running = statement.start();
                while running.step().map_err(failed)? {}
                drop(running);
                self.note_run(&rest[..rest.len() - after.len()]);
            }
            rest = after;
        }
        check_panic().map_err(|error| error.with_sql(sql))
    }

    pub(super) fn batch_one(&mut self, sql: &str) -> Result<()> {
        self.handle.1.check()?;
        if let Some(deadline) = &mut self.deadline {
            deadline.start();
        }
        super::one::batch_one(self.handle.0, sql)
            .inspect(|()| self.note_run(sql))
            .inspect_err(|_| self.note_failure())
            .and_then(|()| check_panic())
            .map_err(|error| error.with_sql(sql))
    }

    pub(super) fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        self.handle.1.check()?;
        let note = Note { channel: channel.to_owned(), payload: payload.to_owned() };
        self.guard.outbox.add(note, self.in_transaction());
        Ok(())
    }

    pub(super) fn lift_time_limit(&mut self) -> Result<()> {
        if let Some(deadline) = self.deadline.take() {
            deadline.lift(self.handle.0);
        }
        Ok(())
    }

    pub(super) fn ask(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        self.handle.1.check()?;
        let statement = self.prepare(sql)?;
        let mut running = statement.start();
        let mut binds = running.binds();
        for value in values {
            let text = crate::backend::Bind::Text((*value).into());
            binds.push(text, crate::backend::AnyType::TEXT)?;
        }
        let mut rows = Vec::new();
        while running.step().map_err(|_| last_error(self.handle.0))? {
            let row = running.row();
            let text = |value: crate::backend::AnyValue<'_>| match value {
                crate::backend::AnyValue::Integer(value) => value.to_string(),
                crate::backend::AnyValue::Real(value) => value.to_string(),
                crate::backend::AnyValue::Text(bytes) | crate::backend::AnyValue::Blob(bytes) => {
                    String::from_utf8_lossy(bytes).into_owned()
                }
                crate::backend::AnyValue::Postgres { .. } => String::new(),
            };
            rows.push((0..row.field_count()).map(|index| row.value(index).map(text)).collect());
        }
        Ok(rows)
    }

    #[cfg(feature = "registry")]
    pub(super) fn describe_statement(
        &mut self,
        sql: &str,
        _: &[u32],
    ) -> Result<crate::backend::Described> {
        self.handle.1.check()?;
        Ok(self.prepare(sql)?.described())
    }

    pub(super) fn batch_one_counting(
        &mut self,
        sql: &str,
        table: &str,
        on_rows: &mut dyn FnMut(u64),
    ) -> Result<u64> {
        self.handle.1.check()?;
        progress::counting(self.handle.0, table, on_rows, || self.batch_one(sql))?;
        // SAFETY: the connection is open.
        let changed = unsafe { ffi::sqlite3_changes64(self.handle.0.as_ptr()) };
        Ok(u64::try_from(changed).unwrap_or_default())
    }

    pub(super) fn in_transaction(&self) -> bool {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_get_autocommit(self.handle.0.as_ptr()) == 0 }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.guard.has_refused()
    }

    pub(super) fn is_spent(&self) -> bool {
        !self.handle.1.is_current()
    }

    pub(super) fn set_strict_names(&mut self, strict: bool) -> bool {
        quotes::set_strict_names(self.handle.0, strict)
    }
}
