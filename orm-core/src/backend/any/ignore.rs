//! `insert_or_ignore_into` and `replace_into`.
//!
//! Both databases get `ON CONFLICT DO NOTHING`: SQLite's `INSERT OR IGNORE` would also leave out rows that a check or NOT NULL
//! refuses.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, InsertOrIgnore, QueryFragment, Replace};
use diesel::result::Error::QueryBuilderError;

use super::{Any, marks};
use crate::dialect::Dialect;

impl QueryFragment<Any> for InsertOrIgnore {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        out.push_sql("INSERT");
        out.push_sql(marks::IGNORE_CONFLICTS);
        Ok(())
    }
}

impl QueryFragment<Any> for Replace {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Any>) -> QueryResult<()> {
        let dialect = out.backend().dialect();
        if !dialect.capabilities().replaces {
            let message = format!(
                "{} has no REPLACE: use `insert_into(…).on_conflict(…).do_update()`, which both databases have",
                dialect.name()
            );
            return Err(QueryBuilderError(message.into()));
        }
        out.push_sql("REPLACE");
        Ok(())
    }
}

/// An INSERT whose conflicts are to be ignored.
#[derive(Debug, Default)]
pub(super) struct Ignoring {
    source: Source,
}

/// The rows of an INSERT.
#[derive(Debug, Default)]
enum Source {
    #[default]
    Unknown,
    Values,
    Defaults,
    /// The place where the query begins.
    Query(usize),
    /// The statement itself says what to do on a conflict.
    Said,
}

impl Ignoring {
    /// Takes note of the next piece. Returns whether it ends what the INSERT inserts.
    pub(super) fn meets(&mut self, piece: &str, sql: &str) -> bool {
        match (piece, &self.source) {
            (") VALUES (", Source::Unknown) => self.source = Source::Values,
            ("DEFAULT VALUES", Source::Unknown) => self.source = Source::Defaults,
            ("SELECT ", Source::Unknown) => self.source = Source::Query(sql.len()),
            (" ON CONFLICT", _) => self.source = Source::Said,
            (" RETURNING ", _) => return true,
            _ => {}
        }
        false
    }

    pub(super) fn finish(self, sql: &mut String, dialect: Dialect) {
        match self.source {
            Source::Said => return,
            // SQLite would take ON for the condition of a join, and wants a WHERE before it.
            Source::Query(start) if dialect.capabilities().rewrites => {
                sql.insert_str(start, "SELECT * FROM (");
                sql.push_str(") WHERE true");
            }
            // SQLite takes no clause after DEFAULT VALUES.
            Source::Defaults if dialect.capabilities().rewrites => {
                return sql.insert_str("INSERT".len(), " OR IGNORE");
            }
            _ => {}
        }
        sql.push_str(" ON CONFLICT DO NOTHING");
    }
}
