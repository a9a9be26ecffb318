//! A Rust file as words and signs, without comments and texts.

/// A word or a sign: `::` is one sign, every other character is one by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    /// Counted from 1.
    pub(super) line: usize,
}

pub(super) fn words(text: &str) -> Vec<Word<'_>> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < bytes.len() {
        let end = end_of(text, at);
        let part = &text[at..end];
        let first = bytes[at];
        let is_said = !first.is_ascii_whitespace()
            && !matches!(first, b'"' | b'\'')
            && !part.starts_with("//")
            && !part.starts_with("/*")
            && !part.ends_with(['"', '#']);
        if is_said || part == "#" {
            words.push(Word { text: part, line });
        }
        line += part.matches('\n').count();
        at = end;
    }
    words
}

/// Returns the words of a module without those of its tests, which may use anything.
pub(super) fn without_tests<'t>(module: &[String], mut words: Vec<Word<'t>>) -> Vec<Word<'t>> {
    let is_tests =
        |at: &[Word<'_>]| at[0].text == "mod" && at[1].text == "tests" && at[2].text == "{";
    if module.last().is_some_and(|module| module == "tests") {
        words.clear();
    } else if let Some(tests) = words.windows(3).position(is_tests) {
        // Tests are at the end of a file.
        words.truncate(tests);
    }
    words
}

/// Returns the end of the token that begins at `at`.
fn end_of(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let found = |end: Option<usize>| end.map_or(text.len(), |end| at + end);
    let first = rest.chars().next().unwrap_or_default();
    if rest.starts_with("//") {
        found(rest.find('\n'))
    } else if rest.starts_with("/*") {
        found(end_of_comment(rest))
    } else if let Some(hashes) = raw_text(rest) {
        let end = format!("\"{}", "#".repeat(hashes));
        let begin = rest.find('"').unwrap_or_default() + 1;
        found(rest[begin..].find(&end).map(|place| begin + place + end.len()))
    } else if first == '"' || rest.starts_with("b\"") || rest.starts_with("c\"") {
        found(end_of_text(rest, '"'))
    } else if first == '\'' {
        match end_of_text(rest, '\'') {
            // A character: `'a'`, `'\u{1b}'`. Everything else is a lifetime.
            Some(end) if rest[1..].starts_with('\\') || rest[..end].chars().count() == 3 => {
                at + end
            }
            _ => at + 1,
        }
    } else if first.is_alphanumeric() || first == '_' {
        found(rest.find(|next: char| !next.is_alphanumeric() && next != '_'))
    } else if rest.starts_with("::") {
        at + 2
    } else {
        at + first.len_utf8()
    }
}

/// Returns the number of `#` of a text such as `r#"…"#`.
fn raw_text(rest: &str) -> Option<usize> {
    let raw = rest.trim_start_matches(['b', 'c']).strip_prefix('r')?;
    if rest.len() - raw.len() > 2 {
        return None;
    }
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    raw[hashes..].starts_with('"').then_some(hashes)
}

fn end_of_comment(rest: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let step = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

fn end_of_text(rest: &str, quote: char) -> Option<usize> {
    let begin = rest.find(quote)? + 1;
    let mut escaped = false;
    for (place, next) in rest[begin..].char_indices() {
        if escaped {
            escaped = false;
        } else if next == '\\' {
            escaped = true;
        } else if next == quote {
            return Some(begin + place + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn neither_comments_nor_texts_are_words() {
        let text = "// crate::a\n/* x /* y */ crate::b */ 'c: 'd' '\\'' \"crate::e \\\" \" r#\"crate::f\"#\n\
                    r\"\\\" b\"g\" crate::h #[i]";
        let found: Vec<(&str, usize)> =
            words(text).into_iter().map(|word| (word.text, word.line)).collect();
        let last = ["crate", "::", "h", "#", "[", "i", "]"].map(|word| (word, 3));
        assert_eq!(found[..2], [("c", 2), (":", 2)]);
        assert_eq!(found[2..], last);
    }
}
