//! Reads the tokens of a statement one after another.

use super::{Rules, Token, tokens};

/// What begins a constraint of a table in SQLite's `CREATE TABLE`. All are reserved, so no column has such a name without
/// quotes.
const TABLE_PARTS: [&str; 5] = ["constraint", "primary", "unique", "check", "foreign"];

/// What may follow a column's type in SQLite's `CREATE TABLE`.
const COLUMN_PARTS: [&str; 13] = [
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
    "deferrable",
    "on",
];

/// A position among the tokens of a statement that the database has accepted.
#[derive(Debug)]
pub struct Cursor<'s> {
    /// The statement.
    pub sql: &'s str,
    /// Its tokens, without comments.
    pub tokens: Vec<Token<'s>>,
    /// The index of the next token.
    pub at: usize,
}

impl<'s> Cursor<'s> {
    /// Begins before the first token.
    pub fn new(sql: &'s str, rules: impl Into<Rules>) -> Self {
        Self { sql, tokens: tokens(sql, rules), at: 0 }
    }

    /// Returns the next token.
    pub fn token(&self) -> Option<&Token<'s>> {
        self.tokens.get(self.at)
    }

    /// Returns whether no token is left.
    pub fn is_at_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Returns whether the next token is this keyword.
    pub fn is(&self, keyword: &str) -> bool {
        self.token().is_some_and(|token| token.is(keyword))
    }

    /// Returns whether the token after the next one is this keyword.
    pub fn is_next(&self, keyword: &str) -> bool {
        self.tokens.get(self.at + 1).is_some_and(|token| token.is(keyword))
    }

    /// Moves behind this keyword, if it comes next, and returns whether it does.
    pub fn takes(&mut self, keyword: &str) -> bool {
        let is = self.is(keyword);
        self.at += usize::from(is);
        is
    }

    /// Returns whether the next token is this character.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.token().is_some_and(|token| token.is_symbol(symbol))
    }

    /// Moves behind this character, if it comes next, and returns whether it does.
    pub fn takes_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_symbol(symbol);
        self.at += usize::from(is);
        is
    }

    /// Moves behind a name, if one comes next, and returns it without quotes.
    pub fn takes_name(&mut self) -> Option<String> {
        let name = self.token()?.name()?.into_owned();
        self.at += 1;
        Some(name)
    }

    /// Returns where the next token begins, in bytes.
    pub fn start(&self) -> usize {
        self.token().map_or(self.sql.len(), |token| token.start)
    }

    /// Returns where the last token ends, in bytes.
    pub fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, Token::end)
    }

    /// Skips a token, or everything between parentheses.
    pub fn skip(&mut self) {
        if self.parenthesized().is_none() && !self.is_at_end() {
            self.at += 1;
        }
    }

    /// Moves behind parentheses, if they come next, and returns the text between them.
    pub fn parenthesized(&mut self) -> Option<&'s str> {
        if !self.is_symbol("(") {
            return None;
        }
        let start = self.tokens[self.at].end();
        let mut depth = 0_usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            if depth == 0 {
                return Some(self.sql[start..token.start].trim());
            }
        }
        Some(self.sql[start..].trim())
    }

    /// Returns whether an item of a list in parentheses ends here.
    pub fn is_item_end(&self) -> bool {
        self.is_at_end() || self.is_symbol(",") || self.is_symbol(")")
    }

    /// Returns whether a constraint of a table begins here.
    pub fn is_table_part(&self) -> bool {
        TABLE_PARTS.iter().any(|keyword| self.is(keyword))
    }

    /// Returns whether the type of a column ends here, because a clause begins.
    pub fn is_column_part(&self) -> bool {
        COLUMN_PARTS.iter().any(|keyword| self.is(keyword))
    }

    /// Moves behind `(a, b COLLATE x DESC)` and returns the first word of each item.
    pub fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        if !self.takes_symbol("(") {
            return names;
        }
        while !self.is_at_end() && !self.takes_symbol(")") {
            names.extend(self.takes_name());
            while !self.is_item_end() {
                self.skip();
            }
            self.takes_symbol(",");
        }
        names
    }

    /// Skips the value of a DEFAULT: a literal with its sign, a name, or an expression in parentheses.
    pub fn skip_default(&mut self) {
        if self.is_symbol("-") || self.is_symbol("+") {
            self.at += 1;
        }
        self.skip();
    }
}
