//! What a query builder checks of a WITH.

use diesel::QueryResult;
use diesel::result::Error::QueryBuilderError;
use orm_lexer::Lexer;
use smallvec::SmallVec;

use crate::dialect::Dialect;

/// The WITHs of a statement, as far as they are written.
#[derive(Debug, Default)]
pub(super) struct Withs {
    /// The starts of the queries of the terms that are being written. A query that begins with a WITH itself starts
    /// after it.
    terms: SmallVec<[usize; 2]>,
    /// The start of the statement after the first WITH that isn't in a term.
    statement: Option<usize>,
    /// The verb of a term that writes.
    written: Option<&'static str>,
}

impl Withs {
    pub(super) fn begin_term(&mut self, start: usize) {
        self.terms.push(start);
    }

    /// Fails if the query of a term writes and the database has no such terms. `diesel::debug_query`, which knows no
    /// database, shows all.
    pub(super) fn end_term(&mut self, sql: &str, dialect: Option<Dialect>) -> QueryResult<()> {
        let (Some(start), Some(dialect)) = (self.terms.pop(), dialect) else { return Ok(()) };
        let query = sql[start..].trim_start();
        let verbs = ["INSERT", "UPDATE", "DELETE", "REPLACE"];
        let written = verbs.into_iter().find(|verb| query.starts_with(verb));
        self.written = self.written.or(written);
        match written {
            Some(verb) if !dialect.capabilities().writing_terms => Err(QueryBuilderError(
                format!(
                    "{dialect} has no {verb} inside a WITH: run it as a statement before this one"
                )
                .into(),
            )),
            _ => Ok(()),
        }
    }

    /// Fails if a term writes.
    pub(super) fn check_only_reads(&self) -> QueryResult<()> {
        match self.written {
            Some(verb) => Err(QueryBuilderError(
                format!("a page also counts its rows, so the {verb} inside its WITH would run twice: use `all`").into(),
            )),
            None => Ok(()),
        }
    }

    /// Notes the end of a WITH. It may be that of a condition further inside.
    pub(super) fn end(&mut self, sql: &str) {
        match self.terms.last_mut() {
            Some(term) if sql[*term..].trim_start().starts_with("WITH ") => *term = sql.len(),
            Some(_) => {}
            None => {
                self.statement.get_or_insert(sql.len());
            }
        }
    }

    /// Moves a WITH at the start of the query that was written after `prefix` in front of it: a term that writes must be
    /// there.
    pub(super) fn hoist(&self, sql: &mut String, prefix: &str) {
        let query = prefix.len();
        if let Some(statement) = self.statement
            && sql.starts_with(prefix)
            && sql[query..].starts_with("WITH ")
        {
            let with: String = sql.drain(query..statement).collect();
            sql.insert_str(0, &with);
        }
    }
}

/// Fails if the step of a recursive term has an order or a limit. PostgreSQL has none there, and on SQLite they would be
/// those of the whole term.
pub(super) fn check_step(sql: &str, dialect: Dialect) -> QueryResult<()> {
    let mut depth = 0_i32;
    for token in Lexer::new(sql, dialect) {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth == 0 => {
                if let Some(word) = ["ORDER", "LIMIT", "OFFSET"].iter().find(|word| token.is(word))
                {
                    return Err(QueryBuilderError(
                        format!("the step of a recursive query has no {word}: give it to the statement that reads the rows")
                            .into(),
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}
