//! The tokens of SQL text, as each database reads them.
//!
//! All code that reads SQL uses this lexer: for migrations, for the expressions of a schema, for the SQL that is run,
//! and for SQL in a program's source. It knows no grammar. A parser would, but it writes an expression in its own words,
//! and a schema must be compared byte by byte.

mod cursor;
mod expression;
mod scan;
mod value;

use std::borrow::Cow;
use std::iter::Peekable;
use std::ops::Range;

pub use self::cursor::Cursor;
pub use self::expression::is_expression;

/// The database whose rules divide a text into tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// SQLite: names in `"…"`, `` `…` `` and `[…]`; parameters `?`, `?1`, `:a`, `@a`, `$a`.
    Sqlite,
    /// PostgreSQL: texts in `'…'`, `E'…'` and `$$…$$`; nested comments; parameters `$1`.
    Postgres,
}

/// A piece of SQL text. White space is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'s> {
    /// The token's kind.
    pub kind: TokenKind,
    /// The token's text.
    pub text: &'s str,
    /// The position of its first byte.
    pub start: usize,
}

/// The kind of a [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A comment.
    Comment,
    /// An unclosed comment, with all text after it.
    Unclosed,
    /// A keyword or a name without quotes.
    Word,
    /// A number, without a sign.
    Number,
    /// A name in quotes.
    QuotedName,
    /// A string.
    Text,
    /// `x'00'`: bytes on SQLite, bits on PostgreSQL.
    Blob,
    /// A parameter: `$1`, `?`, `:name`.
    Parameter,
    /// Any other single character.
    Symbol,
}

impl<'s> Token<'s> {
    /// Returns the position after its last byte.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Returns its range of bytes.
    pub fn at(&self) -> Range<usize> {
        self.start..self.end()
    }

    /// Returns its kind and its text, for matching.
    pub fn parts(&self) -> (TokenKind, &'s str) {
        (self.kind, self.text)
    }

    /// Returns whether it is this keyword.
    pub fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Returns whether it is this character.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// Returns whether it looks like white space to a reader, but isn't for the databases, such as a no-break space.
    pub fn is_blank(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol)
            && self
                .text
                .chars()
                .all(|character| character.is_whitespace() || character == '\u{feff}')
    }

    /// Returns the name without quotes, if the token is a name.
    pub fn name(&self) -> Option<Cow<'s, str>> {
        match self.kind {
            TokenKind::Word | TokenKind::QuotedName => self.value(),
            // SQLite accepts a string where only a name is possible.
            TokenKind::Text if self.text.starts_with('\'') => self.value(),
            _ => None,
        }
    }

    /// Returns what it stands for: a name or a text without its quotes, the digits of a blob, anything else as written.
    /// Returns `None` for a text with an escape that only the server can read.
    pub fn value(&self) -> Option<Cow<'s, str>> {
        value::of(self)
    }
}

/// Returns the tokens of `sql`, without comments.
pub fn tokens(sql: &str, rules: impl Into<Rules>) -> Vec<Token<'_>> {
    let is_comment =
        |token: &Token<'_>| matches!(token.kind, TokenKind::Comment | TokenKind::Unclosed);
    Lexer::new(sql, rules).filter(|token| !is_comment(token)).collect()
}

/// Returns whether SQL text contains a word, whichever its case, perhaps as a part of another.
pub fn mentions(sql: &str, word: &str) -> bool {
    sql.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Reads a name that may have a schema before it. Returns the name only.
pub fn qualified_name<'s>(
    tokens: &mut Peekable<impl Iterator<Item = Token<'s>>>,
) -> Option<Cow<'s, str>> {
    let mut name = tokens.next()?.name()?;
    while tokens.next_if(|token| token.is_symbol(".")).is_some() {
        name = tokens.next()?.name()?;
    }
    Some(name)
}

/// Returns `sql` without the parentheses around all of it.
pub fn without_parentheses(sql: &str, rules: impl Into<Rules>) -> &str {
    let mut sql = sql.trim();
    let rules = rules.into();
    while let Some(inner) = inside_parentheses(sql, rules) {
        sql = inner.trim();
    }
    sql
}

/// Returns the text between the parentheses, if one pair encloses all of `sql`.
pub fn inside_parentheses(sql: &str, rules: impl Into<Rules>) -> Option<&str> {
    if !(sql.starts_with('(') && sql.ends_with(')')) {
        return None;
    }
    let mut depth = 0_usize;
    for token in Lexer::new(sql, rules) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
            if depth == 0 {
                return (token.end() == sql.len()).then(|| &sql[1..token.start]);
            }
        }
    }
    None
}

/// The tokens of a text.
#[derive(Debug, Clone)]
pub struct Lexer<'s> {
    sql: &'s str,
    at: usize,
    rules: Rules,
}

impl<'s> Lexer<'s> {
    /// Reads the text by the rules of this database.
    pub fn new(sql: &'s str, rules: impl Into<Rules>) -> Self {
        Self { sql, at: 0, rules: rules.into() }
    }

    fn rest(&self) -> &'s [u8] {
        &self.sql.as_bytes()[self.at..]
    }
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        self.at += scan::space(self.rest(), self.rules);
        if self.rest().is_empty() {
            return None;
        }
        let (length, kind) = scan::token(self.rest(), self.rules);
        let start = self.at;
        self.at += length;
        Some(Token { kind, text: &self.sql[start..self.at], start })
    }
}

#[cfg(test)]
mod tests;
