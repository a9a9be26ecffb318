//! The SQL that D1 gets, made from the SQL that SQLite would get.
//!
//! The query builder writes the same SQL for both. Here values become literals or parameters that lose nothing in
//! JavaScript, and calls of mizzle's functions become plain SQL with the same result. What plain SQL can't say is an error
//! before anything is sent.

mod calls;
mod checks;
mod context;
mod decimals;
mod keyed;
mod parameters;

use orm_lexer::{Token, TokenKind, tokens};

use self::calls::is_mizzles;
use self::context::{Clause, Context};
pub(super) use self::parameters::Param;
use self::parameters::Parameters;
use super::refused;
use super::value::{Bound, Value};
use crate::dialect::Dialect;
use crate::error::Result;

/// SQL for D1, and its parameters.
pub(super) struct Translated {
    pub(super) sql: String,
    pub(super) params: Vec<Param>,
}

/// Translates one statement with the values of its parameters.
pub(super) fn translate(sql: &str, values: &[Bound]) -> Result<Translated> {
    let mut all = tokens(sql, Dialect::D1);
    while all.last().is_some_and(|token| token.is_symbol(";")) {
        all.pop();
    }
    let is_about_rows = crate::backend::sqlite::is_about_rows(sql);
    let mut writing = Writing {
        tokens: &all,
        at: 0,
        parameters: Parameters::new(values),
        out: String::with_capacity(sql.len() + 64),
        context: Context::default(),
        item: 0,
        has_item: false,
        is_about_rows,
        has_sets: all.iter().any(|token| SETS.iter().any(|word| token.is(word))),
    };
    writing.write(Until::End)?;
    let Writing { parameters, out, .. } = writing;
    let (sql, params) = parameters.finish(out)?;
    Ok(Translated { sql, params })
}

/// Where a part of the SQL ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    End,
    /// At the parenthesis that closes it.
    Closed,
    /// There, or at a comma.
    Argument,
}

struct Writing<'w, 's> {
    tokens: &'w [Token<'s>],
    at: usize,
    parameters: Parameters<'w>,
    out: String,
    context: Context,
    /// Where the item of a list begins in `out`.
    item: usize,
    /// Whether the items of this list are values, rather than parts of an expression.
    has_item: bool,
    is_about_rows: bool,
    /// Whether equal rows become one: by DISTINCT, UNION and the like.
    has_sets: bool,
}

/// An argument of a call.
struct Argument<'s> {
    sql: String,
    /// The number of the value, if it is a parameter alone.
    value: Option<usize>,
    tokens: Vec<Token<'s>>,
}

/// Functions that return the same whichever of several equal forms of a value they get.
const INDIFFERENT: [&str; 4] = ["count", "typeof", "length", "json_array"];

/// The words that make equal rows one.
const SETS: [&str; 4] = ["DISTINCT", "UNION", "INTERSECT", "EXCEPT"];

/// The collations that D1 has.
const COLLATIONS: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];

