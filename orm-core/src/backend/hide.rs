//! Keeps the bound values of a statement out of the messages of errors.
//!
//! Nothing here runs for a statement that succeeds.

use super::values::{self, plain};
use super::{Bind, Source};
use crate::dialect::Dialect;
use crate::error::{Error, Words};

/// Implements `Debug` without the fields, which hold values of the program: `hide_from_debug!([T, P] Ilike[T, P])`.
macro_rules! hide_from_debug {
    ([$($generics:tt)*] $name:ident [$($arguments:tt)*]) => {
        impl<$($generics)*> ::std::fmt::Debug for $name<$($arguments)*> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use hide_from_debug;

/// Replaces a value.
const HIDDEN: &str = "…";
/// The shortest value that is removed from a message if it appears as a word. A shorter one may be another word of the
/// sentence, so it is removed only inside delimiters.
const SHORTEST: usize = 4;
/// The shortest part of a word that counts as part of a value.
const SHORTEST_PART: usize = 6;
/// The longest value that is searched for parts that may appear in a message.
const LONGEST: usize = 1 << 16;

/// Returns whether a message of this kind can contain a value at all.
pub(super) fn is_needed(error: &Error) -> bool {
    error.words() != Words::Plain
}

/// Removes the values of `source` from the message of `error`.
pub(super) fn hide(error: &mut Error, source: &dyn Source, dialect: Dialect) {
    let values = values::of(source, dialect);
    match error.words() {
        Words::Plain => {}
        Words::Database { instead } => {
            let said = error.words_of_database();
            if values.iter().any(|value| shares_a_word(&said, value)) {
                error.replace_words(instead);
            }
        }
        Words::Program => error.change_words(|words| without(words, &values)),
    }
}

/// Removes whatever may be a value from the message of `error`.
pub(super) fn hide_all(error: &mut Error) {
    match error.words() {
        Words::Plain => {}
        Words::Database { instead } => error.replace_words(instead),
        Words::Program => error.change_words(|_| HIDDEN.into()),
    }
}

/// Returns whether `word` appears in `text`, but not as part of a longer word.
#[cfg(feature = "postgres")]
pub(super) fn stands_alone(text: &str, word: &str) -> bool {
    next_place(text, word, 0).is_some()
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Returns the next place of `word` in `text`, but not as part of a longer word. The case of letters counts.
fn next_place(text: &str, word: &str, from: usize) -> Option<usize> {
    let mut from = from;
    loop {
        let at = from + text.get(from..)?.find(word)?;
        let end = at + word.len();
        let joins = |inner: Option<char>, outer: Option<char>| {
            // Kana and Han characters next to it separate like spaces: these languages write no spaces.
            let ends_word = |c: char| is_of_word(c) && c.is_ascii() || c.is_lowercase();
            inner.is_some_and(is_of_word) && outer.is_some_and(ends_word)
        };
        let before = joins(word.chars().next(), text[..at].chars().next_back());
        let after = joins(word.chars().next_back(), text[end..].chars().next());
        if !before && !after {
            return Some(at);
        }
        from = at + text[at..].chars().next()?.len_utf8();
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character| !is_of_word(character)).filter(|word| !word.is_empty())
}

/// Returns whether a word of the value, or a good part of one, appears in the database's message (in lower case). The
/// database converts names to lower case, and splits and truncates them.
fn shares_a_word(said: &str, value: &Bind<'_>) -> bool {
    let shares = |value: &str| {
        // Too long to compare: better lose a word of the database than show one of the value.
        if value.len() > LONGEST {
            return true;
        }
        let value = value.to_ascii_lowercase();
        words_of(said).any(|word| {
            word.len() >= SHORTEST_PART && value.contains(word)
                || words_of(&value)
                    .any(|part| part == word || part.len() >= SHORTEST_PART && word.contains(part))
        })
    };
    let mut found = false;
    each_text(value, &mut |text| found = found || shares(text));
    found
}

/// The texts of a value, as a database may show it.
fn each_text(value: &Bind<'_>, each: &mut dyn FnMut(&str)) {
    match value {
        // Too short to reveal anything, and part of many sentences.
        Bind::Null | Bind::Bool(_) => {}
        Bind::Text(text) => each(text),
        Bind::Bytes(bytes) => {
            if let Ok(text) = std::str::from_utf8(bytes) {
                each(text);
            }
            let hex: String =
                bytes.iter().take(LONGEST).map(|byte| format!("{byte:02x}")).collect();
            each(&hex);
            each(&format!("\\x{hex}"));
        }
        Bind::Json(text) => {
            each(text);
            if let Ok(value) = serde_json::from_str(text) {
                each_json_text(&value, each);
            }
        }
        Bind::Array(values) => values.iter().for_each(|value| each_text(value, each)),
        Bind::F32(_) | Bind::F64(_) => {
            if let Some(text) = plain(value) {
                each(&text);
                if let Ok(number) = text.parse::<f64>() {
                    // As C writes it, with a sign.
                    let scientific = format!("{number:e}");
                    each(&match scientific.split_once('e') {
                        Some((digits, power)) if !power.starts_with('-') => {
                            format!("{digits}e+{power}")
                        }
                        _ => scientific,
                    });
                }
            }
        }
        Bind::Time(_) | Bind::Timestamp(_) | Bind::Timestamptz(_) => {
            if let Some(text) = plain(value) {
                each(&text);
                if let Some((seconds, fraction)) = text.rsplit_once('.') {
                    let fraction = fraction.trim_end_matches('0');
                    each(&format!("{seconds}.{fraction}"));
                    each(seconds);
                }
            }
        }
        Bind::I16(_)
        | Bind::I32(_)
        | Bind::I64(_)
        | Bind::Date(_)
        | Bind::Moment(..)
        | Bind::Uuid(_)
        | Bind::Decimal(_) => {
            if let Some(text) = plain(value) {
                each(&text);
            }
        }
    }
}

fn each_json_text(value: &serde_json::Value, each: &mut dyn FnMut(&str)) {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::Number(number) => each(&number.to_string()),
        Value::String(text) => each(text),
        Value::Array(values) => values.iter().for_each(|value| each_json_text(value, each)),
        Value::Object(entries) => {
            for (key, value) in entries {
                each(key);
                each_json_text(value, each);
            }
        }
    }
}

/// Returns the text with `…` in place of each of the values.
fn without(words: &str, values: &[Bind<'_>]) -> String {
    let lower = words.to_ascii_lowercase();
    let mut places = Vec::new();
    let mut hide = |secret: &str| {
        // A value longer than the message isn't part of it.
        if !secret.is_empty() && secret.len() <= words.len() {
            find_all(words, &lower, &secret.to_ascii_lowercase(), &mut places);
        }
    };
    let mut each = |text: &str| {
        hide(text);
        if text.len() > words.len() || !text.contains(['"', '\\', '\'', '\n', '\t']) {
            return;
        }
        // The delimiters of rows, arrays, documents and SQL.
        hide(&text.replace('\\', "\\\\").replace('"', "\"\""));
        hide(&text.replace('\\', "\\\\").replace('"', "\\\""));
        hide(&text.replace('\'', "''"));
        let document = serde_json::Value::from(text).to_string();
        hide(&document[1..document.len() - 1]);
    };
    values.iter().for_each(|value| each_text(value, &mut each));
    places.sort_unstable();
    let mut hidden = String::with_capacity(words.len());
    let mut shown = 0;
    for (start, end) in places {
        if start >= shown {
            hidden.push_str(&words[shown..start]);
            hidden.push_str(HIDDEN);
        }
        shown = shown.max(end);
    }
    hidden.push_str(&words[shown..]);
    hidden
}

/// Finds the places of `secret` in `words`; `lower` is the same in lower case, byte for byte.
fn find_all(words: &str, lower: &str, secret: &str, places: &mut Vec<(usize, usize)>) {
    let mut from = 0;
    while let Some(at) = next_place(lower, secret, from) {
        let end = at + secret.len();
        let is_enclosed = || {
            let opens = words[..at].chars().next_back().is_some_and(is_quote);
            opens && words[end..].chars().next().is_some_and(is_quote)
        };
        if secret.len() >= SHORTEST || is_enclosed() {
            places.push((at, end));
        }
        from = end;
    }
}

/// The quotes around a value, in many languages.
fn is_quote(character: char) -> bool {
    "\"'`()[]{}<>=«»‹›„“”‚‘’「」『』\u{a0}\u{202f}".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Bind<'_> {
        Bind::Text(value.into())
    }

    #[test]
    fn takes_values_out_of_what_a_program_says() {
        for (words, value, expected) in [
            ("a cat, not an animal", text("a"), "a cat, not an animal"),
            ("no \"a\" here", text("a"), "no \"…\" here"),
            ("kein »a« hier", text("a"), "kein »…« hier"),
            ("there is no id of 1 (1)", Bind::I64(1), "there is no id of 1 (…)"),
            ("balance 12345 is low", Bind::I64(12345), "balance … is low"),
            ("balance 123456 is low", Bind::I64(12345), "balance 123456 is low"),
            ("usernames of user", text("user"), "usernames of …"),
            ("name ADA@X.ORG is taken", text("Ada@x.org"), "name … is taken"),
            ("row (7,\"say \"\"hi\"\"\")", text("say \"hi\""), "row (7,\"…\")"),
            ("bytes \\x736563726574", Bind::Bytes(b"secret".as_slice().into()), "bytes …"),
            ("s3cret…s3cret", text("s3cret"), "………"),
            ("名前s3cretが不正です", text("s3cret"), "名前…が不正です"),
        ] {
            assert_eq!(without(words, &[value]), expected);
        }
        let both = [text("Ada Lovelace"), text("Love"), text("Ada L")];
        assert_eq!(without("no Ada Lovelace, no Love", &both), "no …, no …");
    }

    #[test]
    fn knows_a_part_of_a_value() {
        for (said, value, shares) in [
            ("relation »salary« existiert nicht", text("Salary"), true),
            ("schema \"secret\" does not exist", text("secret.table"), true),
            ("relation \"a\" does not exist", text("a"), true),
            ("malformed json", text("s3cret"), false),
            ("no such thing as 12", Bind::I32(12), true),
            ("no such thing as 123", Bind::I32(12), false),
            ("json path error near '[secretpart'", text("$.a[secretpart.b"), true),
        ] {
            assert_eq!(shares_a_word(said, &value), shares, "{said}");
        }
    }
}
