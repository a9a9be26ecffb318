//! SQL text as tokens, each with its place, so that what stands between two of them can be cut out as it
//! was written.
//!
//! Reads what both databases write. It knows no grammar: a parser library would, but gives an expression
//! back in its own words, and a schema must be compared byte by byte.

use std::ops::Range;

/// A piece of SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Where it stands, in bytes.
    pub(crate) at: Range<usize>,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word(String),
    /// A name in double quotes, backticks or brackets, without these.
    Quoted(String),
    /// A text literal, without its quotes.
    Text(String),
    /// A blob literal: its hexadecimal digits.
    Blob(String),
    /// A number as it is written, without a sign.
    Number(String),
    /// Anything else, a byte at a time.
    Symbol(u8),
}

impl Kind {
    /// Whether it is this keyword.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// The tokens of `sql`, without white space and comments. A quote that never ends ends with the text.
pub(crate) fn tokens(sql: &str) -> Vec<Token> {
    let mut lexer = Lexer { sql, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'a> {
    sql: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &[u8] {
        &self.sql.as_bytes()[self.at..]
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_blank();
        let start = self.at;
        let kind = match self.rest() {
            [] => return None,
            [b'\'', ..] => Kind::Text(self.quoted(b'\'', true)),
            [b'x' | b'X', b'\'', ..] => {
                self.at += 1;
                Kind::Blob(self.quoted(b'\'', true))
            }
            [quote @ (b'"' | b'`'), ..] => Kind::Quoted(self.quoted(*quote, true)),
            // SQLite's brackets know no escape. PostgreSQL's stand behind a word.
            [b'[', ..] if !self.is_subscript() => Kind::Quoted(self.quoted(b']', false)),
            [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => Kind::Number(self.number()),
            [byte, ..] if is_word(*byte) => Kind::Word(self.take(is_word)),
            [byte, ..] => {
                let symbol = *byte;
                self.at += 1;
                Kind::Symbol(symbol)
            }
        };
        Some(Token { kind, at: start..self.at })
    }

    /// `ARRAY[…]`, `text[]`: a bracket right behind a word or another bracket.
    fn is_subscript(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.sql.as_bytes().get(at));
        before.is_some_and(|byte| is_word(*byte) || matches!(byte, b']' | b')' | b'"' | b'['))
    }

    fn skip_blank(&mut self) {
        loop {
            match self.rest() {
                [byte, ..] if byte.is_ascii_whitespace() || *byte == 0x0b => self.at += 1,
                [b'-', b'-', ..] => {
                    let end = self.rest().iter().position(|byte| *byte == b'\n');
                    self.at = end.map_or(self.sql.len(), |end| self.at + end + 1);
                }
                [b'/', b'*', ..] => {
                    let end = self.sql[self.at + 2..].find("*/");
                    self.at = end.map_or(self.sql.len(), |end| self.at + 2 + end + 2);
                }
                _ => return,
            }
        }
    }

    /// Reads up to the closing quote; `doubled` says whether two of them stand for one.
    fn quoted(&mut self, close: u8, doubled: bool) -> String {
        let mut text = String::new();
        self.at += 1;
        loop {
            let Some(length) = self.rest().iter().position(|byte| *byte == close) else {
                text.push_str(&self.sql[self.at..]);
                self.at = self.sql.len();
                return text;
            };
            text.push_str(&self.sql[self.at..self.at + length]);
            self.at += length + 1;
            if !doubled || self.rest().first() != Some(&close) {
                return text;
            }
            text.push(char::from(close));
            self.at += 1;
        }
    }

    fn number(&mut self) -> String {
        let start = self.at;
        self.take(|byte| is_word(byte) || byte == b'.');
        let is_exponent = self.sql.as_bytes()[self.at - 1].eq_ignore_ascii_case(&b'e')
            && !self.sql[start..].starts_with("0x");
        if is_exponent && matches!(self.rest(), [b'+' | b'-', b'0'..=b'9', ..]) {
            self.at += 1;
            self.take(is_word);
        }
        self.sql[start..self.at].to_owned()
    }

    fn take(&mut self, belongs: impl Fn(u8) -> bool) -> String {
        let start = self.at;
        let length = self.rest().iter().take_while(|byte| belongs(**byte)).count();
        self.at += length;
        self.sql[start..self.at].to_owned()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

/// `sql` without the parentheses around all of it.
pub(crate) fn without_parentheses(sql: &str) -> &str {
    let mut sql = sql.trim();
    while let Some(inner) = inside_parentheses(sql) {
        sql = inner.trim();
    }
    sql
}

fn inside_parentheses(sql: &str) -> Option<&str> {
    let tokens = tokens(sql);
    let (first, last) = (tokens.first()?, tokens.last()?);
    if first.kind != Kind::Symbol(b'(') || first.at.start != 0 || last.at.end != sql.len() {
        return None;
    }
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Symbol(b'(') => depth += 1,
            Kind::Symbol(b')') => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            let closes_first = place + 1 == tokens.len();
            return closes_first.then(|| &sql[first.at.end..token.at.start]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sql: &str) -> Vec<Kind> {
        tokens(sql).into_iter().map(|token| token.kind).collect()
    }

    fn word(word: &str) -> Kind {
        Kind::Word(word.into())
    }

    #[test]
    fn every_kind_of_token() {
        assert_eq!(
            kinds("a_1 'it''s' \"q\"\"x\" `b` [c d] x'0aFF' 1.5e-3 0x1F .5 <= -- end\n /* c */ ü$"),
            [
                word("a_1"),
                Kind::Text("it's".into()),
                Kind::Quoted("q\"x".into()),
                Kind::Quoted("b".into()),
                Kind::Quoted("c d".into()),
                Kind::Blob("0aFF".into()),
                Kind::Number("1.5e-3".into()),
                Kind::Number("0x1F".into()),
                Kind::Number(".5".into()),
                Kind::Symbol(b'<'),
                Kind::Symbol(b'='),
                word("ü$"),
            ]
        );
    }

    #[test]
    fn a_bracket_behind_a_word_is_a_subscript() {
        assert_eq!(
            kinds("ARRAY['a'::text]::text[]"),
            [
                word("ARRAY"),
                Kind::Symbol(b'['),
                Kind::Text("a".into()),
                Kind::Symbol(b':'),
                Kind::Symbol(b':'),
                word("text"),
                Kind::Symbol(b']'),
                Kind::Symbol(b':'),
                Kind::Symbol(b':'),
                word("text"),
                Kind::Symbol(b'['),
                Kind::Symbol(b']'),
            ]
        );
    }

    #[test]
    fn what_never_ends_ends_with_the_text() {
        assert_eq!(kinds("'a''b"), [Kind::Text("a'b".into())]);
        assert_eq!(kinds("a -- b"), [word("a")]);
        assert_eq!(kinds("a /* b"), [word("a")]);
        assert_eq!(kinds(""), []);
    }

    #[test]
    fn parentheses_around_all_go() {
        for (sql, expected) in [
            ("((a > 0))", "a > 0"),
            ("(a) + (b)", "(a) + (b)"),
            ("( a )", "a"),
            ("(')')", "')'"),
            ("((a) + (b))", "(a) + (b)"),
            ("lower(a)", "lower(a)"),
            ("(a", "(a"),
        ] {
            assert_eq!(without_parentheses(sql), expected);
        }
    }
}
