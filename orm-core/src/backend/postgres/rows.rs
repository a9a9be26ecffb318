//! Reads the rows of a statement one by one.
//!
//! The server sends them all, and libpq hands them out as they arrive: nothing is faster, and the plan is the same as
//! without reading one by one. But nothing else can run before the last row, and the only way to leave out the rest is
//! to cancel the statement, which ends its transaction. So in a transaction, beside other statements, or with a limit of
//! time, the rows come from a cursor, part by part.

use std::ffi::CStr;
use std::ptr;
#[cfg(unix)]
use std::time::Duration;

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;
use pq_sys as ffi;

#[cfg(unix)]
use super::deadline::Limit;
use super::only_reads::{DECLARE, only_reads};
use super::result::{Answer, Types};
use super::session::Postgres;
use super::text::c_string;
use crate::backend::{AnyBinds, AnyQueryBuilder, AnyRow, Backend, Source, StaticKey};
use crate::dialect::Dialect;
use crate::error::Result;

/// The number of rows of the first part.
const FIRST_PART: usize = 128;
/// The largest number of rows of a part.
const MOST_ROWS: usize = 4096;
/// The memory that a part should take, in bytes.
const PART_SIZE: usize = 1 << 20;

/// The rows of a running statement.
#[derive(Debug)]
pub(crate) struct PostgresRows {
    way: Way,
    /// The rows that have arrived. `None` after the last one.
    answer: Option<Answer>,
    types: Types,
    /// The next row of `answer`.
    next: usize,
}

/// How the rows arrive.
#[derive(Debug)]
enum Way {
    /// As the server sends them.
    Sent {
        /// Whether the rest can be left out: the statement only reads, and no transaction ends with it.
        may_end: bool,
    },
    /// Through a cursor.
    Parts {
        /// The number of rows to ask for next. `None` after the last part.
        next_size: Option<usize>,
        /// Whether they have been asked for.
        is_asked: bool,
        /// Whether other statements run in between.
        beside: bool,
    },
}

impl PostgresRows {
    /// Returns the row that was reached.
    #[inline]
    pub(in crate::backend) fn row(&self) -> Option<AnyRow<'_>> {
        let answer = self.answer.as_ref()?;
        Some(AnyRow::Postgres(answer.row(self.next.wrapping_sub(1), &self.types)))
    }

    fn hold(&mut self, answer: Answer) {
        if self.types.is_empty() {
            self.types = answer.types();
        }
        self.answer = Some(answer);
        self.next = 0;
    }
}

impl Postgres {
    pub(super) fn open_rows(
        &mut self,
        source: &dyn Source,
        sql: &str,
        beside: bool,
    ) -> Result<PostgresRows> {
        if self.epoch.is_over() {
            self.forget_all();
        }
        let only_reads = only_reads(sql);
        let in_parts = only_reads && (beside || self.in_transaction());
        let way = if in_parts {
            Way::Parts { next_size: Some(FIRST_PART), is_asked: false, beside }
        } else {
            Way::Sent { may_end: only_reads && !self.in_transaction() }
        };
        let mut rows = PostgresRows { way, answer: None, types: Types::new(), next: 0 };
        let declared = Declared(source);
        let attempt = |connection: &mut Self, named| match in_parts {
            true => connection.attempt(&declared, false),
            false => connection.attempt_rows(source, named),
        };
        let first = match attempt(self, true) {
            Ok(first) => first,
            Err(error) => {
                self.forgive(error)?;
                attempt(self, false)?
            }
        };
        self.untouched = None;
        if in_parts {
            self.ask_for_part(FIRST_PART)?;
            let part = self.receive_part()?;
            self.hold_part(&mut rows, part)?;
        } else {
            rows.hold(first);
        }
        Ok(rows)
    }

    #[inline]
    pub(super) fn advance_rows(&mut self, rows: &mut PostgresRows) -> Result<bool> {
        loop {
            let Some(answer) = &rows.answer else { return Ok(false) };
            if rows.next < answer.rows() {
                rows.next += 1;
                return Ok(true);
            }
            self.go_on(rows)?;
        }
    }

    /// Receives more rows, after the last of those that have arrived.
    fn go_on(&mut self, rows: &mut PostgresRows) -> Result<()> {
        let Some(answer) = rows.answer.take() else { return Ok(()) };
        match rows.way {
            Way::Sent { .. } => {
                if answer.is_one_of_many() {
                    drop(answer);
                    let next = self.handle.next_result(self.limit)?;
                    rows.hold(self.check(next)?);
                } else {
                    drop(answer);
                    self.end_sent()?;
                }
                Ok(())
            }
            Way::Parts { next_size: Some(size), is_asked, .. } => {
                drop(answer);
                if !is_asked {
                    self.ask_for_part(size)?;
                }
                let part = self.receive_part()?;
                self.hold_part(rows, part)
            }
            Way::Parts { next_size: None, .. } => Ok(()),
        }
    }

