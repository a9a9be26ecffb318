//! Asks the server where it is in its log, along with statements.

use std::ffi::CStr;
use std::time::Duration;

use pq_sys as ffi;

use super::deadline::Limit;
use super::only_reads::needs_primary;
use super::pipeline::Pipeline;
use super::result::Answer;
use super::session::Postgres;
use super::text::send_text;
use crate::backend::any::postgres::PostgresRow;
use crate::backend::{AnyValue, Backend, Refusal, Source, Standing, Watch, Watched};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// The columns of [`Standing`], each as text. A primary's place is that of what it has inserted into its log, because a
/// COMMIT need not have written it (`synchronous_commit = off`). Only some roles may see what a replica receives.
macro_rules! standing {
    ($($more:literal)?) => {
        concat!(
            "SELECT pg_is_in_recovery()::text, p.lsn::text, CASE WHEN pg_is_in_recovery() \
             THEN (SELECT to_hex(received_tli) FROM pg_stat_wal_receiver) \
             ELSE left(pg_walfile_name(p.lsn), 8) END",
            $($more,)?
            " FROM (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
             ELSE pg_current_wal_insert_lsn() END AS lsn) p\0"
        )
    };
}

const fn text(sql: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(sql.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("the text ends with its only NUL"),
    }
}

const STANDING: &CStr = text(standing!());

const GATE: &CStr = text(standing!(", current_setting('transaction_isolation')"));

/// Also makes the transaction, if only that of the next statement, refuse to write.
const READ_GATE: &CStr = text(standing!(
    ", current_setting('transaction_isolation'), set_config('transaction_read_only', 'on', true)"
));

/// Also the identity, and what the control file knows of the timeline: later than the receiver, but for all roles.
const IDENTITY: &CStr = text(standing!(
    ", (SELECT system_identifier::text FROM pg_control_system()), \
     to_hex(GREATEST((SELECT timeline_id FROM pg_control_checkpoint()), \
     (SELECT min_recovery_end_timeline FROM pg_control_recovery())))"
));

impl Postgres {
    pub(super) fn set_watch(&mut self, watch: Watch) {
        self.watcher.watch = watch;
        self.watcher.found.set(Watched::default());
    }

    pub(super) fn found(&self) -> Watched {
        self.watcher.found.get()
    }

    fn is_idle(&self) -> bool {
        self.pending.is_none() && self.server_is_idle()
    }

    /// Whether statements run together with questions to the server.
    pub(super) fn is_watching(&self) -> bool {
        self.watcher.watch != Watch::default() && self.is_idle()
    }

