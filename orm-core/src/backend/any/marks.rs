//! Marks: what parts of a statement report to the query builder in addition to their SQL.
//!
//! diesel's passes give a builder nothing but text. So a mark is passed as a piece of text that isn't SQL.

use crate::dialect::Dialect;
use orm_lexer::{Lexer, Token, TokenKind, inside_parentheses};

/// No SQL begins with this character.
pub(super) const MARK: u8 = 1;

/// The start of a piece that a program wrote: a condition, or a term of an order.
pub(crate) const BEGIN: &str = "\u{1}begin";
/// The end of a condition, which gets parentheses if it has none yet.
pub(crate) const END_OF_CONDITION: &str = "\u{1}condition";
/// The end of an operand, which gets parentheses unless any operator takes all of it.
pub(crate) const END_OF_OPERAND: &str = "\u{1}operand";
/// The end of another piece. If it ends with a comment, the comment must not swallow what follows.
pub(crate) const END_OF_TERM: &str = "\u{1}term";
/// The place for a LIMIT of the innermost query that is being written, which has none.
pub(crate) const NO_LIMIT: &str = "\u{1}no limit";
/// The same before an OFFSET, which SQLite accepts only after a LIMIT.
pub(crate) const NO_LIMIT_BUT_OFFSET: &str = "\u{1}offset";
/// The innermost query that is being written has a LIMIT.
pub(crate) const LIMIT: &str = "\u{1}limit";
/// A LIMIT whose number is known not to be negative.
pub(crate) const CHECKED_LIMIT: &str = "\u{1}checked limit";

/// What is combined by INTERSECT ALL or EXCEPT ALL can't follow. A mark that may fail is passed as a name.
pub(super) const COMBINED: &str = "\u{1}combined";

/// The query of a term of a WITH begins here.
pub(crate) const WITH_TERM: &str = "\u{1}with";
/// The end of that query, passed as a name: some databases refuse a query that writes.
pub(crate) const END_OF_WITH_TERM: &str = "\u{1}end of with term";
/// The end of a WITH: its statement begins here.
pub(crate) const END_OF_WITH: &str = "\u{1}end of with";
/// The end of a statement that runs beside another one with the same WITH, passed as a name: a term that writes fails.
pub(crate) const ONLY_READS: &str = "\u{1}only reads";
/// The end of a recursive step that began with [`BEGIN`], passed as a name: a step with an order or a limit fails.
pub(crate) const END_OF_STEP: &str = "\u{1}step";

/// The text after it is SQL that a program wrote, whatever it looks like.
pub(crate) const RAW: &str = "\u{1}:";

/// The INSERT that begins here ignores conflicts.
pub(super) const IGNORE_CONFLICTS: &str = "\u{1}ignore";

/// The SQL before it compares by the collation whose name follows, for SQLite.
pub(crate) const COLLATE: &str = "\u{1}collate ";
/// The SQL before it compares as a decimal, for SQLite.
pub(crate) const COLLATE_DECIMAL: &str = "\u{1}collate decimal";
/// The SQL before it compares as a JSON document, for SQLite.
pub(crate) const COLLATE_JSON: &str = "\u{1}collate json";
/// The collation that compares documents on SQLite.
pub(crate) const JSON_COLLATION: &str = "mizzle_json";
/// The SQL before it compares as text, whatever the columns in it, for SQLite.
pub(crate) const COLLATE_TEXT: &str = "\u{1}collate text";

/// diesel's name for a column may contain more than the name: [`MARK`], and then what SQLite has to be told about the
/// column's values, either of:
///
/// - Their collation. SQLite knows the collation of a column, but not that of an expression over it, such as
///   `max("price")`. A collation that is written next to a column applies to every expression over it.
/// - The number of their bits, which its arithmetic doesn't know: see [`arithmetic`](super::arithmetic).
///
/// Returns the name and the collation or number of a name with this mark.
pub(super) fn of_column(name: &str) -> Option<(&str, &str)> {
    name.split_once(char::from(MARK))
}

/// The function that replaces a cast on SQLite. SQLite's own cast never fails, and takes as much of a text as it can
/// read.
pub(super) fn cast_call(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        SMALLINT => "mizzle_cast(16, ",
        INTEGER => "mizzle_cast(32, ",
        BIGINT => "mizzle_cast(64, ",
        REAL => "mizzle_cast(-32, ",
        DOUBLE => "mizzle_cast(-64, ",
        TEXT => "mizzle_cast(0, ",
        BOOLEAN => "mizzle_cast(1, ",
        JSON | JSONB => "mizzle_document(",
        _ => return None,
    })
}

// The names of the types that have casts.
pub(super) const SMALLINT: &str = "smallint";
pub(super) const INTEGER: &str = "integer";
pub(super) const BIGINT: &str = "bigint";
pub(super) const REAL: &str = "real";
pub(super) const DOUBLE: &str = "double precision";
pub(super) const TEXT: &str = "text";
pub(super) const BOOLEAN: &str = "boolean";
pub(super) const JSON: &str = "json";
pub(super) const JSONB: &str = "jsonb";

/// Returns whether a piece that ends with this mark needs no parentheses.
pub(super) fn stays_whole(piece: &str, mark: &str, dialect: Dialect) -> bool {
    is_enclosed(piece, dialect) || mark == END_OF_OPERAND && is_operand(piece, dialect)
}

