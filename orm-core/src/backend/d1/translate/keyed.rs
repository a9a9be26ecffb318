//! Whether a decimal column is compared with something that has a key as well.

use orm_lexer::{Token, TokenKind};

/// The collation of decimals.
const DECIMAL: &str = "decimal";

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.is(word))
}

fn is_operator(token: &Token<'_>) -> bool {
    ["=", "<", ">", "!"].iter().any(|symbol| token.is_symbol(symbol))
}

/// Whether a column ends at `end` with the collation of decimals: `"t"."price" COLLATE decimal`.
fn is_decimal_before(tokens: &[Token<'_>], end: usize) -> bool {
    let Some([operand, collate, name]) =
        end.checked_sub(3).and_then(|start| tokens.get(start..end))
    else {
        return false;
    };
    operand.kind == TokenKind::QuotedName && collate.is("COLLATE") && name.is(DECIMAL)
}

/// Whether the parameter at a place is a whole value that is returned or stored: nothing compares it.
pub(super) fn stands_alone(tokens: &[Token<'_>], place: usize) -> bool {
    const BEFORE: [&str; 5] = ["SELECT", "VALUES", "RETURNING", "THEN", "ELSE"];
    const AFTER: [&str; 7] = ["FROM", "WHERE", "AS", "RETURNING", "ON", "END", "WHEN"];
    let opened = tokens[..place].iter().rev().take_while(|token| token.is_symbol("(")).count();
    let start = place - opened;
    let is_set = start.checked_sub(2).is_some_and(|at| {
        tokens[at + 1].is_symbol("=")
            && tokens[at].kind == TokenKind::QuotedName
            && at.checked_sub(1).is_some_and(|at| tokens[at].is("SET") || tokens[at].is_symbol(","))
    });
    let begins = tokens[..start]
        .last()
        .is_none_or(|token| token.is_symbol(",") || is_one_of(token, &BEFORE));
    let mut rest = tokens[place + 1..].iter();
    if tokens.get(place + 1).is_some_and(|token| token.is("COLLATE")) {
        rest.nth(1);
    }
    let next = rest.find(|token| !token.is_symbol(")"));
    let ends = next
        .is_none_or(|token| token.is_symbol(",") || token.is("ELSE") || is_one_of(token, &AFTER));
    (begins || is_set) && ends
}

/// Whether a column begins with these tokens, with the collation of decimals after it.
fn is_decimal_at(tokens: &[Token<'_>]) -> bool {
    let name = tokens
        .iter()
        .take_while(|token| token.kind == TokenKind::QuotedName || token.is_symbol("."))
        .count();
    name > 0 && tokens.len() >= name + 2 && is_decimal_before(tokens, name + 2)
}

/// Whether the column before the `COLLATE` at a place is compared with keys only, or is a term of an order if `sorts`.
pub(super) fn has_key(tokens: &[Token<'_>], place: usize, sorts: bool) -> bool {
    let column = tokens[..place]
        .iter()
        .rev()
        .take_while(|token| token.kind == TokenKind::QuotedName || token.is_symbol("."))
        .count();
    let start = place - column;
    if column == 0 {
        return false;
    }
    let opened = tokens[..start].iter().rev().take_while(|token| token.is_symbol("(")).count();
    let before = tokens[..start - opened].last();
    if before.is_some_and(is_operator) {
        let operator = tokens[..start - opened]
            .iter()
            .rev()
            .take_while(|token| is_operator(token) || token.is_symbol(")"))
            .count();
        return is_decimal_before(tokens, start - opened - operator);
    }
    let rest = &tokens[place + 2..];
    let closed = rest.iter().take_while(|token| token.is_symbol(")")).count();
    let rest = &rest[closed..];
    let Some(next) = rest.first() else { return sorts };
    if sorts
        && (next.is_symbol(",")
            || is_one_of(
                next,
                &["ASC", "DESC", "LIMIT", "OFFSET", "HAVING", "ORDER", "NULLS", "ROWS"],
            )
            || closed > 0 && is_one_of(next, &["FROM", "AS"]))
    {
        return true;
    }
    let skip = |words: &[&str]| rest.iter().take_while(|token| is_one_of(token, words)).count();
    let is_value = |rest: &[Token<'_>]| {
        let opened = rest.iter().take_while(|token| token.is_symbol("(")).count();
        let rest = &rest[opened..];
        rest.first().is_some_and(|token| token.kind == TokenKind::Parameter) || is_decimal_at(rest)
    };
    if is_operator(next) {
        let operator = rest.iter().take_while(|token| is_operator(token)).count();
        return is_value(&rest[operator..]);
    }
    if next.is("IS") {
        return is_value(&rest[skip(&["IS", "NOT", "DISTINCT", "FROM"])..]);
    }
    let negated = usize::from(next.is("NOT"));
    match rest.get(negated..) {
        Some([between, value, and, other, ..]) if between.is("BETWEEN") => {
            value.kind == TokenKind::Parameter
                && and.is("AND")
                && other.kind == TokenKind::Parameter
        }
        Some([list, open, first, ..]) if list.is("IN") => {
            open.is_symbol("(") && first.kind == TokenKind::Parameter
        }
        _ => false,
    }
}

/// Whether the parameter at a place is compared with a decimal column before it.
pub(super) fn is_compared_with_key(tokens: &[Token<'_>], place: usize) -> bool {
    const WORDS: [&str; 7] = ["IN", "NOT", "BETWEEN", "AND", "IS", "DISTINCT", "FROM"];
    let (mut has_comma, mut is_list, mut compares) = (false, false, false);
    for (at, token) in tokens[..place].iter().enumerate().rev() {
        has_comma |= token.is_symbol(",");
        is_list |= token.is("IN");
        compares |= is_operator(token) || is_one_of(token, &["IN", "BETWEEN", "IS"]);
        let is_passed = token.kind == TokenKind::Parameter
            || is_operator(token)
            || ["(", ")", ","].iter().any(|symbol| token.is_symbol(symbol))
            || is_one_of(token, &WORDS);
        if !is_passed {
            return compares && (is_list || !has_comma) && is_decimal_before(tokens, at + 1);
        }
    }
    false
}
