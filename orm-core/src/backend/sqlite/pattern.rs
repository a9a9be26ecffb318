//! Patterns of LIKE without regard to case, parsed once and compared with many texts.

/// A pattern in which `%` stands for any text, `_` for one character, and `\` takes the next character literally.
pub(super) struct Pattern {
    /// For texts of ASCII, which are compared in place. None if the pattern has other letters.
    ascii: Option<Parts<u8>>,
    folded: Parts<char>,
    /// A `\` at the end matches nothing.
    ends_in_escape: bool,
}

impl Pattern {
    pub(super) fn new(pattern: &[u8]) -> Self {
        let mut parts = vec![Vec::new()];
        let mut ends_in_escape = false;
        let text = String::from_utf8_lossy(pattern);
        let mut characters = text.chars().map(fold);
        while let Some(character) = characters.next() {
            let place = match character {
                '%' => {
                    parts.push(Vec::new());
                    continue;
                }
                '_' => None,
                '\\' => match characters.next() {
                    Some(character) => Some(character),
                    None => {
                        ends_in_escape = true;
                        break;
                    }
                },
                character => Some(character),
            };
            if let Some(part) = parts.last_mut() {
                part.push(place);
            }
        }
        let bytes = |part: &Vec<Option<char>>| -> Vec<Option<u8>> {
            part.iter().map(|place| place.map(|character| character as u8)).collect()
        };
        let ascii = pattern.is_ascii().then(|| Parts(parts.iter().map(bytes).collect()));
        Self { ascii, folded: Parts(parts), ends_in_escape }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        if self.ends_in_escape {
            return false;
        }
        match &self.ascii {
            Some(parts) if text.is_ascii() => parts.match_all_of(text),
            _ => {
                let text: Vec<char> = String::from_utf8_lossy(text).chars().map(fold).collect();
                self.folded.match_all_of(&text)
            }
        }
    }
}

/// Returns the lower-case letter. The only one with two letters (İ) becomes the first of them, so that it stays one
/// character for `_`.
/// character for `_`.
fn fold(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

/// The pieces between the `%`, at least one. A piece contains lower-case letters, and none if any character matches.
struct Parts<C>(Vec<Vec<Option<C>>>);

impl<C: Letter> Parts<C> {
    fn match_all_of(&self, text: &[C]) -> bool {
        let (first, others) = match self.0.as_slice() {
            [] => return text.is_empty(),
            [only] => return only.len() == text.len() && begins(text, only),
            [first, others @ ..] => (first, others),
        };
        if !begins(text, first) {
            return false;
        }
        let mut rest = &text[first.len()..];
        let Some((last, between)) = others.split_last() else { return false };
        // The leftmost place of a piece leaves most of the text to those after it.
        for part in between {
            match find(rest, part) {
                Some(start) => rest = &rest[start + part.len()..],
                None => return false,
            }
        }
        rest.len() >= last.len() && begins(&rest[rest.len() - last.len()..], last)
    }
}

fn begins<C: Letter>(text: &[C], part: &[Option<C>]) -> bool {
    let same = |(letter, place): (&C, &Option<C>)| place.is_none_or(|small| letter.is(small));
    text.len() >= part.len() && text.iter().zip(part).all(same)
}

fn find<C: Letter>(text: &[C], part: &[Option<C>]) -> Option<usize> {
    let mut start = 0;
    loop {
        if let Some(Some(small)) = part.first() {
            start += C::position(*small, text.get(start..)?)?;
        }
        if text.len() < start + part.len() {
            return None;
        }
        if begins(&text[start..], part) {
            return Some(start);
        }
        start += 1;
    }
}

trait Letter: Copy {
    /// Whether it is this lower-case letter, or its capital.
    fn is(self, small: Self) -> bool;

    /// Returns the first place of this lower-case letter, or of its capital.
    fn position(small: Self, text: &[Self]) -> Option<usize>;
}

impl Letter for u8 {
    fn is(self, small: Self) -> bool {
        self.to_ascii_lowercase() == small
    }

    fn position(small: Self, text: &[Self]) -> Option<usize> {
        memchr::memchr2(small, small.to_ascii_uppercase(), text)
    }
}

/// Texts with other letters are folded before they are compared.
impl Letter for char {
    fn is(self, small: Self) -> bool {
        self == small
    }

    fn position(small: Self, text: &[Self]) -> Option<usize> {
        text.iter().position(|character| *character == small)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn patterns_match_as_in_sql() {
        let matches =
            |pattern: &str, text: &str| Pattern::new(pattern.as_bytes()).matches(text.as_bytes());
        for (pattern, text) in [
            ("", ""),
            ("%", ""),
            ("%", "abc"),
            ("%%", "abc"),
            ("a%", "Abc"),
            ("%C", "abc"),
            ("%b%", "aBc"),
            ("a_c", "abc"),
            ("_%_", "ab"),
            ("%_b%", "bb"),
            ("%ab%ab", "abxabyab"),
            ("%ab%ba%", "xabba"),
            ("%aab%", "aaab"),
            ("\\%", "%"),
            ("a\\_c", "a_c"),
            ("\\\\", "\\"),
            ("\\A", "a"),
            ("%é", "café"),
            ("%É%", "café"),
            ("K", "\u{212a}"),
            ("\u{212a}", "k"),
            ("_", "İ"),
            ("_%", "éa"),
        ] {
            assert!(matches(pattern, text), "{pattern} should match {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("a_", "a"),
            ("a\\_c", "abc"),
            ("%b", "abc"),
            ("ab%b", "ab"),
            ("%ab%ba%", "xaba"),
            ("\\", "a"),
            ("\\", "\\"),
            ("%\\", "a"),
            ("__", "é"),
        ] {
            assert!(!matches(pattern, text), "{pattern} should not match {text}");
        }
    }
}