impl<'s> Writing<'_, 's> {
    fn token(&self, ahead: usize) -> Option<Token<'s>> {
        self.tokens.get(self.at + ahead).copied()
    }

    /// Writes tokens to the end of a part. The token that ends it is left.
    fn write(&mut self, until: Until) -> Result<()> {
        while let Some(token) = self.token(0) {
            if until != Until::End && token.is_symbol(")")
                || until == Until::Argument && token.is_symbol(",")
            {
                break;
            }
            self.write_token(token)?;
        }
        Ok(())
    }

    fn write_token(&mut self, token: Token<'s>) -> Result<()> {
        self.space_before(token);
        match token.kind {
            TokenKind::Parameter => {
                let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
                let number = self.parameters.number(token.text);
                if let Some(Value::Text(text)) = self.parameters.value(number)
                    && self.parameters.loose(number).is_some()
                    && keyed::is_compared_with_key(self.tokens, self.at)
                {
                    self.parameters.push(Param::Text(decimals::key(text)), &mut self.out);
                    self.at += 1;
                    return Ok(());
                }
                let is_collated = self.token(1).is_some_and(|next| next.is("COLLATE"));
                if is_collated
                    && let Some(values) = self.parameters.loose(number)
                    && !keyed::stands_alone(self.tokens, self.at)
                {
                    return Err(refused::comparison(values));
                }
                // A list of values is inside of a query.
                if (self.context.compares() || self.context.is_compared())
                    && let Some(values) = self.parameters.loose(number)
                {
                    return Err(refused::comparison(values));
                }
                // A whole number alone would be the place of a column.
                let is_term = before.is_some_and(|before| before.is("BY"));
                self.parameters.write(number, token.text, is_term, &mut self.out)?;
                self.at += 1;
            }
            TokenKind::QuotedName if self.is_about_rows && token.text.starts_with('"') => {
                let name = token.name().unwrap_or_default();
                self.out.push('`');
                self.out.push_str(&name.replace('`', "``"));
                self.out.push('`');
                self.at += 1;
            }
            TokenKind::Word => self.word(token)?,
            TokenKind::Symbol if token.text == "(" => self.parentheses()?,
            TokenKind::Symbol if token.text == "," => {
                self.out.push(',');
                self.at += 1;
                self.item = self.out.len();
            }
            _ => {
                self.out.push_str(token.text);
                self.at += 1;
            }
        }
        Ok(())
    }

    fn space_before(&mut self, token: Token<'s>) {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let is_apart = before.is_some_and(|before| before.end() < token.start);
        if is_apart && !self.out.is_empty() && !self.out.ends_with([' ', '(']) {
            self.out.push(' ');
        }
    }

    fn word(&mut self, token: Token<'s>) -> Result<()> {
        let opens = self.token(1).is_some_and(|next| next.is_symbol("("));
        let name = token.text.to_ascii_lowercase();
        if opens && is_mizzles(&name) {
            self.at += 2;
            let arguments = self.arguments()?;
            let call = self.call(&name, &arguments)?;
            self.out.push_str(&call);
            return Ok(());
        }
        if token.is("COLLATE")
            && let Some(collation) = self.token(1)
            && self.is_about_rows
        {
            return self.collation(&collation);
        }
        let next = self.token(1);
        if let Some(clause) = Clause::of(&token, next.as_ref()) {
            self.context.enter(clause);
        }
        self.out.push_str(token.text);
        self.at += 1;
        if matches!(Clause::of(&token, next.as_ref()), Some(Clause::Values)) {
            self.item = self.out.len();
            // The rows of a set are compared.
            self.has_item = !self.has_sets;
        }
        Ok(())
    }

    /// Writes a pair of parentheses and what is between them, which has its own clauses.
    fn parentheses(&mut self) -> Result<()> {
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let is_indifferent =
            before.is_some_and(|before| INDIFFERENT.iter().any(|function| before.is(function)));
        self.out.push('(');
        self.at += 1;
        let outer = (self.context, self.item, self.has_item);
        // Of an EXISTS, only the number of rows counts.
        let is_query = self.token(0).is_some_and(|token| token.is("SELECT") || token.is("WITH"))
            && !before.is_some_and(|before| before.is("EXISTS"));
        self.context = self.context.inside(is_query, is_indifferent);
        self.item = self.out.len();
        self.has_item = is_indifferent;
        self.write(Until::Closed)?;
        (self.context, self.item, self.has_item) = outer;
        if self.token(0).is_some() {
            self.out.push(')');
            self.at += 1;
        }
        Ok(())
    }

    /// Reads the arguments of a call, to the parenthesis that closes it.
    fn arguments(&mut self) -> Result<Vec<Argument<'s>>> {
        let mut arguments = Vec::new();
        let (item, has_item) = (self.item, self.has_item);
        loop {
            let before = std::mem::take(&mut self.out);
            let start = self.at;
            (self.item, self.has_item) = (0, false);
            let written = self.write(Until::Argument);
            let sql = std::mem::replace(&mut self.out, before);
            written?;
            let tokens = self.tokens[start..self.at].to_vec();
            let value = match tokens.as_slice() {
                [only] if only.kind == TokenKind::Parameter => self.parameters.last(),
                _ => None,
            };
            arguments.push(Argument { sql: sql.trim().to_owned(), value, tokens });
            let ends = self.token(0).is_none_or(|token| token.is_symbol(")"));
            self.at += 1;
            if ends {
                break;
            }
        }
        (self.item, self.has_item) = (item, has_item);
        Ok(arguments)
    }

    /// Leaves out a collation of mizzle's where nothing is compared.
    fn collation(&mut self, name: &Token<'s>) -> Result<()> {
        let plain = name.name().unwrap_or_default();
        if COLLATIONS.iter().any(|known| known.eq_ignore_ascii_case(&plain)) {
            self.out.push_str("COLLATE ");
            self.out.push_str(&plain);
            self.at += 2;
            return Ok(());
        }
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        if before.is_some_and(|before| before.kind == TokenKind::Parameter) {
            // Whether it may be compared was found out when it was written.
            self.out.truncate(self.out.trim_end().len());
            self.at += 2;
            return Ok(());
        }
        let next = self.token(2);
        let asks_for_null = next.is_some_and(|next| next.is("IS"))
            && self.token(3).is_some_and(|word| {
                word.is("NULL")
                    || word.is("NOT") && self.token(4).is_some_and(|word| word.is("NULL"))
            });
        let ends = next.is_none_or(|next| {
            next.is_symbol(",")
                || next.is_symbol(")")
                || next.is("FROM")
                || next.is("AS")
                || next.is("WHERE")
        });
        let is_item = ends
            && self.has_item
            && !self.context.compares()
            && !self.context.is_compared()
            && is_column(self.out.get(self.item..).unwrap_or_default());
        if asks_for_null || is_item {
            self.out.truncate(self.out.trim_end().len());
            self.at += 2;
            return Ok(());
        }
        if plain == "decimal" && keyed::has_key(self.tokens, self.at, self.context.sorts()) {
            let start = start_of_column(&self.out);
            let column = self.out.split_off(start);
            self.out.push_str(&decimals::key_of(column.trim_end()));
            self.at += 2;
            return Ok(());
        }
        Err(refused::comparison(context::values_of(&plain)))
    }
}

/// Returns the place of the column at the end of the SQL: names between backticks, with points.
fn start_of_column(sql: &str) -> usize {
    let mut start = sql.trim_end().len();
    loop {
        let before = &sql[..start];
        let Some(inner) = before.strip_suffix('`') else { return start };
        let Some(open) = inner.rfind('`') else { return start };
        start = open;
        match sql[..start].strip_suffix('.') {
            Some(qualifier) => start = qualifier.len(),
            None => return start,
        }
    }
}

/// Whether the SQL is the name of a column.
fn is_column(sql: &str) -> bool {
    let sql = sql.trim();
    !sql.is_empty()
        && tokens(sql, Dialect::D1).iter().all(|token| {
            matches!(token.kind, TokenKind::QuotedName | TokenKind::Word) || token.is_symbol(".")
        })
}

#[cfg(test)]
mod tests;
