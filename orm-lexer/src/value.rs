//! The values of tokens.

use std::borrow::Cow;

use super::{Token, TokenKind};

/// Returns the value of a token: see [`Token::value`].
pub(super) fn of<'s>(token: &Token<'s>) -> Option<Cow<'s, str>> {
    let text = token.text;
    match token.kind {
        TokenKind::QuotedName if text.starts_with('[') => {
            Some(text[1..].strip_suffix(']').unwrap_or(&text[1..]).into())
        }
        TokenKind::QuotedName => Some(undoubled(text)),
        TokenKind::Text => match text.as_bytes()[0] {
            b'\'' => Some(undoubled(text)),
            b'$' => {
                let tag = text[1..].find('$')? + 2;
                Some(text[tag..].strip_suffix(&text[..tag]).unwrap_or(&text[tag..]).into())
            }
            _ => unescaped(text.get(2..)?.strip_suffix('\'')?).map(Cow::Owned),
        },
        TokenKind::Blob => Some(undoubled(&text[1..])),
        _ => Some(text.into()),
    }
}

/// Returns the text between quotes, with doubled quotes as single ones.
fn undoubled(text: &str) -> Cow<'_, str> {
    let quote = text.chars().next().unwrap_or_default();
    let inner = &text[quote.len_utf8()..];
    // An unclosed text has no quote at its end, or the second of two.
    let is_closed = (inner.len() - inner.trim_end_matches(quote).len()) % 2 == 1;
    let inner = if is_closed { &inner[..inner.len() - quote.len_utf8()] } else { inner };
    if !inner.contains(quote) {
        return inner.into();
    }
    inner.replace(&String::from_iter([quote, quote]), &String::from(quote)).into()
}

/// Returns the value of PostgreSQL's `E'…'`. Returns `None` if it continues on another line, or has an escape that the
/// server doesn't use when it shows a schema.
fn unescaped(inner: &str) -> Option<String> {
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                escaped @ ('\\' | '\'') => text.push(escaped),
                _ => return None,
            },
            '\'' => {
                characters.next().filter(|next| *next == '\'')?;
                text.push('\'');
            }
            other => text.push(other),
        }
    }
    Some(text)
}
