//! Writes SQL text for either database, or takes the fingerprint of what would be written.

use std::hash::Hasher as _;

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;
use rustc_hash::FxHasher;

use super::Any;
use super::like::Likes;
use crate::dialect::Dialect;
use crate::dsl::decimal::SQLITE_SUM;

/// Collects the SQL of a statement.
#[derive(Debug, Default)]
pub struct AnyQueryBuilder {
    sql: String,
    dialect: Option<Dialect>,
    binds: u32,
    after_limit: bool,
    likes: Likes,
    /// What a fingerprint is made of, where no text is wanted.
    hasher: Option<Fingerprint>,
}

#[derive(Clone, Default)]
struct Fingerprint(FxHasher);

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

impl AnyQueryBuilder {
    /// An empty statement for `dialect`.
    pub fn new(dialect: Dialect) -> Self {
        Self::on(String::with_capacity(512), dialect)
    }

    /// An empty statement for `dialect`, in the memory of an earlier one.
    pub(crate) fn on(mut earlier: String, dialect: Dialect) -> Self {
        earlier.clear();
        Self { sql: earlier, dialect: Some(dialect), ..Self::default() }
    }

    /// Writes no text, but keeps what tells it from another: see [`fingerprint`](AnyQueryBuilder::fingerprint).
    pub(crate) fn without_text(dialect: Dialect) -> Self {
        Self { dialect: Some(dialect), hasher: Some(Fingerprint::default()), ..Self::default() }
    }

    /// A number that two statements share only if they have the same text.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = self.hasher.clone().unwrap_or_default().0;
        hasher.write_u32(self.binds);
        hasher.finish()
    }

    /// How many parameters there are so far.
    pub(crate) fn parameters(&self) -> usize {
        self.binds as usize
    }

    fn writes_for_sqlite(&self) -> bool {
        self.dialect != Some(Dialect::Postgres)
    }
}

impl QueryBuilder<Any> for AnyQueryBuilder {
    #[inline]
    fn push_sql(&mut self, sql: &str) {
        if let Some(Fingerprint(hasher)) = &mut self.hasher {
            hasher.write(sql.as_bytes());
            return;
        }
        if self.writes_for_sqlite() {
            self.after_limit = sql == " LIMIT ";
            if self.likes.takes(sql) {
                self.likes.push_sql(&mut self.sql, sql);
                return;
            }
            self.sql.push_str(sql);
        } else {
            self.sql.push_str(if sql == SQLITE_SUM { "sum" } else { sql });
        }
    }

    fn push_identifier(&mut self, identifier: &str) -> QueryResult<()> {
        if let Some(Fingerprint(hasher)) = &mut self.hasher {
            // Apart from the same word of SQL.
            hasher.write_u8(b'"');
            hasher.write(identifier.as_bytes());
            return Ok(());
        }
        self.likes.begin_expression(&mut self.sql);
        self.sql.push('"');
        if identifier.contains('"') {
            self.sql.push_str(&identifier.replace('"', "\"\""));
        } else {
            self.sql.push_str(identifier);
        }
        self.sql.push('"');
        Ok(())
    }

    fn push_bind_param(&mut self) {
        self.binds += 1;
        if let Some(Fingerprint(hasher)) = &mut self.hasher {
            hasher.write_u8(b'?');
            return;
        }
        if self.writes_for_sqlite() {
            if !self.likes.push_parameter(&mut self.sql, self.binds) {
                self.sql.push('?');
                // SQLite (3.47 and later) prepares a statement again on every run when its LIMIT is
                // a bare parameter, because the planner looks at the bound value.
                if self.after_limit {
                    self.sql.push_str("+0");
                }
            }
            self.after_limit = false;
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
        if self.dialect.is_none() && self.hasher.is_none() {
            // `diesel::debug_query` knows no database.
            self.sql.push_str(" /* for SQLite */");
        }
        self.sql
    }
}

/// `write!` costs more than the rest of a statement with hundreds of parameters.
pub(super) fn push_decimal(sql: &mut String, mut number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    sql.extend(digits[at..].iter().map(|&digit| digit as char));
}
