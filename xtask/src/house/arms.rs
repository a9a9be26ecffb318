//! No `_` arm over the types of columns: the compiler names each match that lacks a new type.

use std::path::Path;

use super::words::{Word, without_tests, words};
use super::{Sources, path_in};

/// The enums with a variant for each type of column, or for each kind of value.
const TYPES: [&str; 4] = ["ColumnType", "Kind", "Family", "Bind"];

pub(super) fn check(root: &Path, sources: &Sources, faults: &mut Vec<String>) {
    for (module, (file, text)) in &sources.files {
        let words = without_tests(module, words(text));
        for (line, ty) in hidden(&words) {
            faults.push(format!(
                "{}:{line}: `_` hides what is new in `{ty}`: name each variant, or ask a method of `{ty}`",
                path_in(root, file)
            ));
        }
    }
}

/// Returns the lines of arms that match every variant which no other arm names, each with the enum.
fn hidden(words: &[Word<'_>]) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word.text != "match" {
            continue;
        }
        let Some(body) = body(&words[at + 1..]) else { continue };
        let patterns = patterns(body);
        let named = |pattern: &&[Word<'_>]| named(pattern, words);
        let Some(ty) = patterns.iter().find_map(named) else { continue };
        let rest = patterns.iter().filter(|pattern| is_rest(pattern));
        found.extend(rest.map(|pattern| (pattern[0].line, ty)));
    }
    found
}

/// Returns what is between the braces of a `match`, from the words after `match`.
fn body<'w, 't>(words: &'w [Word<'t>]) -> Option<&'w [Word<'t>]> {
    let mut at = 0;
    while words.get(at)?.text != "{" {
        at = after(words, at);
    }
    Some(&words[at + 1..after(words, at) - 1])
}

/// Returns the position behind the word at `at`, or behind the bracket that closes it.
pub(super) fn after(words: &[Word<'_>], at: usize) -> usize {
    let mut depth = 0_usize;
    for (place, word) in words.iter().enumerate().skip(at) {
        match word.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    words.len()
}

/// Returns the patterns of the arms, each with its guard.
fn patterns<'w, 't>(body: &'w [Word<'t>]) -> Vec<&'w [Word<'t>]> {
    let is = |at: usize, text: &str| body.get(at).is_some_and(|word| word.text == text);
    let mut patterns = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let start = at;
        while at < body.len() && !(is(at, "=") && is(at + 1, ">")) {
            at = after(body, at);
        }
        if at >= body.len() {
            break;
        }
        if start < at {
            patterns.push(&body[start..at]);
        }
        at += 2;
        let is_block = is(at, "{");
        at = after(body, at);
        while !is_block && at < body.len() && !is(at, ",") {
            at = after(body, at);
        }
        if is(at, ",") {
            at += 1;
        }
    }
    patterns
}

/// Returns the enum of columns' types that a pattern names, without its guard.
fn named(pattern: &[Word<'_>], file: &[Word<'_>]) -> Option<&'static str> {
    let pattern = pattern.split(|word| word.text == "if").next().unwrap_or_default();
    let has = |wanted: &[&str]| {
        file.windows(wanted.len())
            .any(|found| found.iter().map(|word| word.text).eq(wanted.iter().copied()))
    };
    TYPES.into_iter().find(|ty| {
        let is_declared = has(&["enum", ty]);
        let is_opened = has(&[ty, "::", "{", "self", ",", "*"]) || has(&[ty, "::", "*"]);
        let is_path = |pair: &[Word<'_>]| {
            pair[1].text == "::" && (pair[0].text == *ty || is_declared && pair[0].text == "Self")
        };
        let is_variant = |word: &Word<'_>| {
            word.text.starts_with(|first: char| first.is_ascii_uppercase())
                && !matches!(word.text, "Some" | "None" | "Ok" | "Err")
        };
        let is_bare = |pattern: &[Word<'_>]| {
            pattern.iter().any(is_variant) && !pattern.iter().any(|word| word.text == "::")
        };
        pattern.windows(2).any(is_path) || is_opened && is_bare(pattern)
    })
}

/// Whether a pattern matches whatever is left: `_`, `(_, _)` or a name.
fn is_rest(pattern: &[Word<'_>]) -> bool {
    pattern.iter().all(|word| {
        matches!(word.text, "_" | "(" | ")" | "," | "." | "&" | "ref")
            || word.text != "if"
                && word.text.starts_with(|first: char| first.is_ascii_lowercase())
                && !matches!(word.text, "true" | "false")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        hidden(&words(text)).into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn an_arm_for_all_other_types_is_found() {
        for arms in [
            "ColumnType::Bool => 1,\n_ => 2",
            "ColumnType::Bool | ColumnType::Text => { f(|x| match x { _ => 1 }) }\nother => 2,",
            "(_, Some(Bind::Null)) if a >= b => [1, 2],\n(_, _) => 2",
            "Family::Text => g(S { a: 1 }),\n&ty => 2",
        ] {
            assert_eq!(lines(&format!("match f(a, |b| {{ b }}) {{ {arms} }}")), [2], "{arms}");
        }
        assert_eq!(lines("enum Kind { A }\nmatch self { Self::A => 1,\n_ => 2 }"), [3]);
        assert_eq!(lines("use x::ColumnType::{self, *};\nmatch t { Bool => 1,\n_ => 2 }"), [3]);
    }

    #[test]
    fn other_arms_are_not() {
        for text in [
            "match ty { ColumnType::Bool => 1, ColumnType::Text => 2 }",
            "match ty { _ if a == b => 1, ColumnType::Bool => 1 }",
            "match x { 1 if ty == ColumnType::Bool => 1, _ => 1 }",
            "match (ty, x) { (ColumnType::Bool, _) => 1 }",
            "match x { Some(_) => ColumnType::Bool, _ => ColumnType::Text }",
            "match x { 1 => match y { ColumnType::Bool => 1 }, _ => 2 }",
            "enum Other { A } match self { Self::A => 1, _ => 2 }",
        ] {
            assert_eq!(lines(text), [0; 0], "{text}");
        }
    }
}
