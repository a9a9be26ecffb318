//! Reads the rows of a statement one by one.

use std::time::{Duration, Instant};

use super::rows::{Heard, OpenRows};
use super::values;
use super::which::{Inner, each};
use super::{AnyConnection, AnyRow, Backend as _, Isolation, Source};
use crate::error::{Error, Result};
use crate::wait;

/// How to read the rows of a statement one by one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    /// Whether other statements run in between.
    pub(crate) beside: bool,
    /// Whether a read-only transaction is needed.
    pub(crate) read_only: bool,
}

impl AnyConnection {
    /// Starts a statement. [`next_row`](AnyConnection::next_row) reads its rows, and
    /// [`close_rows`](AnyConnection::close_rows) ends it.
    pub(crate) fn open_rows(&mut self, source: &dyn Source, reading: Reading) -> Result<()> {
        self.end_abandoned();
        let dialect = self.dialect();
        let sql = source.sql(dialect)?;
        if reading.read_only && !self.has_transactions() {
            return self.only_reading(|connection| {
                connection.open_rows(source, Reading { read_only: false, ..reading })
            });
        }
        let in_own_transaction = !self.in_transaction()
            && (reading.read_only
                || self.begins_alone()
                || each!(&self.inner, inner => inner.opens_in_transaction(&sql, reading.beside)));
        if in_own_transaction {
            self.begin(Isolation::Default, reading.read_only)?;
        }
        let is_logged = self.is_logged();
        let mut heard = (is_logged || self.listener.listens()).then(|| {
            let values = (is_logged && self.log_values).then(|| values::shown(source, dialect));
            Box::new(Heard { sql: sql.clone(), time: Duration::ZERO, rows: 0, values, is_logged })
        });
        if let Some(heard) = &heard
            && self.listener.listens()
        {
            self.listener.start(&heard.sql);
        }
        let start = Instant::now();
        let opened = self.inner.open_rows(source, &sql, reading.beside);
        if let Some(heard) = &mut heard {
            heard.time = start.elapsed();
        }
        match opened {
            Ok(inner) => {
                self.rows = Some(Box::new(OpenRows { inner, in_own_transaction, heard }));
                Ok(())
            }
            Err(error) => {
                let error = self.describe(error, Some(source));
                self.tell(heard, Some(&error));
                if in_own_transaction {
                    let _ = self.roll_back();
                }
                Err(error)
            }
        }
    }

    /// Goes to the next row of the statement of [`open_rows`](AnyConnection::open_rows); returns whether there is one.
    /// The statement ends after the last row, and with an error.
    #[inline]
    pub(crate) fn next_row(&mut self, source: &dyn Source) -> Result<bool> {
        let Some(rows) = &mut self.rows else { return Ok(false) };
        let reached = match &mut rows.heard {
            None => self.inner.advance(&mut rows.inner),
            Some(heard) => {
                let start = Instant::now();
                let reached = self.inner.advance(&mut rows.inner);
                heard.time += start.elapsed();
                heard.rows += u64::from(matches!(reached, Ok(true)));
                reached
            }
        };
        match reached {
            Ok(true) => Ok(true),
            Ok(false) => self.end_rows(None).map(|()| false),
            Err(error) => {
                let error = self.describe(error, Some(source));
                // The first error says more.
                let _ = self.end_rows(Some(&error));
                Err(error)
            }
        }
    }

    /// Returns the row that [`next_row`](AnyConnection::next_row) has reached.
    #[inline]
    pub(crate) fn row(&self) -> Option<AnyRow<'_>> {
        self.rows.as_ref()?.inner.row()
    }

    /// Runs `f` while the rows are read, so that it can run other statements. They must have been opened for that.
    pub(crate) fn beside_rows<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let rows = self.rows.take();
        let result = f(self);
        self.rows = rows;
        result
    }

    /// Ends the statement before its last row. A transaction that was begun for it is rolled back.
    pub(crate) fn close_rows(&mut self) {
        let Some(rows) = self.rows.take() else { return };
        let OpenRows { inner, in_own_transaction, heard } = *rows;
        let closed = self.inner.close_rows(inner);
        // Nobody expects a cancelled one to end well.
        if let Err(error) = &closed
            && !wait::is_cancelled()
        {
            let code = error.code();
            tracing::warn!(target: "mizzle::query", %code, "a statement failed after its stream was dropped");
        }
        self.tell(heard, closed.as_ref().err());
        if in_own_transaction {
            let _ = self.roll_back();
        }
    }

    /// Ends a statement that nobody reads any more: its reader was leaked.
    #[inline]
    pub(super) fn end_abandoned(&mut self) {
        if self.rows.is_some() {
            self.close_rows();
        }
    }

    fn end_rows(&mut self, error: Option<&Error>) -> Result<()> {
        let Some(rows) = self.rows.take() else { return Ok(()) };
        let OpenRows { inner, in_own_transaction, heard } = *rows;
        let closed = self.inner.close_rows(inner);
        self.tell(heard, error.or(closed.as_ref().err()));
        match (in_own_transaction, error.is_none() && closed.is_ok()) {
            (false, _) => closed,
            (true, true) => self.commit(),
            (true, false) => {
                let _ = self.roll_back();
                closed
            }
        }
    }

    /// Tells the log and the listener of a statement that has ended.
    fn tell(&mut self, heard: Option<Box<Heard>>, error: Option<&Error>) {
        let Some(heard) = heard else { return };
        if self.listener.listens() {
            self.listener.finish(&heard.sql, error);
        }
        if heard.is_logged {
            let micros = heard.time.as_micros() as u64;
            self.log(&heard.sql, micros, heard.values, error.map_or(Ok(heard.rows), Err));
        }
    }
}
