//! The words of a statement.

use std::iter::Peekable;
use std::str::CharIndices;

/// The words in upper case, without those in comments and in text. A name in quotes stands as `""`, so that it is
/// taken for no keyword.
pub(super) fn words(statement: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut characters = statement.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match (character, next) {
            ('-', Some('-')) => skip_while(&mut characters, |character| character != '\n'),
            ('/', Some('*')) => skip_comment(&mut characters),
            ('\'', _) => skip_quoted(&mut characters, '\''),
            ('"' | '`', _) => {
                skip_quoted(&mut characters, character);
                words.push("\"\"".to_owned());
            }
            ('$', _) => {
                if let Some(end) = end_of_dollar_quote(&statement[start..]) {
                    while characters.next_if(|(at, _)| *at < start + end).is_some() {}
                }
            }
            _ if is_word(character) => {
                skip_while(&mut characters, is_word);
                let end = characters.peek().map_or(statement.len(), |(at, _)| *at);
                words.push(statement[start..end].to_ascii_uppercase());
            }
            _ => {}
        }
    }
    words
}

type Characters<'a> = Peekable<CharIndices<'a>>;

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn skip_while(characters: &mut Characters<'_>, skipped: impl Fn(char) -> bool) {
    while characters.next_if(|(_, character)| skipped(*character)).is_some() {}
}

/// To the end of what was opened by a quote. A doubled one opens it again at once.
fn skip_quoted(characters: &mut Characters<'_>, quote: char) {
    for (_, character) in characters.by_ref() {
        if character == quote {
            return;
        }
    }
}

/// Comments nest, as on PostgreSQL.
fn skip_comment(characters: &mut Characters<'_>) {
    let mut depth = 1;
    characters.next();
    while let Some((_, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        match (character, next) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => continue,
        }
        characters.next();
        if depth == 0 {
            return;
        }
    }
}

/// How long the dollar quote is that `text` begins with, if it does: `$$…$$`, `$tag$…$tag$`.
fn end_of_dollar_quote(text: &str) -> Option<usize> {
    let tag = text[1..].find('$').map(|end| &text[..end + 2])?;
    let named = tag[1..tag.len() - 1].chars().all(is_word);
    let closed = text[tag.len()..].find(tag).map(|at| tag.len() + at + tag.len());
    named.then(|| closed.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_those_outside_of_quotes() {
        for (statement, expected) in [
            ("select a1,b_2 from t", "SELECT A1 B_2 FROM T"),
            ("a -- b\nc", "A C"),
            ("a /* b /* c */ d */ e", "A E"),
            ("a 'b ''c'' d' e", "A E"),
            ("a \"b\" `c` d", "A \"\" \"\" D"),
            ("a $$b$$ c $x$ d $$ $x$ e", "A C E"),
            ("a = $1 and b = $2", "A 1 AND B 2"),
            ("größe 'ü", "GRößE"),
            ("a $x$ b", "A"),
        ] {
            assert_eq!(words(statement).join(" "), expected, "{statement}");
        }
    }
}
