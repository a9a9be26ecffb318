//! Closing quotes.

use std::ops::Range;

use orm_lexer::{Token, TokenKind};

/// Returns what is wrong with a comment, a text, a name in quotes or a blob that isn't closed, and where.
pub(super) fn unclosed(token: &Token<'_>) -> Option<(Range<usize>, &'static str)> {
    let start = token.start;
    match token.kind {
        TokenKind::Unclosed => {
            Some((start..start + 2, "this comment is not closed: end it with `*/`"))
        }
        TokenKind::Text | TokenKind::QuotedName | TokenKind::Blob if !is_closed(token) => {
            Some((start..start + 1, "this quote is not closed"))
        }
        _ => None,
    }
}

/// Returns whether a text, a name in quotes or a blob has its closing quote.
fn is_closed(token: &Token<'_>) -> bool {
    let text = token.text;
    match text.as_bytes() {
        [b'[', ..] => text.ends_with(']'),
        [b'$', ..] => {
            let tag = text[1..].find('$').map_or(text.len(), |at| at + 2);
            text.len() >= 2 * tag && text.ends_with(&text[..tag])
        }
        [b'e' | b'E', b'\'', inner @ ..] => {
            let mut at = 0;
            let mut closed = false;
            while let Some(byte) = inner.get(at) {
                closed = *byte == b'\'' && inner.get(at + 1) != Some(&b'\'');
                at += match byte {
                    b'\\' => 2,
                    b'\'' if !closed => 2,
                    _ => 1,
                };
            }
            closed
        }
        [b'x' | b'X', ..] => ends_quoted(&text[1..]),
        _ => ends_quoted(text),
    }
}

fn ends_quoted(text: &str) -> bool {
    let quote = &text[..1];
    let inner = &text[1..];
    let trailing = inner.len() - inner.trim_end_matches(quote).len();
    trailing % 2 == 1
}
