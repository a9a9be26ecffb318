//! Writes SQL text for either database, or computes the fingerprint of that text.

use std::ops::Range;

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;
use smallvec::SmallVec;

use super::arithmetic;
use super::clauses::check_combination;
use super::frame::{self, Frame, NumberOfRows};
use super::ignore::Ignoring;
use super::like::{Likes, push_decimal};
use super::pieces::{Instead, Piece, end_comment};
use super::widths::Widths;
use super::withs::{Withs, check_step};
use super::{Any, marks};
use crate::dialect::Dialect;

/// The sum that mizzle registers on SQLite.
pub(crate) const SQLITE_SUM: &str = "decimal_sum";

/// Collects the SQL of a statement.
#[derive(Debug, Default)]
pub struct AnyQueryBuilder {
    sql: String,
    dialect: Option<Dialect>,
    binds: u32,
    rows: NumberOfRows,
    likes: Likes,
    ignoring: Option<Ignoring>,
    /// What is made of the pieces, if no text is wanted.
    instead: Option<Instead>,
    /// The starts of the pieces by programs that are being written.
    pieces: SmallVec<[usize; 4]>,
    /// The place for a LIMIT of the innermost query, or of the LIMIT that it has only for SQLite.
    free_limit: Option<Range<usize>>,
    /// The starts of the casts that are being written, for SQLite.
    casts: SmallVec<[usize; 2]>,
    /// The place where the type of a cast may follow.
    after_as: Option<usize>,
    /// The columns with few bits, for SQLite.
    widths: Widths,
    /// Whether there are operators to rewrite at the end, for SQLite.
    has_operators: bool,
    /// The constructs around what follows that need something else at their end.
    frames: SmallVec<[Frame; 2]>,
    withs: Withs,
}

impl AnyQueryBuilder {
    /// Returns an empty statement for `dialect`.
    pub fn new(dialect: Dialect) -> Self {
        Self::on(String::with_capacity(512), dialect)
    }

    /// Returns an empty statement for `dialect`, in the memory of an earlier one.
    pub(crate) fn on(mut earlier: String, dialect: Dialect) -> Self {
        earlier.clear();
        Self { sql: earlier, dialect: Some(dialect), ..Self::default() }
    }

    /// Returns a builder that writes no text, but identifies it: see [`fingerprint`](AnyQueryBuilder::fingerprint).
    pub(crate) fn without_text(dialect: Dialect) -> Self {
        let instead = Some(Instead::fingerprint());
        Self { dialect: Some(dialect), instead, ..Self::default() }
    }

    /// Writes no text, but keeps the pieces that it would be written of.
    pub(crate) fn recording(dialect: Dialect) -> Self {
        let instead = Some(Instead::Pieces(Vec::new()));
        Self { dialect: Some(dialect), instead, ..Self::default() }
    }

