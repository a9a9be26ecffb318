//! Makes text from others, such as the names of a database, safe for a terminal and for source files.

use std::borrow::Cow;

/// Escapes control characters and those that change the direction of writing, as in `\u{1b}`. Line breaks and tabs
/// stay.
///
/// A terminal obeys the former. The latter make a line look different from what it is.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_deceptive) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_deceptive(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

/// Returns whether [`printable`] escapes the character.
pub fn is_deceptive(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || character.is_control() && character != '\n' && character != '\t'
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escapes_what_a_terminal_obeys() {
        for (text, shown) in [
            ("users", "users"),
            ("naïve 表\n\tx", "naïve 表\n\tx"),
            ("a\u{1b}[2Jb\rc\u{7}", "a\\u{1b}[2Jb\\u{d}c\\u{7}"),
            ("a\u{9b}31mb\u{7f}", "a\\u{9b}31mb\\u{7f}"),
            ("x\u{202e}y\u{2066}z\u{200f}", "x\\u{202e}y\\u{2066}z\\u{200f}"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }
}