    /// Returns the question that goes before a statement, unless it was answered for its transaction.
    pub(super) fn gate(&self, begins: bool) -> Option<&'static CStr> {
        let gate = self.watcher.watch.gate?;
        (begins || self.is_idle()).then_some(if gate.is_replica { READ_GATE } else { GATE })
    }

    /// Returns the question that goes after an exchange, if it ends its transaction: with a COMMIT, or because there is
    /// none open.
    pub(super) fn question_after(&self, begins: bool, commits: bool) -> Option<&'static CStr> {
        self.watcher.forget();
        let ends = commits || !begins && self.is_idle();
        (self.watcher.watch.after && ends).then_some(STANDING)
    }

    /// Keeps the answer to [`question_after`](Self::question_after).
    pub(super) fn keep_after(&self, answer: Option<Answer>) {
        let after = answer.and_then(|answer| self.check(Some(answer)).ok()).and_then(read);
        self.watcher.found.set(Watched { after, ..self.found() });
    }

    /// Checks the answer to [`gate`](Self::gate).
    pub(super) fn pass(&self, answer: Option<Answer>) -> Result<()> {
        let answer = self.check(answer)?;
        let Some(gate) = self.watcher.watch.gate else { return Ok(()) };
        // Otherwise the statement sees what it saw before the question was answered.
        let is_current = column(&answer, 3).as_deref() == Some("read committed");
        let standing = read(answer)
            .ok_or_else(|| Error::new(ErrorKind::Unknown, "the server doesn't say where it is"))?;
        let lsn = standing.lsn.unwrap_or(0);
        let known = self.watcher.known.replace(lsn);
        let reached = if is_current { lsn } else { known.min(lsn) };
        let before = Some(Standing { lsn: standing.lsn.map(|_| reached), ..standing });
        self.watcher.found.set(Watched { before, ..self.found() });
        if !standing.in_recovery {
            return if gate.is_replica {
                Err(self.watcher.refuse(Refusal::Promoted))
            } else {
                Ok(())
            };
        }
        let Some(least) = gate.least else { return Ok(()) };
        if standing.timeline.is_some_and(|timeline| timeline != least.timeline) {
            return Err(self.watcher.refuse(Refusal::OtherTimeline));
        }
        if reached < least.lsn { Err(self.watcher.refuse(Refusal::Behind)) } else { Ok(()) }
    }

    /// Checks the answer to [`gate`](Self::gate), and keeps a refusal for [`verdict`](Self::verdict).
    pub(super) fn judge(&self, answer: Option<Answer>) -> Result<()> {
        match self.pass(answer) {
            Err(error) if self.found().refusal.is_some() => {
                self.watcher.verdict.set(Some(error));
                Ok(())
            }
            passed => passed,
        }
    }

    /// Returns whether the server of the last exchange was one that may run its statements.
    pub(super) fn verdict(&self) -> Result<()> {
        self.watcher.verdict.take().map_or(Ok(()), Err)
    }

    /// Checks the gate in its own exchange, for what can't run together with others.
    pub(super) fn pass_alone(&mut self) -> Result<()> {
        let Some(gate) = self.gate(self.pending.is_some()) else { return Ok(()) };
        self.begin_now()?;
        let answer = self.ask_text(gate)?;
        self.pass(answer)
    }

    /// Refuses what only the primary can run, before it is sent.
    pub(super) fn check_is_read(&self, source: &dyn Source, place: Option<usize>) -> Result<()> {
        if !self.watcher.watch.gate.is_some_and(|gate| gate.is_replica) {
            return Ok(());
        }
        let refused = match place.map(|place| self.statements.cache.get(place)) {
            Some(statement) => match statement.needs_primary.get() {
                Some(known) => known,
                None => {
                    let found = needs_primary(statement.sql());
                    statement.needs_primary.set(Some(found));
                    found
                }
            },
            None => needs_primary(&source.sql(Dialect::Postgres)?),
        };
        if refused { Err(self.watcher.refuse(Refusal::NeedsPrimary)) } else { Ok(()) }
    }

    /// Commits, and asks where the server is, if that is watched. `None` if it must commit alone.
    pub(super) fn commit_watched(&mut self) -> Option<Result<()>> {
        let mode = Pipeline::find().filter(|_| self.watcher.watch.after)?;
        self.watcher.forget();
        let answers = self
            .handle
            .exchange(mode, self.limit, 1, Some(STANDING), &mut |raw| send_text(raw, c"COMMIT"));
        Some(answers.and_then(|mut answers| {
            self.keep_after(self.handle.take_after());
            self.check(answers.remove(0)).map(drop)
        }))
    }

    pub(super) fn ask_standing(&mut self, limit: Duration) -> Result<Standing> {
        self.begin_now()?;
        let own = self.limit.replace(Limit::hard(limit));
        let answer = self.ask_text(IDENTITY).and_then(|answer| self.check(answer));
        self.limit = own;
        let answer = answer?;
        let system = column(&answer, 3).and_then(|text| text.parse().ok());
        let controlled = column(&answer, 4).and_then(|text| u32::from_str_radix(&text, 16).ok());
        let standing = read(answer)
            .ok_or_else(|| Error::new(ErrorKind::Unknown, "the server doesn't say where it is"))?;
        if let Some(lsn) = standing.lsn {
            self.watcher.known.set(lsn);
        }
        let timeline = if standing.in_recovery {
            standing.timeline.max(controlled)
        } else {
            standing.timeline
        };
        Ok(Standing { timeline, system, ..standing })
    }

    fn ask_text(&self, sql: &CStr) -> Result<Option<Answer>> {
        let (sql, none) = (sql.as_ptr(), std::ptr::null());
        let (types, values, lengths) = (std::ptr::null(), std::ptr::null(), std::ptr::null());
        // SAFETY: the connection is alive and the text ends with NUL; there are no parameters. 0: text form.
        self.handle.answer(
            self.limit,
            |raw| unsafe { ffi::PQexecParams(raw, sql, 0, types, values, lengths, none, 0) },
            |raw| unsafe { ffi::PQsendQueryParams(raw, sql, 0, types, values, lengths, none, 0) },
        )
    }

    pub(super) fn make_read_only(&mut self) -> Result<()> {
        // Behind a pooler the session is also that of others. Each statement has its gate.
        if self.is_pooled {
            return Ok(());
        }
        self.batch("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    }
}

/// Returns a text of the only row.
fn column(answer: &Answer, index: usize) -> Option<String> {
    if answer.rows() == 0 {
        return None;
    }
    let types = answer.types();
    let row: PostgresRow<'_> = answer.row(0, &types);
    if index >= row.field_count() {
        return None;
    }
    match row.value(index)? {
        AnyValue::Postgres { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn read(answer: Answer) -> Option<Standing> {
    let timeline = column(&answer, 2).and_then(|text| u32::from_str_radix(&text, 16).ok());
    let in_recovery = column(&answer, 0)? == "true";
    let lsn = column(&answer, 1).and_then(|text| parse_lsn(&text));
    Some(Standing { in_recovery, timeline, lsn, system: None })
}

/// Reads `16/B374D848`.
fn parse_lsn(text: &str) -> Option<u64> {
    let (high, low) = text.split_once('/')?;
    let high = u64::from(u32::from_str_radix(high, 16).ok()?);
    let low = u64::from(u32::from_str_radix(low, 16).ok()?);
    Some(end_of_record(high << 32 | low))
}

/// Returns the end of the last record before a place. If no record has begun on a page yet, a primary names the place
/// after the page's header, which a replica reaches only with the next record.
///
/// If the server has other sizes of pages, this may return a place inside of the last record: a replica has then replayed
/// none or all of it, and a COMMIT's record is longer than a header.
fn end_of_record(lsn: u64) -> u64 {
    const PAGE: u64 = 8 << 10;
    const LEAST_SEGMENT: u64 = 1 << 20;
    match (lsn % PAGE, lsn % LEAST_SEGMENT) {
        (24, _) => lsn - 24,
        (_, 40) => lsn - 40,
        _ => lsn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_after_a_header_is_the_end_of_the_page_before() {
        assert_eq!(parse_lsn("0/0"), Some(0));
        assert_eq!(parse_lsn("16/B374D848"), Some(0x16_B374_D848));
        assert_eq!(parse_lsn("0/3002018"), Some(0x300_2000));
        assert_eq!(parse_lsn("0/3000028"), Some(0x300_0000));
        assert_eq!(parse_lsn("0/3002028"), Some(0x300_2028));
        for wrong in ["", "0", "0/", "/0", "x/0", "0/100000000", "-1/0"] {
            assert_eq!(parse_lsn(wrong), None, "{wrong}");
        }
    }
}