/// Returns whether it is a name, a parameter, a number or a call. In doubt, it isn't.
fn is_operand(sql: &str, dialect: Dialect) -> bool {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.\"$?".contains(byte);
    let name = sql.bytes().take_while(is_of_name).count();
    name > 0 && (name == sql.len() || is_enclosed(&sql[name..], dialect))
}

/// Returns whether `condition` stays a single condition between others: whether one pair of parentheses encloses all of
/// it. In doubt, it doesn't.
pub(super) fn is_enclosed(condition: &str, dialect: Dialect) -> bool {
    if !(condition.starts_with('(') && condition.ends_with(')')) {
        return false;
    }
    is_plainly_enclosed(condition).unwrap_or_else(|| is_enclosed_by_tokens(condition, dialect))
}

/// The same for a condition of names, operators and parameters, as nearly all are: each query with conditions comes here,
/// and finding its tokens takes ten times as long. `None` for any other.
fn is_plainly_enclosed(condition: &str) -> Option<bool> {
    let bytes = condition.as_bytes();
    let (mut depth, mut in_name) = (0_usize, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => in_name = !in_name,
            _ if in_name => {}
            b'(' => depth += 1,
            b')' if depth == 1 => return Some(at + 1 == bytes.len()),
            b')' => depth -= 1,
            b' ' | b'.' | b',' | b'=' | b'<' | b'>' | b'?' | b'_' => {}
            b'$' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            byte if byte.is_ascii_alphanumeric() => {}
            _ => return None,
        }
    }
    None
}

fn is_enclosed_by_tokens(condition: &str, dialect: Dialect) -> bool {
    let backslashes = dialect.capabilities().backslashes;
    let is_doubtful = |token: Token<'_>| match token.kind {
        TokenKind::Comment | TokenKind::Unclosed => true,
        TokenKind::Text => backslashes && token.text.contains('\\'),
        _ => false,
    };
    is_closed(condition, dialect) && !Lexer::new(condition, dialect).any(is_doubtful)
}

/// Returns whether the last character closes the parenthesis at the start of `sql`.
pub(super) fn is_closed(sql: &str, dialect: Dialect) -> bool {
    inside_parentheses(sql, dialect).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        END_OF_CONDITION, END_OF_OPERAND, is_closed, is_enclosed, is_enclosed_by_tokens,
        is_plainly_enclosed, stays_whole,
    };
    use crate::dialect::Dialect;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn finds_the_same_without_tokens(inner in r#"([()a1 ."?$'x/*`\[\]\\\n-]|""|--|\$a\$){0,10}"#) {
            let condition = format!("({inner})");
            for dialect in Dialect::ALL {
                if let Some(found) = is_plainly_enclosed(&condition) {
                    prop_assert_eq!(found, is_enclosed_by_tokens(&condition, dialect), "{}", condition);
                }
            }
        }
    }

    #[test]
    fn an_operand_needs_no_parentheses() {
        for dialect in Dialect::ALL {
            for operand in
                ["n", "\"t\".\"n\"", "$1", "?", "1.5", "(n - 1)", "abs(n - 1)", "count(*)"]
            {
                assert!(stays_whole(operand, END_OF_OPERAND, dialect), "{operand}");
            }
            for other in
                ["", "n - 1", "-1", "n -- )", "f(n) - (1)", "(n) - (1)", "'a' || b", "\"a b\""]
            {
                assert!(!stays_whole(other, END_OF_OPERAND, dialect), "{other}");
            }
            assert!(!stays_whole("n", END_OF_CONDITION, dialect));
        }
    }

    #[test]
    fn says_if_parentheses_hold_all() {
        for dialect in Dialect::ALL {
            for condition in [
                "(a = 1)",
                "((a = 1) OR (b = 2))",
                "(\"a)\" = '(')",
                "(a = 'it''s)')",
                "(a = $1)",
                "(a - 1 = 2)",
            ] {
                assert!(is_enclosed(condition, dialect), "{condition}");
            }
            for condition in [
                "",
                "a = 1",
                "(a = 1) OR (b = 2)",
                "(a = 1 -- )\n)",
                "(a = 1 /* ) */)",
                "(a = ')",
                "(\"a)",
                "a(b)",
            ] {
                assert!(!is_enclosed(condition, dialect), "{condition}");
            }
        }
        for (condition, on_postgres) in [
            ("(a = $x$)$x$)", true),
            ("(a = E'\\')", false),
            ("(a = E'\\')')", false),
            ("(a = 'b\\')", false),
            ("(a = [)])", false),
            ("(a = `)`)", false),
        ] {
            assert_eq!(is_enclosed(condition, Dialect::Postgres), on_postgres, "{condition}");
        }
        for condition in ["(a = 'b\\')", "(a = [)])", "(a = `)`)"] {
            assert!(is_enclosed(condition, Dialect::Sqlite), "{condition}");
        }
    }

    #[test]
    fn finds_the_end_behind_comments_and_texts() {
        for dialect in Dialect::ALL {
            for sql in ["(a = 1 -- )\n)", "(a = 1 /* ) */)", "(a[1] = ')')", "(a -> '$.b' = 1)"] {
                assert!(is_closed(sql, dialect), "{sql}");
            }
            for sql in ["(a = 1 -- )", "(a = 1 /* )", "(a) = (b)"] {
                assert!(!is_closed(sql, dialect), "{sql}");
            }
        }
    }
}
