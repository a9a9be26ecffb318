//! The tokens of SQL text, as each database sees them: enough to find the end of a statement and what it is about.

use std::borrow::Cow;

use crate::dialect::Dialect;

/// A piece of SQL text. White space is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'s> {
    /// What it is.
    pub kind: TokenKind,
    /// The piece.
    pub text: &'s str,
    /// Where it begins, in bytes.
    pub start: usize,
}

/// What a [`Token`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A comment.
    Comment,
    /// A comment that is never closed, with all text behind it.
    Unclosed,
    /// A keyword, a number or a name without quotes.
    Word,
    /// A name in quotes.
    QuotedName,
    /// A string.
    Text,
    /// Any other single character, and a parameter with its name.
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

    /// Whether it is white space to a reader, though not to the databases, such as a no-break space.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol)
            && self
                .text
                .chars()
                .all(|character| character.is_whitespace() || character == '\u{feff}')
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
pub struct Lexer<'s> {
    sql: &'s str,
    at: usize,
    dialect: Dialect,
}

impl<'s> Lexer<'s> {
    /// Reads the text as this database does.
    pub fn new(sql: &'s str, dialect: Dialect) -> Self {
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
                let ends = |byte: &u8| *byte == b'\n' || postgres && *byte == b'\r';
                (rest.iter().position(ends).unwrap_or(rest.len()), TokenKind::Comment)
            }
            b'/' if rest.get(1) == Some(&b'*') => match block_comment(rest, postgres) {
                Some(length) => (length, TokenKind::Comment),
                None => (rest.len(), TokenKind::Unclosed),
            },
            b'\'' => (quoted(rest, b'\''), TokenKind::Text),
            b'"' => (quoted(rest, b'"'), TokenKind::QuotedName),
            b'`' if !postgres => (quoted(rest, b'`'), TokenKind::QuotedName),
            b'[' if !postgres => {
                let end = rest.iter().position(|byte| *byte == b']');
                (end.map_or(rest.len(), |end| end + 1), TokenKind::QuotedName)
            }
            b'$' | b'@' | b'#' | b':' if !postgres => (parameter(rest), TokenKind::Symbol),
            b'e' | b'E' if postgres && rest.get(1) == Some(&b'\'') => {
                (escaped(rest), TokenKind::Text)
            }
            b'$' if postgres => match dollar_quoted(rest) {
                Some(length) => (length, TokenKind::Text),
                None => (1, TokenKind::Symbol),
            },
            byte if is_word(byte) => {
                // Behind a number a dollar begins something else on PostgreSQL.
                let dollars = !(postgres && byte.is_ascii_digit());
                let ends = |byte: &u8| !(is_word(*byte) || dollars && *byte == b'$');
                (rest.iter().position(ends).unwrap_or(rest.len()), TokenKind::Word)
            }
            _ => (1, TokenKind::Symbol),
        }
    }

    /// The length of the white space that begins here, which is not what Unicode says.
    fn space(&self) -> usize {
        let rest = self.rest();
        let mut at = 0;
        loop {
            let is_next =
                |byte: &u8| is_space(*byte) || at > 0 && self.is_space_behind(rest[at - 1], *byte);
            if rest.get(at).is_some_and(is_next) {
                at += 1;
            } else if self.dialect == Dialect::Sqlite && rest[at..].starts_with(BYTE_ORDER_MARK) {
                at += BYTE_ORDER_MARK.len();
            } else {
                return at;
            }
        }
    }

    /// SQLite takes a vertical tab for white space behind other white space alone.
    fn is_space_behind(&self, before: u8, byte: u8) -> bool {
        let is_before = is_space(before) || before == VERTICAL_TAB;
        self.dialect == Dialect::Sqlite && byte == VERTICAL_TAB && is_before
    }
}

const VERTICAL_TAB: u8 = 0x0b;

/// SQLite takes it for white space wherever a token could begin.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl<'s> Iterator for Lexer<'s> {
    type Item = Token<'s>;

    fn next(&mut self) -> Option<Token<'s>> {
        self.at += self.space();
        if self.rest().is_empty() {
            return None;
        }
        let (length, kind) = self.next_token();
        let start = self.at;
        self.at += length;
        Some(Token { kind, text: &self.sql[start..self.at], start })
    }
}

/// White space to both databases.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Letters, digits, and all that is not ASCII, so that a token never ends within a character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// The length of a text between quotes. What is never closed goes to the end.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            byte if byte == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of PostgreSQL's `E'…'`, with its parts on further lines: in those a backslash escapes as well.
fn escaped(rest: &[u8]) -> usize {
    let mut at = 2;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'\'' if rest.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => match continued(&rest[at + 1..]) {
                Some(length) => at += 1 + length,
                None => return at + 1,
            },
            _ => at += 1,
        }
    }
    rest.len()
}

/// How far behind a string's closing quote its next part begins. Between parts there are white space with a line break,
/// and comments.
fn continued(rest: &[u8]) -> Option<usize> {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let (mut at, mut breaks) = (0, false);
    loop {
        match rest.get(at)? {
            b'\'' if breaks => return Some(at + 1),
            b'-' if rest.get(at + 1) == Some(&b'-') => {
                at += rest[at..].iter().position(is_break)?;
            }
            byte if is_space(*byte) || *byte == VERTICAL_TAB => {
                breaks |= is_break(byte);
                at += 1;
            }
            _ => return None,
        }
    }
}

/// The length of a parameter on SQLite: `$a`, `@a`, `#a`, `:a`, with `::` inside and parentheses at its end.
fn parameter(rest: &[u8]) -> usize {
    let (mut at, mut is_named) = (1, false);
    while let Some(byte) = rest.get(at) {
        if is_word(*byte) || *byte == b'$' {
            is_named = true;
            at += 1;
        } else if *byte == b'(' && is_named {
            let ends = |byte: &u8| matches!(*byte, b')' | VERTICAL_TAB) || is_space(*byte);
            return match rest[at..].iter().position(ends) {
                Some(length) if rest[at + length] == b')' => at + length + 1,
                Some(length) => at + length,
                None => rest.len(),
            };
        } else if rest[at..].starts_with(b"::") {
            at += 2;
        } else {
            break;
        }
    }
    at
}

/// The length of a comment; `None` if it is never closed. PostgreSQL's comments nest.
fn block_comment(rest: &[u8], nests: bool) -> Option<usize> {
    let (mut at, mut depth) = (2, 1);
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            b"/*" if nests => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    None
}

/// The length of `$tag$ … $tag$`; `None` if the dollar is something else, such as a parameter.
fn dollar_quoted(rest: &[u8]) -> Option<usize> {
    let length = rest[1..].iter().position(|byte| !is_word(*byte))?;
    let name = &rest[1..=length];
    if rest[length + 1] != b'$' || name.first().is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let tag = length + 2;
    let quote = &rest[..tag];
    let close = rest[tag..].windows(tag).position(|window| window == quote);
    Some(close.map_or(rest.len(), |at| tag + at + tag))
}