    /// Hands out the rows of a part, and asks for the next one: the server works on it in the meantime.
    fn hold_part(&mut self, rows: &mut PostgresRows, part: Answer) -> Result<()> {
        if let Way::Parts { next_size, is_asked, beside } = &mut rows.way {
            let is_last = next_size.is_none_or(|asked| part.rows() < asked);
            *next_size = (!is_last).then(|| size_after(&part));
            *is_asked = false;
            if let Some(size) = next_size.filter(|_| !*beside) {
                self.ask_for_part(size)?;
                *is_asked = true;
            }
        }
        rows.hold(part);
        Ok(())
    }

    fn ask_for_part(&mut self, size: usize) -> Result<()> {
        self.handle.check_process()?;
        self.handle.note_exchange();
        let sql = c_string(&format!("FETCH FORWARD {size} FROM {CURSOR}"))?;
        let (sql, raw, none) = (sql.as_ptr(), self.handle.raw(), ptr::null());
        let (types, values) = (ptr::null(), ptr::null());
        // SAFETY: the connection is alive and the text ends with NUL; there are no parameters. 1: binary form.
        let sent = unsafe { ffi::PQsendQueryParams(raw, sql, 0, types, values, none, none, 1) };
        if sent == 0 { Err(self.lost()) } else { Ok(()) }
    }

    fn receive_part(&self) -> Result<Answer> {
        let part = self.handle.next_result(self.limit)?;
        let part = self.check(part);
        self.drain()?;
        part
    }

    /// Reads and drops the results of what was sent.
    pub(super) fn drain(&self) -> Result<()> {
        while let Some(answer) = self.handle.next_result(self.limit)? {
            if answer.is_copy() {
                self.handle.end_copy(self.limit)?;
            }
        }
        Ok(())
    }

    /// Reads to the end. The COMMIT of a statement outside of a transaction can fail after its last row.
    fn end_sent(&self) -> Result<()> {
        let mut ended = Ok(());
        while let Some(late) = self.handle.next_result(self.limit)? {
            ended = ended.and(self.check(Some(late)).map(drop));
        }
        ended
    }

    pub(super) fn close_rows(&mut self, rows: PostgresRows) -> Result<()> {
        // In the child of a fork, the rest belongs to the parent.
        self.handle.check_process()?;
        let is_over = rows.answer.is_none();
        match rows.way {
            Way::Sent { .. } if is_over => self.drain(),
            Way::Sent { may_end: true } => {
                drop(rows.answer);
                self.leave_out()
            }
            // What writes goes on to its end.
            Way::Sent { .. } => {
                drop(rows.answer);
                self.end_sent()
            }
            Way::Parts { is_asked, .. } => {
                drop(rows.answer);
                if is_asked {
                    self.drain()?;
                }
                if self.transaction_failed() || self.is_broken() {
                    return Ok(());
                }
                self.execute_text(CLOSE, self.limit)
            }
        }
    }
}

impl Postgres {
    /// Ends a statement that only reads, before its last row.
    #[cfg(unix)]
    fn leave_out(&mut self) -> Result<()> {
        /// For a server that doesn't answer.
        const PATIENCE: Duration = Duration::from_secs(5);
        self.handle.clear(self.limit.unwrap_or(Limit::hard(PATIENCE)), self.is_pooled)
    }

    #[cfg(not(unix))]
    fn leave_out(&mut self) -> Result<()> {
        self.drain()
    }
}

/// The name of the cursor. A connection has at most one.
const CURSOR: &str = "mizzle_rows";
const CLOSE: &CStr = c"CLOSE mizzle_rows";

/// A query, as the declaration of a cursor.
struct Declared<'s>(&'s dyn Source);

impl Source for Declared<'_> {
    fn key(&self, _: Dialect) -> QueryResult<Option<StaticKey>> {
        Ok(None)
    }

    fn write(&self, sql: &mut AnyQueryBuilder, dialect: Dialect) -> QueryResult<()> {
        sql.push_sql(DECLARE);
        self.0.write(sql, dialect)
    }

    fn bind<'b>(&'b self, binds: &mut AnyBinds<'b>, dialect: Dialect) -> QueryResult<()> {
        self.0.bind(binds, dialect)
    }
}

/// Returns the number of rows of the next part, by the size of those of the last one.
fn size_after(part: &Answer) -> usize {
    let row = part.size() / part.rows().max(1);
    (PART_SIZE / row.max(1)).clamp(1, MOST_ROWS)
}
