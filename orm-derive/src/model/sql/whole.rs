//! Whether SQL is an expression, which needs parentheses to stay whole inside other SQL.

use orm_lexer::{Token, TokenKind};

/// The words that begin a part of a statement, and are no names of columns on either database.
const RESERVED: [&str; 18] = [
    "select",
    "from",
    "where",
    "join",
    "order",
    "group",
    "having",
    "limit",
    "union",
    "except",
    "intersect",
    "and",
    "or",
    "on",
    "set",
    "returning",
    "values",
    "table",
];

/// The same, but a database may have a column of that name.
const OPEN: [&str; 8] =
    ["with", "window", "offset", "fetch", "insert", "update", "delete", "merge"];

/// The words before JOIN, which are also functions or names of columns.
const JOINS: [&str; 7] = ["left", "right", "full", "inner", "cross", "natural", "outer"];

/// Returns whether the tokens may be an expression with operators. In doubt they are: a database refuses parentheses
/// where they don't belong, but without them it may read something else.
pub(super) fn is_expression(tokens: &[Token<'_>]) -> bool {
    let is = |place: usize, words: &[&str]| {
        tokens.get(place).is_some_and(|token| words.iter().any(|word| token.is(word)))
    };
    let is_operand = tokens.get(1).is_some_and(|next| {
        next.kind == TokenKind::Symbol && !matches!(next.text, "(" | "*" | "$" | ":")
            || ["is", "in", "not", "and", "or", "between", "like"].iter().any(|word| next.is(word))
    });
    let begins_part = is(0, &RESERVED)
        || is(0, &OPEN) && !is_operand
        || is(0, &JOINS) && (is(1, &JOINS) || is(1, &["join"]))
        || is(0, &["replace"]) && is(1, &["into"]);
    // Columns to select, or an order.
    let is_list = top_level(tokens).any(|token| {
        token.is_symbol(",") || ["as", "asc", "desc"].iter().any(|word| token.is(word))
    });
    // `a`, `a.b` and the like, and a single value.
    let is_single = tokens.len() == 1
        || tokens.len() % 2 == 1
            && tokens.iter().enumerate().all(|(place, token)| match place % 2 {
                0 => matches!(token.kind, TokenKind::Word | TokenKind::QuotedName),
                _ => token.is_symbol("."),
            });
    !begins_part && !is_list && !is_single
}

/// Returns the tokens outside all parentheses.
fn top_level<'t, 's>(tokens: &'t [Token<'s>]) -> impl Iterator<Item = &'t Token<'s>> {
    let mut depth = 0_usize;
    tokens.iter().filter(move |token| {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
        }
        depth == 0
    })
}

#[cfg(test)]
mod tests {
    use orm_lexer::{Rules, tokens};

    use super::is_expression;

    #[test]
    fn expressions_and_other_parts() {
        for rules in [Rules::Sqlite, Rules::Postgres] {
            for sql in [
                "a OR b",
                "NOT u.paid",
                "x IS NULL",
                "a = 1",
                "left(a, 1) = 'x' OR b",
                "share > 5 OR b",
                "f(a, b)",
                "replace(a, 'b', 'c') = 'd' OR e",
                "offset > 5 OR b",
                "\u{e000} OR \u{e000}",
                "(a) OR (b)",
                "right = 5",
                "CAST(a AS text) = 'b' OR c",
                "- a",
                "update IS NULL OR a",
            ] {
                assert!(is_expression(&tokens(sql, rules)), "{sql}");
            }
            for sql in [
                "a",
                "\"a\"",
                "u.a",
                "a.b.c",
                "5",
                "'a'",
                "a, b",
                "a DESC",
                "users AS u",
                "ORDER BY a OR b",
                "LEFT JOIN u ON a OR b",
                "left outer join u ON a",
                "SELECT 1",
                "WITH a AS (SELECT 1) SELECT 2",
                "OFFSET 5",
                "DELETE FROM a WHERE b OR c",
                "INSERT INTO a VALUES (1)",
                "REPLACE INTO a VALUES (1)",
                "AND a",
                "UPDATE a SET b = 1",
                "\u{e000}",
            ] {
                assert!(!is_expression(&tokens(sql, rules)), "{sql}");
            }
        }
    }
}