    /// The pieces, if they were kept.
    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        match self.instead {
            Some(Instead::Pieces(pieces)) => pieces,
            _ => Vec::new(),
        }
    }

    /// Returns a number that two statements share only if they have the same text.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.instead.as_ref().map_or(0, |instead| instead.identify(self.binds))
    }

    /// Returns the number of parameters so far.
    pub(crate) fn parameters(&self) -> usize {
        self.binds as usize
    }

    /// Text that no database gets is written as SQLite's.
    fn dialect(&self) -> Dialect {
        self.dialect.unwrap_or(Dialect::UNKNOWN)
    }

    fn rewrites(&self) -> bool {
        self.dialect().capabilities().rewrites
    }

    /// Adds a LIMIT of one row to the query that was written, unless its own LIMIT is lower.
    pub(crate) fn limit_to_one(&mut self) {
        if let Some(place) = self.free_limit.take() {
            self.sql.replace_range(place, " LIMIT 1");
        }
    }

    fn mark(&mut self, mark: &str) {
        match mark {
            marks::BEGIN => self.pieces.push(self.sql.len()),
            marks::END_OF_CONDITION | marks::END_OF_OPERAND => {
                let Some(start) = self.pieces.pop() else { return };
                if !marks::stays_whole(&self.sql[start..], mark, self.dialect()) {
                    self.sql.insert(start, '(');
                    end_comment(&mut self.sql, start);
                    self.sql.push(')');
                }
            }
            marks::END_OF_TERM => {
                if let Some(start) = self.pieces.pop() {
                    end_comment(&mut self.sql, start);
                }
            }
            marks::NO_LIMIT => self.free_limit = Some(self.sql.len()..self.sql.len()),
            marks::NO_LIMIT_BUT_OFFSET => {
                let start = self.sql.len();
                self.sql.push_str(self.dialect().capabilities().no_limit);
                self.free_limit = Some(start..self.sql.len());
            }
            marks::LIMIT => self.free_limit = None,
            marks::CHECKED_LIMIT => {
                self.sql.push_str(" LIMIT ");
                self.rows = NumberOfRows::Checked;
            }
            marks::IGNORE_CONFLICTS => self.ignoring = Some(Ignoring::default()),
            marks::COLLATE_JSON => self.push_collation(marks::JSON_COLLATION),
            marks::COLLATE_TEXT => self.push_collation(frame::AS_STORED),
            marks::WITH_TERM => self.withs.begin_term(self.sql.len()),
            marks::END_OF_WITH => self.withs.end(&self.sql),
            _ => {
                if let Some(raw) = mark.strip_prefix(marks::RAW) {
                    self.push_raw(raw);
                } else if let Some(collation) = mark.strip_prefix(marks::COLLATE) {
                    self.push_collation(collation);
                }
            }
        }
    }

    /// Handles a mark that is passed as a name.
    fn check_mark(&mut self, mark: &str) -> Option<QueryResult<()>> {
        Some(match mark {
            marks::COMBINED => check_combination(&self.sql, self.dialect),
            marks::END_OF_WITH_TERM => self.withs.end_term(&self.sql, self.dialect),
            marks::ONLY_READS => self.withs.check_only_reads(),
            marks::END_OF_STEP => {
                check_step(&self.sql[self.pieces.pop().unwrap_or_default()..], self.dialect())
            }
            _ => return None,
        })
    }

    /// Moves a WITH at the start of the query that was written after `prefix` in front of it.
    pub(crate) fn hoist_with(&mut self, prefix: &str) {
        self.withs.hoist(&mut self.sql, prefix);
    }

    /// Writes what a program wrote, which means nothing to this builder.
    fn push_raw(&mut self, sql: &str) {
        self.after_as = None;
        self.rows = NumberOfRows::No;
        if self.likes.is_empty() {
            self.sql.push_str(sql);
        } else {
            self.likes.push_other(&mut self.sql, sql);
        }
    }

    fn push_for_sqlite(&mut self, sql: &str) {
        let after_as = self.after_as.take();
        self.rows = NumberOfRows::No;
        match sql {
            " + " | " - " | " * " | " / " => {
                self.has_operators = true;
                self.sql.push(' ');
                self.sql.push(char::from(marks::MARK));
                self.sql.push_str(sql.trim_start());
                return;
            }
            " LIMIT " | " OFFSET " => self.rows = NumberOfRows::Yes,
            "CAST(" => self.casts.push(self.sql.len()),
            " AS " => self.after_as = Some(self.sql.len()),
            "SELECT " if frame::is_at_value(&self.sql) => self.frames.push(Frame::Query {
                start: self.sql.len() - 1,
                in_columns: true,
                collation: None,
            }),
            " FROM " => {
                if let Some(Frame::Query { in_columns, .. }) = self.frames.last_mut() {
                    *in_columns = false;
                }
            }
            "CASE" => self.frames.push(Frame::Case {
                in_result: false,
                of_conditions: false,
                of_results: None,
            }),
            " WHEN " | " THEN " | " ELSE " => {
                if let Some(Frame::Case { in_result, .. }) = self.frames.last_mut() {
                    *in_result = sql != " WHEN ";
                }
            }
            " END" if matches!(self.frames.last(), Some(Frame::Case { .. })) => {
                self.sql.push_str(sql);
                return self.end_case();
            }
            _ => {
                if let Some((end, call)) = after_as.zip(marks::cast_call(sql))
                    && let Some(start) = self.casts.pop()
                {
                    self.sql.truncate(end);
                    self.sql.replace_range(start..start + "CAST(".len(), call);
                    return;
                }
            }
        }
        self.sql.push_str(sql);
    }

    /// Closes a parenthesis, possibly the one that the innermost frame waits for.
    fn close(&mut self) {
        self.sql.push(')');
        let (Some(Frame::Query { start, .. }) | Some(Frame::Not { start })) = self.frames.last()
        else {
            return;
        };
        if !marks::is_closed(&self.sql[*start..], self.dialect()) {
            return;
        }
        match self.frames.pop() {
            Some(Frame::Not { .. }) => self.sql.push(')'),
            Some(Frame::Query { collation: Some(collation), .. }) => {
                self.push_collation(&collation);
            }
            _ => {}
        }
    }

    fn end_case(&mut self) {
        match self.frames.pop() {
            Some(Frame::Case { of_results: Some(collation), .. }) => {
                self.push_collation(&collation);
            }
            Some(Frame::Case { of_conditions: true, .. }) => self.sql.push_str(" COLLATE BINARY"),
            _ => {}
        }
    }

    fn push_collation(&mut self, of_values: &str) {
        self.sql.push_str(" COLLATE ");
        self.sql.push_str(of_values);
        let mut around = self.frames.iter_mut().rev();
        match around.find(|frame| !matches!(frame, Frame::Not { .. })) {
            Some(Frame::Query { in_columns: true, collation, .. }) => {
                frame::note(collation, of_values);
            }
            Some(Frame::Case { in_result: true, of_results, .. }) => {
                frame::note(of_results, of_values);
            }
            Some(Frame::Case { of_conditions, .. }) => *of_conditions = true,
            _ => {}
        }
    }

    fn finish_ignoring(&mut self) {
        let dialect = self.dialect();
        if let Some(ignoring) = self.ignoring.take() {
            ignoring.finish(&mut self.sql, dialect);
        }
    }
}

