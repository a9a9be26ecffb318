//! Defaults, as PostgreSQL prints them.

use orm_core::Dialect;
use orm_core::schema::fragments::default_sql;
use orm_core::schema::{ColumnType, DefaultValue};
use orm_lexer::{Token, TokenKind, tokens, without_parentheses};

use crate::introspect::defaults::{of_bytes, of_number, of_text};

/// Returns the default of a column; `None` for NULL, which is not a default.
pub(super) fn read(sql: &str, ty: &ColumnType) -> Option<DefaultValue> {
    let expression =
        || Some(DefaultValue::Sql(without_parentheses(sql, Dialect::Postgres).to_owned()));
    if ty.facts().now.as_ref().is_some_and(|now| now.printed.contains(&sql)) {
        return Some(DefaultValue::Now);
    }
    let tokens = tokens(sql, Dialect::Postgres);
    let literal = tokens.iter().position(|token| token.is_symbol(":"));
    let (literal, cast) = tokens.split_at(literal.unwrap_or(tokens.len()));
    let is_cast = cast.is_empty() || is_plain_cast(cast);
    let candidates = match literal {
        [word] if word.is("NULL") => return None,
        _ if !is_cast => Vec::new(),
        [word] if word.is("true") => vec![DefaultValue::Bool(true)],
        [word] if word.is("false") => vec![DefaultValue::Bool(false)],
        [number] if number.kind == TokenKind::Number => of_number(number.text, ty),
        [text] if text.kind == TokenKind::Text => match (text.value(), ty) {
            (None, _) => Vec::new(),
            (Some(text), ColumnType::Bytes) => {
                text.strip_prefix("\\x").map_or(Vec::new(), |digits| of_bytes(digits, ty))
            }
            (Some(text), _) if ty.is_number() => of_number(&text, ty),
            (Some(text), ColumnType::Array(_)) if text != "{}" => Vec::new(),
            (Some(text), _) => of_text(&text, ty),
        },
        _ => Vec::new(),
    };
    let holds = |default: &DefaultValue| default_sql(default, ty, Dialect::Postgres).is_ok();
    candidates.into_iter().find(holds).or_else(expression)
}

/// `::character varying(10)`, `::"my enum"`, and not two of them.
fn is_plain_cast(tokens: &[Token<'_>]) -> bool {
    let mut colons = 0;
    for token in tokens {
        match token.parts() {
            (TokenKind::Symbol, ":") => colons += 1,
            (TokenKind::Word | TokenKind::QuotedName | TokenKind::Number, _) => {}
            (TokenKind::Symbol, "(" | ")" | "[" | "]" | "," | ".") => {}
            _ => return false,
        }
    }
    colons == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Text(text.into()))
    }

    fn number(number: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Number(number.into()))
    }

    fn expression(expression: &str) -> Option<DefaultValue> {
        Some(DefaultValue::Sql(expression.into()))
    }

    #[test]
    fn literals() {
        let mood = ColumnType::Enum { labels: vec!["ok".into()], native: Some("my mood".into()) };
        for (sql, ty, expected) in [
            ("true", ColumnType::Bool, Some(DefaultValue::Bool(true))),
            ("5", ColumnType::BigInt, Some(DefaultValue::Integer(5))),
            ("'-5'::integer", ColumnType::BigInt, Some(DefaultValue::Integer(-5))),
            ("'-1.5'::numeric", ColumnType::Double, number("-1.5")),
            (
                "'Infinity'::double precision",
                ColumnType::Double,
                expression("'Infinity'::double precision"),
            ),
            ("1.50", ColumnType::Decimal, number("1.50")),
            ("'it''s'::text", ColumnType::Text, text("it's")),
            ("'x'::character varying(20)", ColumnType::Varchar(20), text("x")),
            ("'ok'::\"my mood\"", mood, text("ok")),
            ("'\\x6869'::bytea", ColumnType::Bytes, text("hi")),
            ("'{\"a\": 1}'::jsonb", ColumnType::Json, text("{\"a\": 1}")),
            (
                "'2024-01-31 16:30:00+00'::timestamp with time zone",
                ColumnType::Timestamptz,
                text("2024-01-31 16:30:00+00"),
            ),
            ("('now'::text)::date", ColumnType::Date, expression("('now'::text)::date")),
            ("'infinity'::date", ColumnType::Date, expression("'infinity'::date")),
            ("CURRENT_TIMESTAMP", ColumnType::Timestamptz, Some(DefaultValue::Now)),
            ("lower('A'::text)", ColumnType::Text, expression("lower('A'::text)")),
            ("('a'::text || 'b'::text)", ColumnType::Text, expression("'a'::text || 'b'::text")),
            ("NULL::text", ColumnType::Text, None),
            ("E'it\\'s'::text", ColumnType::Text, text("it's")),
            ("'{}'::text[]", ColumnType::Text.array(), Some(DefaultValue::EmptyArray)),
            ("'[]'::text[]", ColumnType::Text.array(), expression("'[]'::text[]")),
            ("'{a}'::text[]", ColumnType::Text.array(), expression("'{a}'::text[]")),
        ] {
            assert_eq!(read(sql, &ty), expected, "{sql} of {ty:?}");
        }
    }
}
