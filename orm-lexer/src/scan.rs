//! The length and the kind of the token at the beginning of a text.

use super::{Rules, TokenKind};

/// Returns the length and the kind of the token at the beginning of `rest`, which is not empty.
pub(super) fn token(rest: &[u8], rules: Rules) -> (usize, TokenKind) {
    let postgres = rules == Rules::Postgres;
    let next = rest.get(1).copied();
    let before_digit = next.is_some_and(|byte| byte.is_ascii_digit());
    match rest[0] {
        b'-' if next == Some(b'-') => {
            let ends = |byte: &u8| *byte == b'\n' || postgres && *byte == b'\r';
            (rest.iter().position(ends).unwrap_or(rest.len()), TokenKind::Comment)
        }
        b'/' if next == Some(b'*') => match block_comment(rest, postgres) {
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
        b'x' | b'X' if next == Some(b'\'') => (1 + quoted(&rest[1..], b'\''), TokenKind::Blob),
        b'e' | b'E' if postgres && next == Some(b'\'') => (escaped(rest), TokenKind::Text),
        b'$' if postgres && before_digit => (numbered(rest), TokenKind::Parameter),
        b'$' if postgres => match dollar_quoted(rest) {
            Some(length) => (length, TokenKind::Text),
            None => (1, TokenKind::Symbol),
        },
        b'?' if !postgres => (numbered(rest), TokenKind::Parameter),
        b'$' | b'@' | b'#' | b':' if !postgres => match named(rest) {
            1 => (1, TokenKind::Symbol),
            length => (length, TokenKind::Parameter),
        },
        b'0'..=b'9' => (number(rest, postgres), TokenKind::Number),
        b'.' if before_digit => (number(rest, postgres), TokenKind::Number),
        byte if is_word(byte) => {
            let ends = |byte: &u8| !is_word(*byte) && *byte != b'$';
            (rest.iter().position(ends).unwrap_or(rest.len()), TokenKind::Word)
        }
        _ => (1, TokenKind::Symbol),
    }
}

/// Returns the length of the white space at the beginning of `rest`. It differs from Unicode's white space.
pub(super) fn space(rest: &[u8], rules: Rules) -> usize {
    let is_sqlite = rules == Rules::Sqlite;
    let mut at = 0;
    loop {
        // SQLite treats a vertical tab as white space only after other white space.
        let is_behind_space = at > 0 && (is_space(rest[at - 1]) || rest[at - 1] == VERTICAL_TAB);
        match rest.get(at) {
            Some(byte) if is_space(*byte) => at += 1,
            Some(&VERTICAL_TAB) if is_sqlite && is_behind_space => at += 1,
            Some(_) if is_sqlite && rest[at..].starts_with(BYTE_ORDER_MARK) => {
                at += BYTE_ORDER_MARK.len();
            }
            _ => return at,
        }
    }
}

const VERTICAL_TAB: u8 = 0x0b;

/// SQLite treats it as white space wherever a token could begin.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Returns whether the byte is white space for both databases.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Returns whether the byte is a letter, a digit, an underscore or not ASCII. So a token never ends inside a character.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

/// Returns the length of a number, including invalid endings such as the `a` of `1a`.
fn number(rest: &[u8], postgres: bool) -> usize {
    // On PostgreSQL, a dollar after a number begins something else.
    let digits = |from: usize| {
        let belongs = |byte: &&u8| is_word(**byte) || !postgres && **byte == b'$';
        from + rest[from..].iter().take_while(belongs).count()
    };
    let mut at = digits(0);
    // Two dots are a range.
    if rest.get(at) == Some(&b'.') && rest.get(at + 1) != Some(&b'.') {
        at = digits(at + 1);
    }
    let is_exponent = rest[at - 1].eq_ignore_ascii_case(&b'e') && !rest.starts_with(b"0x");
    if is_exponent && matches!(rest[at..], [b'+' | b'-', b'0'..=b'9', ..]) {
        at = digits(at + 1);
    }
    at
}

/// Returns the length of `$1`, `?1` or `?`.
fn numbered(rest: &[u8]) -> usize {
    1 + rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Returns the length of a text in quotes. An unclosed text extends to the end.
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

/// Returns the length of PostgreSQL's `E'…'`, with its parts on further lines, in which a backslash is an escape too.
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

/// Returns the distance from a string's closing quote to its next part. There are white space with a line break, and
/// comments, between parts.
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

/// Returns the length of a parameter on SQLite: `$a`, `@a`, `#a`, `:a`, with `::` inside and parentheses at its end.
fn named(rest: &[u8]) -> usize {
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

/// Returns the length of a comment; `None` if it is unclosed. PostgreSQL's comments nest.
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

/// Returns the length of `$tag$ … $tag$`; `None` if the dollar is something else, such as a parameter.
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
