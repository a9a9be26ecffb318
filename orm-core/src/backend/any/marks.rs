//! What parts of a statement tell the query builder beside its text: each is passed as a piece of SQL that is none.
//!
//! diesel's passes hand nothing but text to a builder, whatever the part knows of what surrounds it.

use crate::dialect::Dialect;
use crate::lexer::{Lexer, Token, TokenKind, inside_parentheses};

/// No SQL begins with this character.
pub(super) const MARK: u8 = 1;

/// Here begins a piece that a program wrote: a condition, or a term of an order.
pub(crate) const BEGIN: &str = "\u{1}begin";
/// Here ends a condition, which is put in parentheses if it isn't yet.
pub(crate) const END_OF_CONDITION: &str = "\u{1}condition";
/// Here ends another piece. A comment that ends it must not swallow what follows.
pub(crate) const END_OF_TERM: &str = "\u{1}term";
/// Here could stand the LIMIT of the innermost query that is being written, which has none.
pub(crate) const NO_LIMIT: &str = "\u{1}no limit";
/// The same before an OFFSET, which SQLite takes only after a LIMIT.
pub(crate) const NO_LIMIT_BUT_OFFSET: &str = "\u{1}offset";
/// The innermost query that is being written has a LIMIT.
pub(crate) const LIMIT: &str = "\u{1}limit";
/// A LIMIT whose number is known not to be negative.
pub(crate) const CHECKED_LIMIT: &str = "\u{1}checked limit";

/// What was written compares as a decimal, for SQLite.
pub(crate) const COLLATE_DECIMAL: &str = "\u{1}collate decimal";

/// What a column's name for diesel says beside the name: the collation by which SQLite compares its values, behind
/// [`MARK`]. SQLite knows the collation of a column, but not of what is made of one, such as `max("price")`. One that is
/// written beside a column holds for all that is made of it.
///
/// Of a name with this mark, the name and the collation.
pub(super) fn collation_of(name: &str) -> Option<(&str, &str)> {
    name.split_once(char::from(MARK))
}

/// The function that stands for a cast on SQLite, whose own fails for nothing and takes what it can of a text.
pub(super) fn cast_call(type_name: &str) -> Option<&'static str> {
    Some(match type_name {
        SMALLINT => "mizzle_cast(16, ",
        INTEGER => "mizzle_cast(32, ",
        BIGINT => "mizzle_cast(64, ",
        REAL => "mizzle_cast(-32, ",
        DOUBLE => "mizzle_cast(-64, ",
        TEXT => "mizzle_cast(0, ",
        _ => return None,
    })
}

// The names of the types to which there are casts.
pub(super) const SMALLINT: &str = "smallint";
pub(super) const INTEGER: &str = "integer";
pub(super) const BIGINT: &str = "bigint";
pub(super) const REAL: &str = "real";
pub(super) const DOUBLE: &str = "double precision";
pub(super) const TEXT: &str = "text";

/// Whether `condition` stays one condition between others: whether one pair of parentheses holds all of it.
/// When in doubt it doesn't.
pub(super) fn is_enclosed(condition: &str, dialect: Dialect) -> bool {
    let backslashes = dialect.capabilities().backslashes;
    let is_doubtful = |token: Token<'_>| match token.kind {
        TokenKind::Comment | TokenKind::Unclosed => true,
        TokenKind::Text => backslashes && token.text.contains('\\'),
        _ => false,
    };
    is_closed(condition, dialect) && !Lexer::new(condition, dialect).any(is_doubtful)
}

/// Whether the parenthesis that `sql` begins with is closed by its last character.
pub(super) fn is_closed(sql: &str, dialect: Dialect) -> bool {
    inside_parentheses(sql, dialect).is_some()
}

#[cfg(test)]
mod tests {
    use super::{is_closed, is_enclosed};
    use crate::dialect::Dialect;

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
