//! Random literals. What is in quotes and comments stays as it is, and what is in braces is a value or an error: never SQL.
//!
//! `MIZZLE_TEST_CASES=100000` reads that many literals of each kind.

use orm_lexer::Rules;
use proc_macro2::Span;
use quote::quote;
use syn::LitStr;

use super::{Piece, Sql, Words};
use crate::errors::Checked;

#[path = "../../../../tests/support/src/random.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod random;

use random::Random;

fn cases() -> u64 {
    std::env::var("MIZZLE_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(3000)
}

fn read(text: &str) -> Checked<Sql> {
    let literal = LitStr::new(text, Span::call_site());
    Sql::build(syn::parse2(quote!(#literal)).expect("a literal"))
}

/// Returns the SQL with `‹n›` for the argument with the number `n`.
fn shown(words: &Words) -> String {
    let mut text = String::new();
    for piece in &words.pieces {
        match piece {
            Piece::Sql(sql) => text.push_str(sql),
            Piece::Value(place) | Piece::OnlyOfIn(place) => text.push_str(&format!("‹{place}›")),
            Piece::Column(place) => text.push_str(&format!("‹#{place}›")),
            Piece::In(place) => text.push_str(&format!(" IN (‹..{place}›)")),
            Piece::NotIn(place) => text.push_str(&format!(" NOT IN (‹..{place}›)")),
            Piece::Array(place) => text.push_str(&format!("‹array {place}›")),
        }
    }
    text
}

/// Parts of a literal that mean the same on both databases, and the SQL of each.
const PARTS: &[(&str, &str)] = &[
    ("a", "a"),
    ("1.5", "1.5"),
    ("+", "+"),
    ("(b)", "(b)"),
    ("'it''s'", "'it''s'"),
    ("'{{x}} -- ? $1 ;'", "'{x} -- ? $1 ;'"),
    ("'\\'", "'\\'"),
    ("'/*'", "'/*'"),
    ("''", "''"),
    ("\"a {{b}} \"\" '\"", "\"a {b} \"\" '\""),
    ("/* {{it's}} ? ; \" */", "/* {it's} ? ; \" */"),
    ("-- {{it's}} $1 ; /* \"\n", "-- {it's} $1 ; /* \"\n"),
    ("'日本 🦀 {{'", "'日本 🦀 {'"),
];

/// Expressions in braces.
const VALUES: &[&str] = &[
    "{a}",
    "{ user.id }",
    "{f(S { a: 1 })}",
    "{\"}\"}",
    "{\"'; DROP TABLE users; --\"}",
    "{'}'}",
    "{{ let a = 1; a }.abs()}",
    "{/* ' */ a}",
    "{x[\"a\"]}",
    "{if a { 1 } else { 2 }}",
];

#[test]
fn parts_and_values_stay_what_they_are() {
    for seed in 0..cases() {
        let random = &mut Random::new(seed);
        let (mut text, mut expected, mut count) = ("SELECT".to_owned(), "SELECT".to_owned(), 0);
        for _ in 0..random.below(12) {
            if random.chance(40) {
                // Two braces at the start would be one in the SQL.
                let value = *random.pick(VALUES);
                let value =
                    value.strip_prefix("{{").map_or(value.into(), |rest| format!("{{ {{{rest}"));
                text.push_str(&format!(" {value}"));
                expected.push_str(&format!(" ‹{count}›"));
                count += 1;
            } else if random.chance(10) {
                text.push_str(" x NOT  in ( {..list} )");
                expected.push_str(&format!(" x NOT IN (‹..{count}›)"));
                count += 1;
            } else {
                let (part, sql) = *random.pick(PARTS);
                text.push_str(&format!(" {part}"));
                expected.push_str(&format!(" {sql}"));
            }
        }
        text.push_str(" x; ");
        expected.push_str(" x");
        let Checked { value, error } = read(&text);
        assert!(error.is_none(), "{text}: {error:?}");
        let sql = value.expect("no error");
        assert_eq!(sql.arguments.len(), count, "{text}");
        for words in [&sql.sqlite, &sql.postgres] {
            assert_eq!(shown(words.as_ref().expect("words for both")), expected, "{text}");
        }
    }
}

/// Parts of SQL that begin and end anything, in any order.
const DAMAGED: &[&str] = &[
    "'", "''", "\"", "`", "[", "]", "$$", "$a$", "E'", "\\", "\\'", "--", "\n", "/*", "*/", ";",
    "{v}", "{v}", "{v}", "{{", "}}", "a", " ", " ", "(", ")", "x'", "1", "{..v}", "{#v}", "IN (",
    "::", "?", ":a", "é", "\u{a0}",
];

/// Reads SQL letter by letter. Returns whether each `‹` is outside of quotes and comments, and these are closed.
fn values_are_outside(sql: &str, rules: Rules) -> bool {
    let is_postgres = rules == Rules::Postgres;
    let mut rest = sql;
    let mut before = ' ';
    // An `E` that begins a token makes of a text after it one with escapes.
    let mut escapes = false;
    // A dollar goes on with a name.
    let mut is_in_name = false;
    while let Some(letter) = rest.chars().next() {
        let is_name =
            |letter: char| letter.is_alphanumeric() || letter == '_' || !letter.is_ascii();
        let ended =
            |from: usize, quote: &str| rest[from..].find(quote).map(|at| from + at + quote.len());
        let tag = || {
            let inner = rest[1..].find('$').map(|at| &rest[1..=at])?;
            let starts = !inner.starts_with(|letter: char| letter.is_ascii_digit());
            (starts && inner.chars().all(is_name)).then(|| &rest[..inner.len() + 2])
        };
        let end = match letter {
            '\'' if is_postgres && escapes => {
                let mut escaped = false;
                let inner = rest[1..].char_indices().find(|(_, letter)| {
                    let ends = *letter == '\'' && !escaped;
                    escaped = *letter == '\\' && !escaped;
                    ends
                });
                inner.map(|(at, _)| at + 2)
            }
            '\'' | '"' => ended(1, &letter.to_string()),
            '`' if !is_postgres => ended(1, "`"),
            '[' if !is_postgres => ended(1, "]"),
            '$' if is_postgres && !is_in_name && tag().is_some() => {
                tag().and_then(|tag| ended(tag.len(), tag))
            }
            '-' if rest.starts_with("--") => Some(rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") && !is_postgres => {
                Some(ended(2, "*/").unwrap_or(rest.len()))
            }
            '/' if rest.starts_with("/*") => {
                let (mut depth, mut at) = (1, 2);
                while depth > 0 && at < rest.len() {
                    let (step, change) = match &rest.as_bytes()[at..] {
                        [b'/', b'*', ..] => (2, 1),
                        [b'*', b'/', ..] => (2, -1),
                        _ => (1, 0),
                    };
                    at += step;
                    depth += change;
                }
                (depth == 0).then_some(at)
            }
            letter => {
                rest = &rest[letter.len_utf8()..];
                escapes = matches!(letter, 'e' | 'E') && !is_name(before) && before != '$';
                before = letter;
                let goes_on = letter.is_ascii_digit() || letter == '$';
                is_in_name = if goes_on { is_in_name } else { is_name(letter) };
                continue;
            }
        };
        let Some(end) = end else { return false };
        if rest[..end].contains('‹') {
            return false;
        }
        // A quote right after another one goes on with it.
        escapes &= letter == '\'';
        before = ' ';
        rest = &rest[end..];
        is_in_name = false;
    }
    true
}

#[test]
fn no_value_is_in_quotes_or_in_a_comment() {
    let mut accepted = 0;
    for seed in 0..cases() {
        let random = &mut Random::new(seed);
        let parts: String = (0..random.below(10)).map(|_| *random.pick(DAMAGED)).collect();
        let text = format!("SELECT {parts}");
        let Checked { value: Some(sql), error: None } = read(&text) else { continue };
        let all = [(&sql.sqlite, Rules::Sqlite), (&sql.postgres, Rules::Postgres)];
        for (words, rules) in all {
            let sql = shown(words.as_ref().expect("words for both"));
            assert!(values_are_outside(&sql, rules), "{text:?} as {sql:?} on {rules:?}");
        }
        accepted += 1;
    }
    assert!(accepted > cases() / 20, "{accepted} were accepted");
}