impl QueryBuilder<Any> for AnyQueryBuilder {
    #[inline]
    fn push_sql(&mut self, sql: &str) {
        if let Some(instead) = &mut self.instead {
            return instead.push(None, sql, || Piece::Sql(sql.into()));
        }
        // Most pieces are shorter or longer than all those with a meaning.
        let is_plain = match sql.as_bytes() {
            [b' ', middle, b' '] => !matches!(middle, b'+' | b'-' | b'*' | b'/'),
            [marks::MARK, next, ..] => *next == b':',
            bytes => matches!(bytes.len(), 0..=3 | 17..),
        };
        if is_plain && self.frames.is_empty() && self.likes.is_empty() {
            match sql.strip_prefix(marks::RAW) {
                Some(raw) => self.push_raw(raw),
                None => self.sql.push_str(sql),
            }
            return;
        }
        if sql.as_bytes().first() == Some(&marks::MARK) {
            return self.mark(sql);
        }
        if let Some(ignoring) = &mut self.ignoring
            && ignoring.meets(sql, &self.sql)
        {
            self.finish_ignoring();
        }
        let sqlite = self.rewrites();
        match sql {
            " NOT " => {
                self.sql.push_str("(NOT ");
                self.frames.push(Frame::Not { start: self.sql.len() });
            }
            _ if sqlite && self.likes.takes(sql) => self.likes.push_sql(&mut self.sql, sql),
            ")" if !self.frames.is_empty() => self.close(),
            _ if sqlite => self.push_for_sqlite(sql),
            SQLITE_SUM => self.sql.push_str("sum"),
            _ => self.sql.push_str(sql),
        }
    }

    fn push_identifier(&mut self, identifier: &str) -> QueryResult<()> {
        if let Some(instead) = &mut self.instead {
            instead.push(Some(b'"'), identifier, || Piece::Identifier(identifier.into()));
            return Ok(());
        }
        // Hardly any name contains one of these.
        let is_plain = identifier.bytes().all(|byte| !matches!(byte, marks::MARK | b'"'));
        if !is_plain && let Some(checked) = self.check_mark(identifier) {
            return checked;
        }
        if !is_plain && let Some((name, mark)) = marks::of_column(identifier) {
            let is_value = self.sql.ends_with('.');
            let start = self.sql.len();
            self.push_identifier(name)?;
            if !self.rewrites() {
                return Ok(());
            }
            if mark.ends_with(|last: char| last.is_ascii_digit()) {
                self.widths.add(&self.sql, start, mark);
            } else if is_value {
                // If the name stands alone, a statement names the column to write to it.
                self.push_collation(mark);
            }
            return Ok(());
        }
        self.likes.begin_expression(&mut self.sql);
        self.sql.push('"');
        if is_plain {
            self.sql.push_str(identifier);
        } else {
            self.sql.push_str(&identifier.replace('"', "\"\""));
        }
        self.sql.push('"');
        Ok(())
    }

    fn push_bind_param(&mut self) {
        self.binds += 1;
        if let Some(instead) = &mut self.instead {
            return instead.push(Some(b'?'), "", || Piece::Parameter);
        }
        if self.rewrites() {
            if !self.likes.push_parameter(&mut self.sql, self.binds) {
                self.sql.push_str(match self.rows {
                    NumberOfRows::No => "?",
                    // SQLite takes a negative number for no limit.
                    NumberOfRows::Yes => "mizzle_rows(?)",
                    // SQLite (3.47 and later) prepares a statement again on every run if its LIMIT is a bare parameter,
                    // because the planner looks at the bound value.
                    NumberOfRows::Checked => "?+0",
                });
            }
            self.rows = NumberOfRows::No;
        } else {
            self.sql.push('$');
            push_decimal(&mut self.sql, self.binds);
        }
    }

    fn push_bind_param_value_only(&mut self) {
        self.binds += 1;
    }

    fn finish(mut self) -> String {
        self.likes.finish(&mut self.sql);
        self.finish_ignoring();
        if self.has_operators {
            self.sql = arithmetic::rewrite(&self.sql, &self.widths, self.dialect());
        }
        if self.dialect.is_none() && self.instead.is_none() {
            // `diesel::debug_query` knows no database.
            self.sql.push_str(" /* for SQLite */");
        }
        self.sql
    }
}
