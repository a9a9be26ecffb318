//! The SELECT of a view, read by the rules of each database.

use std::ops::Range;

use orm_lexer::{Lexer, Rules, Token, TokenKind};
use syn::LitStr;

use super::quotes::unclosed;
use super::{BLANK, EMPTY, NUL};
use crate::errors::Errors;
use crate::parse::sql::Written;

/// The words that begin a SELECT.
const BEGINNING: [&str; 3] = ["select", "values", "with"];

/// The words of statements that write.
const WRITING: [&str; 4] = ["insert", "update", "delete", "into"];

/// Returns the SELECT without a semicolon and comments at its end, after checking it by the rules of each database.
pub(crate) fn select(literal: &LitStr, rules: &[Rules], errors: &mut Errors) -> String {
    let written = Written::plain(literal.clone());
    let mut found = String::new();
    for rules in rules {
        let before = errors.count();
        found = check(&written, *rules, errors);
        // The same mistake is one error.
        if errors.count() > before {
            break;
        }
    }
    found
}

fn check(written: &Written, rules: Rules, errors: &mut Errors) -> String {
    let sql = written.text.as_str();
    let before = errors.count();
    let mut error = |at: Range<usize>, message: &str| errors.push(written.error(at, message));
    if let Some(at) = sql.find('\0') {
        error(at..at + 1, NUL);
    }
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for token in Lexer::new(sql, rules) {
        if let Some((at, message)) = unclosed(&token) {
            error(at, message);
        } else if token.kind == TokenKind::Parameter {
            error(
                token.at(),
                "this is a placeholder, and a view has no values: write the value itself, or filter the view when you \
                 read it",
            );
        } else if token.is_blank() {
            error(token.at(), BLANK);
        } else if token.kind != TokenKind::Comment {
            tokens.push(token);
        }
    }
    if let Some(place) = tokens.iter().position(|token| token.is_symbol(";")) {
        if let Some(second) = tokens[place..].iter().find(|token| !token.is_symbol(";")) {
            error(second.at(), "a second statement begins here, and a view is one SELECT");
        }
        tokens.truncate(place);
    }
    let is_any = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is(word));
    match tokens.iter().find(|token| !token.is_symbol("(")) {
        Some(first) if !is_any(first, &BEGINNING) => {
            error(first.at(), "the SQL of a view is a SELECT, VALUES or WITH … SELECT");
            return String::new();
        }
        _ => {}
    }
    for (place, token) in tokens.iter().enumerate() {
        let is_name = place > 0 && (tokens[place - 1].is("as") || tokens[place - 1].is_symbol("."));
        let is_lock = place > 0 && (tokens[place - 1].is("for") || tokens[place - 1].is("key"));
        if is_any(token, &WRITING) && !is_name && !is_lock {
            error(token.at(), "a view only reads: its SQL can't insert, update or delete");
        }
    }
    let range = tokens.first().zip(tokens.last()).map(|(first, last)| first.start..last.end());
    if range.is_none() && errors.count() == before {
        errors.push(written.error(0..0, EMPTY));
    }
    range.map(|range| sql[range].to_owned()).unwrap_or_default()
}
