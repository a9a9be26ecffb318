//! Writes SQL text for either database.

use diesel::QueryResult;
use diesel::query_builder::QueryBuilder;

use super::Any;
use crate::dialect::Dialect;
use crate::dsl::decimal::SQLITE_SUM;

/// Collects the SQL of a statement.
#[derive(Debug, Default)]
pub struct AnyQueryBuilder {
    sql: String,
    dialect: Option<Dialect>,
    binds: u32,
    after_limit: bool,
}

impl AnyQueryBuilder {
    /// An empty statement for `dialect`.
    pub fn new(dialect: Dialect) -> Self {
        Self::on(String::with_capacity(512), dialect)
    }

    /// An empty statement for `dialect`, in the memory of an earlier one.
    pub(crate) fn on(mut earlier: String, dialect: Dialect) -> Self {
        earlier.clear();
        Self { sql: earlier, dialect: Some(dialect), binds: 0, after_limit: false }
    }
}

impl QueryBuilder<Any> for AnyQueryBuilder {
    fn push_sql(&mut self, sql: &str) {
        self.after_limit = sql == " LIMIT ";
        let is_sum = sql == SQLITE_SUM && self.dialect == Some(Dialect::Postgres);
        self.sql.push_str(if is_sum { "sum" } else { sql });
    }

    fn push_identifier(&mut self, identifier: &str) -> QueryResult<()> {
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
        match self.dialect.unwrap_or(Dialect::Sqlite) {
            Dialect::Sqlite => {
                self.sql.push('?');
                // SQLite (3.47 and later) prepares a statement anew on every run when its LIMIT is
                // a bare parameter, because the planner looks at the bound value.
                if self.after_limit {
                    self.sql.push_str("+0");
                }
            }
            Dialect::Postgres => {
                self.sql.push('$');
                push_decimal(&mut self.sql, self.binds);
            }
        }
        self.after_limit = false;
    }

    fn push_bind_param_value_only(&mut self) {
        self.binds += 1;
    }

    fn finish(self) -> String {
        self.sql
    }
}

/// `write!` costs more than the rest of a statement with hundreds of parameters.
fn push_decimal(sql: &mut String, mut number: u32) {
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
