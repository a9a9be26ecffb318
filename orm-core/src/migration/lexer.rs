//! The tokens of SQL text: as much of them as it takes to see where a statement ends and what it is about.

use std::borrow::Cow;

use crate::dialect::Dialect;

/// A piece of SQL text. White space is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'s> {
    pub(super) kind: TokenKind,
    pub(super) text: &'s str,
    /// Where it begins, in bytes.
    pub(super) start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Comment,
    /// A keyword, a number or a name without quotes.
    Word,
    /// A name in quotes.
    QuotedName,
    /// A string.
    Text,
    /// Any other single character.
    Symbol,
}

impl<'s> Token<'s> {
    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is this keyword.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// The name that it is, without quotes.
    pub(super) fn name(&self) -> Option<Cow<'s, str>> {
        match self.kind {
            TokenKind::Word => Some(Cow::Borrowed(self.text)),
            TokenKind::QuotedName => {
                let quote = self.text.chars().next_back()?;
                let inner = self.text.get(1..self.text.len() - 1)?;
                let doubled = format!("{quote}{quote}");
                Some(inner.replace(&doubled, &quote.to_string()).into())
            }
            // SQLite takes a string where only a name can stand.
            TokenKind::Text => {
                let inner = self.text.strip_prefix('\'')?.strip_suffix('\'')?;
                Some(inner.replace("''", "'").into())
            }
            _ => None,
        }
    }
}

/// The tokens of a text.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'s> {
    sql: &'s str,
    at: usize,
    dialect: Dialect,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(sql: &'s str, dialect: Dialect) -> Self {
        Self { sql, at: 0, dialect }
    }

    fn rest(&self) -> &'s [u8] {
        &self.sql.as_bytes()[self.at..]
    }

    /// The length of what begins here, and what it is.
    fn next_token(&self) -> (usize, TokenKind) {
        let rest = self.rest();
        let postgres = self.dialect == Dialect::Postgres;
        match rest[0] {
            b'-' if rest.get(1) == Some(&b'-') => {
                let line = rest.iter().position(|byte| *byte == b'\n');
                (line.unwrap_or(rest.len()), TokenKind::Comment)
            }
            b'/' if rest.get(1) == Some(&b'*') => {
                (block_comment(rest, postgres), TokenKind::Comment)
            }
            b'\'' => (quoted(rest, 0, b'\'', false), TokenKind::Text),
            b'"' => (quoted(rest, 0, b'"', false), TokenKind::QuotedName),
            b'`' if !postgres => (quoted(rest, 0, b'`', false), TokenKind::QuotedName),
            b'[' if !postgres => {
                let end = rest.iter().position(|byte| *byte == b']');
                (end.map_or(rest.len(), |end| end + 1), TokenKind::QuotedName)
            }
            b'e' | b'E' if postgres && rest.get(1) == Some(&b'\'') => {
                (quoted(rest, 1, b'\'', true), TokenKind::Text)
            }
            b'$' if postgres => match dollar_quoted(rest) {
                Some(length) => (length, TokenKind::Text),
                None => (1, TokenKind::Symbol),
            },
            byte if is_word(byte) => {
                let end = rest.iter().position(|byte| !is_word(*byte) && *byte != b'$');
                (end.unwrap_or(rest.len()), TokenKind::Word)
            }
            _ => (1, TokenKind::Symbol),
        }
    }
}

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        let space = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += space;
        if self.rest().is_empty() {
            return None;
        }
        let (length, kind) = self.next_token();
        let start = self.at;
        self.at += length;
        Some(Token { kind, text: &self.sql[start..self.at], start })
    }
}

/// Letters, digits, and all that is not ASCII, so that a token never ends within a character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The length of a quoted text, whose opening quote is at `open`. What is never closed goes to the end.
fn quoted(rest: &[u8], open: usize, quote: u8, backslashes: bool) -> usize {
    let mut at = open + 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' if backslashes => at += 2,
            byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// PostgreSQL's comments nest.
fn block_comment(rest: &[u8], nests: bool) -> usize {
    let (mut at, mut depth) = (2, 1);
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            b"/*" if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of `$tag$ … $tag$`; `None` where the dollar is something else, such as a parameter.
fn dollar_quoted(rest: &[u8]) -> Option<usize> {
    let tag = rest[1..].iter().position(|byte| *byte == b'$')? + 2;
    let name = &rest[1..tag - 1];
    if name.first().is_some_and(u8::is_ascii_digit) || !name.iter().all(|byte| is_word(*byte)) {
        return None;
    }
    let quote = &rest[..tag];
    let close = rest[tag..].windows(tag).position(|window| window == quote);
    Some(close.map_or(rest.len(), |at| tag + at + tag))
}
