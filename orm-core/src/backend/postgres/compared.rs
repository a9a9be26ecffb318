//! The types of a statement's parameters, as they are sent to the server.
//!
//! If a parameter has the type `text`, PostgreSQL compares a `char(3)` without its padding and a `citext` with regard
//! to case: it converts the column and not the parameter. So a text that is compared with a column is sent without a
//! type. The server takes the column's type, and a row is found by its own values. Everywhere else a text is sent as
//! `text`, because a parameter without a type doesn't work in functions that accept any type.

use crate::backend::any::postgres::ffi_oid;
use crate::dialect::Dialect;
use orm_lexer::{Lexer, TokenKind};

const TEXT: ffi_oid = 25;
const TEXT_ARRAY: ffi_oid = 1009;
/// The server finds the type out.
const OPEN: ffi_oid = 0;

/// Whether the type is text, whose form the server reads for any type that it finds out.
fn is_text(oid: ffi_oid) -> bool {
    matches!(oid, TEXT | TEXT_ARRAY)
}

/// Returns the types to prepare `sql` with, whose parameters have these types.
pub(super) fn declared(sql: &str, types: &[ffi_oid]) -> Vec<ffi_oid> {
    let mut declared = types.to_vec();
    if types.iter().any(|oid| is_text(*oid)) {
        for (number, start, end) in parameters(sql) {
            let Some(oid) = number.checked_sub(1).and_then(|place| declared.get_mut(place)) else {
                continue;
            };
            if is_text(*oid) && takes_type_of_column(&sql[..start], &sql[end..]) {
                *oid = OPEN;
            }
        }
    }
    declared
}

/// Returns the places of `$1` and the like: number, start and end.
fn parameters(sql: &str) -> impl Iterator<Item = (usize, usize, usize)> {
    Lexer::new(sql, Dialect::Postgres)
        .filter(|token| token.kind == TokenKind::Parameter)
        .filter_map(|token| Some((token.text[1..].parse().ok()?, token.start, token.end())))
}

const OPERATORS: &[&str] =
    &["=", "<>", "!=", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"];

fn takes_type_of_column(before: &str, after: &str) -> bool {
    // Keys of a relation: see `KeyList`.
    if before.ends_with("coalesce(")
        && (after.starts_with(", (SELECT ") || after.starts_with(", ARRAY(SELECT "))
    {
        return true;
    }
    if let Some(left) = before.strip_suffix(" = ANY(").or_else(|| before.strip_suffix(" != ALL(")) {
        return ends_with_name(left);
    }
    if let Some(rest) = before.strip_suffix(' ') {
        if let Some(left) = left_of_operator(rest) {
            return ends_with_name(left);
        }
        if let Some(left) = rest.strip_suffix(" BETWEEN").map(without_not) {
            return ends_with_name(left);
        }
        // The second value of BETWEEN.
        if let Some((left, _)) = rest
            .strip_suffix(" AND")
            .and_then(|rest| rest.rsplit_once(" BETWEEN $"))
            .filter(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return ends_with_name(without_not(left));
        }
    }
    OPERATORS.iter().any(|operator| {
        after
            .strip_prefix(' ')
            .and_then(|rest| rest.strip_prefix(operator))
            .and_then(|rest| rest.strip_prefix(' '))
            .is_some_and(|rest| rest.starts_with('"'))
    })
}

fn without_not(sql: &str) -> &str {
    sql.strip_suffix(" NOT").unwrap_or(sql)
}

fn left_of_operator(sql: &str) -> Option<&str> {
    OPERATORS.iter().find_map(|operator| sql.strip_suffix(operator)?.strip_suffix(' '))
}

/// Whether the text ends with the name of a column.
fn ends_with_name(sql: &str) -> bool {
    sql.ends_with(|last: char| last == '"' || last == '_' || last.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_compared_with_a_column_has_its_type() {
        let open = |sql: &str| {
            let types = vec![TEXT; 3];
            let declared = declared(sql, &types);
            (1..=3).filter(|number| declared[number - 1] == OPEN).collect::<Vec<usize>>()
        };
        assert_eq!(open(r#"SELECT 1 FROM "t" WHERE "t"."a" = $1 AND lower("a") = $2"#), [1]);
        assert_eq!(open(r#"SELECT $1 WHERE 'it''s $2' = '"' AND "$3" <> $3"#), [3]);
        assert_eq!(open(r#"UPDATE "t" SET "a" = $1, "b" = $2 WHERE "k" = $3"#), [1, 2, 3]);
        assert_eq!(open(r#""a" BETWEEN $1 AND $2 OR concat("a", $3) = 'x'"#), [1, 2]);
        assert_eq!(open(r#""a" NOT BETWEEN $1 AND $2 AND $3 < "a""#), [1, 2, 3]);
        assert_eq!(open(r#""a" = ANY($1) AND "a" != ALL($2) AND array_length($3) = 1"#), [1, 2]);
        assert_eq!(open(r#""a" IS NOT DISTINCT FROM $1 AND "a" LIKE $2 AND a = $3"#), [1, 3]);
        assert_eq!(
            open(
                r#""k" = coalesce($1, (SELECT "t"."k" FROM "t" LIMIT 0)) AND coalesce($2, $3) = ''"#
            ),
            [1]
        );
        assert_eq!(open("SELECT $1 AS a, ($2)::text, $4"), [0; 0]);
    }

    #[test]
    fn other_types_stay() {
        assert_eq!(declared(r#""a" = $1 AND "b" = $2"#, &[23, TEXT]), [23, OPEN]);
        assert_eq!(declared(r#""a" = ANY($1)"#, &[TEXT_ARRAY]), [OPEN]);
    }
}
