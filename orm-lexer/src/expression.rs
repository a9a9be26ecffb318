//! Whether SQL is an expression, which needs parentheses to stay whole inside other SQL.

use crate::{Token, TokenKind};

/// The words that begin a part of a statement or continue one after an expression, and aren't names of columns on either
/// database.
const CONTINUING: [&str; 15] = [
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
    "on",
    "using",
    "into",
    "returning",
    "select",
];

/// The words that begin a part of a statement, but don't continue one after an expression, and aren't names of columns on
/// either database.
const BEGINNING: [&str; 13] = [
    "and", "or", "table", "default", "distinct", "all", "as", "is", "in", "collate", "then",
    "when", "else",
];

/// The words that begin a part of a statement, and that a database may have as the name of a column.
const OPEN: [&str; 20] = [
    "with", "window", "offset", "fetch", "insert", "update", "delete", "merge", "set", "values",
    "between", "like", "ilike", "glob", "escape", "over", "filter", "nulls", "asc", "desc",
];

/// The words before JOIN, which are also functions or names of columns.
const JOINS: [&str; 7] = ["left", "right", "full", "inner", "cross", "natural", "outer"];

/// Two words that begin a part together. A column may be named like the first one.
const PAIRS: [(&str, &[&str]); 8] = [
    ("replace", &["into"]),
    ("for", &["update", "share", "no", "key"]),
    ("do", &["nothing", "update"]),
    ("not", &["in", "between", "like", "ilike", "glob", "indexed", "similar"]),
    ("partition", &["by"]),
    ("rows", &["unbounded", "current"]),
    ("range", &["unbounded", "current"]),
    ("groups", &["unbounded", "current"]),
];

/// The words in an expression that are neither operands nor names of functions.
const OPERATORS: [&str; 19] = [
    "and", "or", "not", "is", "in", "like", "ilike", "between", "glob", "similar", "collate",
    "case", "when", "then", "else", "end", "isnull", "notnull", "escape",
];

/// Returns whether the tokens of a part of a statement may be an expression with operators, which needs parentheses to
/// stay whole. In doubt they are: a database refuses parentheses where they don't belong, but without them it may read
/// something else.
pub fn is_expression(tokens: &[Token<'_>]) -> bool {
    let is = |place: usize, words: &[&str]| {
        tokens.get(place).is_some_and(|token| is_one_of(token, words))
    };
    let is_operand = |place: usize| {
        tokens.get(place + 1).is_some_and(|next| {
            next.kind == TokenKind::Symbol && !matches!(next.text, "(" | "$")
                || is_one_of(next, &OPERATORS)
        })
    };
    // SQLite has functions of these names.
    let is_call = tokens
        .windows(2)
        .take(2)
        .any(|pair| is_one_of(&pair[0], &["like", "glob"]) && pair[1].is_symbol("("));
    let begins_part = is(0, &CONTINUING)
        || is(0, &BEGINNING)
        || is(0, &OPEN) && !is_operand(0) && !is_call
        || is(0, &JOINS) && (is(1, &JOINS) || is(1, &["join"]))
        || !(is_call || is(0, &["not"]) && is_operand(1))
            && PAIRS.iter().any(|(first, second)| is(0, &[first]) && is(1, second))
        || tokens.len() == 2 && is(0, &["not"]) && is(1, &["null"])
        || tokens.first().is_some_and(|first| {
            first.kind == TokenKind::Symbol
                && matches!(first.text, "=" | "<" | ">" | "/" | "%" | "," | ")" | ".")
        });
    !begins_part && !is_list(tokens) && !is_plain(tokens) && !is_continued(tokens)
}

fn is_one_of(token: &Token<'_>, words: &[&str]) -> bool {
    words.iter().any(|word| token.is(word))
}

/// Whether there are columns to select, or an order.
fn is_list(tokens: &[Token<'_>]) -> bool {
    let mut previous: Option<&Token<'_>> = None;
    top_level(tokens).any(|token| {
        // SQLite may have a column `desc`.
        let is_after_operand = previous.is_some_and(|previous| match previous.kind {
            TokenKind::Symbol => previous.is_symbol(")"),
            TokenKind::Word => {
                is_one_of(previous, &["end", "isnull", "notnull"])
                    || !is_one_of(previous, &OPERATORS) && !previous.is("from")
            }
            _ => true,
        });
        previous = Some(token);
        token.is_symbol(",")
            || token.is("as")
            || is_after_operand && is_one_of(token, &["asc", "desc"])
    })
}

/// Whether it is a single name or value, or a table with its alias.
fn is_plain(tokens: &[Token<'_>]) -> bool {
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
    let is_path = |tokens: &[Token<'_>]| {
        tokens.len() % 2 == 1
            && tokens.iter().enumerate().all(|(place, token)| match place % 2 {
                0 => is_name(token),
                _ => token.is_symbol("."),
            })
    };
    match tokens {
        [_] => true,
        [table @ .., alias] if is_name(alias) && !is_one_of(alias, &OPERATORS) => {
            let is_operator = |token: &Token<'_>| is_one_of(token, &OPERATORS);
            is_path(tokens) || is_path(table) && !table.iter().any(is_operator)
        }
        _ => is_path(tokens),
    }
}

/// Whether names and calls without operators come before a further part of a statement: `count(*) FROM users`.
fn is_continued(tokens: &[Token<'_>]) -> bool {
    let mut previous: Option<&Token<'_>> = None;
    for token in top_level(tokens) {
        if is_one_of(token, &CONTINUING) || is_one_of(token, &JOINS) && previous.is_some() {
            return previous.is_some();
        }
        let is_plain = match token.kind {
            TokenKind::Word => !is_one_of(token, &OPERATORS),
            TokenKind::Symbol => match token.text {
                "." | ")" => true,
                // All columns.
                "*" => previous.is_none_or(|previous| previous.is_symbol(".")),
                _ => false,
            },
            _ => true,
        };
        if !is_plain {
            return false;
        }
        previous = Some(token);
    }
    false
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
    use super::is_expression;
    use crate::{Rules, tokens};

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
                "values = 5 OR a",
                "set > 5 OR a",
                "desc = 5 OR a",
                "a OR desc",
                "a IS DISTINCT FROM desc OR b",
                "a = 1 OR b FROM c",
                "NOT isnull",
                "like('a%', b) OR c",
                "NOT like('a%', b) OR c",
                "NOT null OR c",
                "NOT glob != a",
                "delete * a ISNULL",
                "groups BETWEEN 1 AND 2 OR c",
                "a ISNULL",
                "a IS DISTINCT FROM b OR c",
                "a.b IS NOT NULL",
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
                "IS NULL",
                "= 5",
                "NOT IN (1, 2)",
                "NOT NULL",
                "BETWEEN 1 AND 2",
                "DESC NULLS LAST",
                "a DESC NULLS LAST",
                "FOR UPDATE SKIP LOCKED",
                "DO NOTHING",
                "users u",
                "public.users u",
                "users u JOIN posts p ON a OR b",
                "count(*) FROM users WHERE a OR b",
                "users WHERE a OR b",
                "DISTINCT a",
                "VALUES (1)",
                "SET a = 1",
                "PARTITION BY a",
                "UPDATE a SET b = 1",
                "\u{e000}",
            ] {
                assert!(!is_expression(&tokens(sql, rules)), "{sql}");
            }
        }
    }
}
