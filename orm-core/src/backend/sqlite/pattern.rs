//! Patterns of LIKE without regard to case, parsed once and compared with many texts.
//!
//! A piece without `_` takes time for the text alone, however long it is. One with `_` may take time for the text times
//! its own length, and can be stopped.

use libsqlite3_sys as ffi;

use super::deadline::must_stop;

/// The statement was interrupted, or its time is over.
#[derive(Debug, PartialEq, Eq)]
struct Stopped;

/// Asked from time to time whether to stop.
type MustStop<'a> = &'a dyn Fn() -> bool;

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

    /// Sets whether the text matches as the result of a function.
    ///
    /// # Safety
    /// The context must be that of the running function.
    pub(super) unsafe fn answer(&self, context: *mut ffi::sqlite3_context, text: &[u8]) {
        // SAFETY: the context is live during the call.
        unsafe {
            let database = ffi::sqlite3_context_db_handle(context);
            match self.matches(text, &|| must_stop(database)) {
                Ok(matches) => ffi::sqlite3_result_int(context, matches.into()),
                Err(Stopped) => ffi::sqlite3_result_error_code(context, ffi::SQLITE_INTERRUPT),
            }
        }
    }

    /// Returns whether the text matches.
    ///
    /// # Errors
    /// If `must_stop` says so.
    fn matches(&self, text: &[u8], must_stop: MustStop<'_>) -> Result<bool, Stopped> {
        if self.ends_in_escape {
            return Ok(false);
        }
        match &self.ascii {
            Some(parts) if text.is_ascii() => parts.match_all_of(text, must_stop),
            _ => {
                let text: Vec<char> = String::from_utf8_lossy(text).chars().map(fold).collect();
                self.folded.match_all_of(&text, must_stop)
            }
        }
    }
}

/// Returns the lower-case letter. The only one with two letters (İ) becomes the first of them, so that it stays one
/// character for `_`.
fn fold(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

/// The pieces between the `%`, at least one. A piece contains lower-case letters, and none if any character matches.
struct Parts<C>(Vec<Vec<Option<C>>>);

impl<C: Letter> Parts<C> {
    fn match_all_of(&self, text: &[C], must_stop: MustStop<'_>) -> Result<bool, Stopped> {
        let (first, others) = match self.0.as_slice() {
            [] => return Ok(text.is_empty()),
            [only] => return Ok(only.len() == text.len() && begins(text, only)),
            [first, others @ ..] => (first, others),
        };
        if !begins(text, first) {
            return Ok(false);
        }
        let mut rest = &text[first.len()..];
        let Some((last, between)) = others.split_last() else { return Ok(false) };
        // The leftmost place of a piece leaves most of the text to those after it.
        for part in between {
            match find(rest, part, must_stop)? {
                Some(start) => rest = &rest[start + part.len()..],
                None => return Ok(false),
            }
        }
        Ok(rest.len() >= last.len() && begins(&rest[rest.len() - last.len()..], last))
    }
}

fn begins<C: Letter>(text: &[C], part: &[Option<C>]) -> bool {
    text.len() >= part.len() && same(text, part) == part.len()
}

/// Returns how many characters at the beginning of `text` match those of `part`.
fn same<C: Letter>(text: &[C], part: &[Option<C>]) -> usize {
    let same = |(letter, place): (&C, &Option<C>)| place.is_none_or(|small| letter.is(small));
    text.iter().zip(part).take_while(|pair| same(*pair)).count()
}

/// Returns the first place of `part`.
fn find<C: Letter>(
    text: &[C],
    part: &[Option<C>],
    must_stop: MustStop<'_>,
) -> Result<Option<usize>, Stopped> {
    /// Comparisons for each place of the text, beyond which a search that depends on the text alone takes less.
    const WORTH: usize = 8;
    /// Comparisons between two questions whether to stop: a millisecond or so.
    const QUESTION: usize = 1 << 20;
    let (mut start, mut work, mut asked) = (0, 0, 0);
    loop {
        if let Some(Some(small)) = part.first() {
            let found = text.get(start..).and_then(|rest| C::position(*small, rest));
            let Some(skipped) = found else { return Ok(None) };
            start += skipped;
        }
        if text.len() < start + part.len() {
            return Ok(None);
        }
        let matching = same(&text[start..], part);
        if matching == part.len() {
            return Ok(Some(start));
        }
        work += matching;
        start += 1;
        if work > WORTH * (start + part.len()) {
            if let Some(letters) = part.iter().copied().collect::<Option<Vec<C>>>() {
                return Ok(find_letters(&text[start..], &letters).map(|place| start + place));
            }
            if work - asked > QUESTION {
                asked = work;
                if must_stop() {
                    return Err(Stopped);
                }
            }
        }
    }
}

/// Returns the first place of the letters, by the algorithm of Knuth, Morris and Pratt.
fn find_letters<C: Letter>(text: &[C], letters: &[C]) -> Option<usize> {
    // For each number of matching letters, how many still match a place further on.
    let mut shorter = vec![0; letters.len() + 1];
    for end in 1..letters.len() {
        let mut matching = shorter[end];
        while matching > 0 && letters[end] != letters[matching] {
            matching = shorter[matching];
        }
        shorter[end + 1] = matching + usize::from(letters[end] == letters[matching]);
    }
    let mut matching = 0;
    for (place, letter) in text.iter().enumerate() {
        while matching > 0 && !letter.is(letters[matching]) {
            matching = shorter[matching];
        }
        matching += usize::from(letter.is(letters[matching]));
        if matching == letters.len() {
            return Some(place + 1 - matching);
        }
    }
    None
}

trait Letter: Copy + PartialEq {
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
    use super::{Pattern, Stopped};

    #[test]
    fn patterns_match_as_in_sql() {
        let matches = |pattern: &str, text: &str| {
            Pattern::new(pattern.as_bytes()).matches(text.as_bytes(), &|| false).unwrap()
        };
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
    #[test]
    fn long_pieces_are_found_like_short_ones() {
        // All texts and patterns of few letters, so that the longer search begins early and often.
        let letters = |bits: usize, count: usize| -> String {
            (0..count).map(|bit| if (bits >> bit.min(63)) & 1 == 0 { 'a' } else { 'B' }).collect()
        };
        for long in 0..64 {
            let text = letters(0, 200) + &letters(long, 6) + &letters(0, 40) + "é";
            let ascii = letters(0, 200) + &letters(long, 6) + &letters(0, 40);
            for short in 0..64 {
                let piece = letters(0, 30) + &letters(short, 6) + &letters(0, 10);
                let pattern = Pattern::new(format!("%{}%", piece.to_uppercase()).as_bytes());
                for text in [&text, &ascii] {
                    let contains = text.to_lowercase().contains(&piece.to_lowercase());
                    assert_eq!(
                        pattern.matches(text.as_bytes(), &|| false),
                        Ok(contains),
                        "{piece} in {text}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_piece_without_wildcards_is_found_in_one_pass() {
        let text = "a".repeat(2_000_000);
        let pattern = Pattern::new(format!("%{}b%", "a".repeat(200_000)).as_bytes());
        // Takes minutes if each place is compared on its own.
        assert_eq!(pattern.matches(text.as_bytes(), &|| true), Ok(false));
    }

    #[test]
    fn a_piece_with_wildcards_can_be_stopped() {
        let text = "a".repeat(2_000_000);
        let pattern = Pattern::new(format!("%{}_b%", "a".repeat(200_000)).as_bytes());
        assert_eq!(pattern.matches(text.as_bytes(), &|| true), Err(Stopped));
    }
}
