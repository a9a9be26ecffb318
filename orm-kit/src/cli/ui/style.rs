//! Colours, but no other terminal control sequences.
//!
//! The output contains names from databases, files and SQL. So a colour is a mark that none of those can contain, a
//! NUL and a letter. When a text is printed, all terminal control characters are escaped, and marks become colours.

use std::fmt::{self, Display, Write as _};

use orm_core::is_deceptive;

const MARK: char = '\0';
const END: char = 'e';

/// A text that is coloured if colours are shown.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Styled<D> {
    text: D,
    style: char,
}

impl<D: Display> Display for Styled<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char(MARK)?;
        f.write_char(self.style)?;
        self.text.fmt(f)?;
        f.write_char(MARK)?;
        f.write_char(END)
    }
}

/// Styles what was created or is fine.
pub(in super::super) fn good<D>(text: D) -> Styled<D> {
    Styled { text, style: 'g' }
}

/// Styles what needs a look.
pub(in super::super) fn notable<D>(text: D) -> Styled<D> {
    Styled { text, style: 'y' }
}

/// Styles an error.
pub(in super::super) fn bad<D>(text: D) -> Styled<D> {
    Styled { text, style: 'r' }
}

/// Styles what a reader looks for.
pub(in super::super) fn strong<D>(text: D) -> Styled<D> {
    Styled { text, style: 'b' }
}

/// Styles what a reader may skip.
pub(in super::super) fn faint<D>(text: D) -> Styled<D> {
    Styled { text, style: 'd' }
}

fn code(style: char) -> Option<&'static str> {
    Some(match style {
        'g' => "\u{1b}[32m",
        'y' => "\u{1b}[33m",
        'r' => "\u{1b}[31m",
        'b' => "\u{1b}[1m",
        'd' => "\u{1b}[2m",
        END => "\u{1b}[0m",
        _ => return None,
    })
}

/// Returns the text as it is printed.
pub(super) fn rendered(text: &str, colors: bool) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let mark = if character == MARK { characters.peek().and_then(|c| code(*c)) } else { None };
        match mark {
            Some(code) => {
                characters.next();
                shown.push_str(if colors { code } else { "" });
            }
            None if is_deceptive(character) => shown.extend(character.escape_unicode()),
            None => shown.push(character),
        }
    }
    shown
}

/// Returns a JSON document with such characters as JSON escapes.
pub(super) fn json(document: &serde_json::Value) -> String {
    let mut shown = String::new();
    for character in format!("{document:#}\n").chars() {
        if is_deceptive(character) {
            // They all have at most 16 bits. Writing to a string can't fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_colours_and_no_other_escape() {
        let text = format!("{} {}", good("Wrote\u{1b}[2J"), strong("x\u{202e}y"));
        assert_eq!(rendered(&text, false), "Wrote\\u{1b}[2J x\\u{202e}y");
        assert_eq!(
            rendered(&text, true),
            "\u{1b}[32mWrote\\u{1b}[2J\u{1b}[0m \u{1b}[1mx\\u{202e}y\u{1b}[0m"
        );
        assert_eq!(rendered("a\0?\0", false), "a\\u{0}?\\u{0}");
    }

    #[test]
    fn json_stays_the_same_document() {
        let document = serde_json::json!({ "a\u{202e}": ["\u{1b}[31m", "\u{9b}", "é\n"] });
        let text = json(&document);
        assert!(!text.contains(|c: char| c != '\n' && is_deceptive(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), document);
    }
}
