//! Defaults, as SQLite prints them.

use orm_core::Dialect;
use orm_core::schema::fragments::default_sql;
use orm_core::schema::{ColumnType, DefaultValue};
use orm_lexer::{TokenKind, tokens};

use crate::introspect::defaults::{of_bytes, of_number, of_text};

fn without_parentheses(sql: &str) -> &str {
    orm_lexer::without_parentheses(sql, Dialect::Sqlite)
}

/// Returns the default of a column; `None` for NULL, which is not a default.
pub(super) fn read(sql: &str, ty: &ColumnType) -> Option<DefaultValue> {
    let sql = without_parentheses(sql);
    let tokens = tokens(sql, Dialect::Sqlite);
    let kinds: Vec<TokenKind> = tokens.iter().map(|token| token.kind).collect();
    let (written, candidates) = match (tokens.as_slice(), kinds.as_slice()) {
        ([word], _) if word.is("NULL") => return None,
        ([word], _) if *ty == ColumnType::Bool && word.is("TRUE") => {
            return Some(DefaultValue::Bool(true));
        }
        ([word], _) if *ty == ColumnType::Bool && word.is("FALSE") => {
            return Some(DefaultValue::Bool(false));
        }
        ([word], _) if KEYWORDS.iter().any(|keyword| word.is(keyword)) => {
            (sql.to_owned(), vec![DefaultValue::Now])
        }
        // SQLite reads a name as a text here.
        ([text], [TokenKind::Text | TokenKind::QuotedName | TokenKind::Word]) => {
            let text = text.name().unwrap_or_default();
            (Dialect::Sqlite.quote_literal(&text), of_text(&text, ty))
        }
        ([blob], [TokenKind::Blob]) => {
            (sql.to_owned(), of_bytes(&blob.value().unwrap_or_default(), ty))
        }
        (_, [TokenKind::Number]) => of_written_number(sql, ty),
        ([sign, _], [_, TokenKind::Number]) if sign.is_symbol("-") => of_written_number(sql, ty),
        _ => (sql.to_owned(), vec![DefaultValue::Now]),
    };
    let same = |default: &DefaultValue| {
        default_sql(default, ty, Dialect::Sqlite)
            .is_ok_and(|sql| without_parentheses(&sql) == without_parentheses(&written))
    };
    let expression = || DefaultValue::Sql(without_parentheses(&written).to_owned());
    Some(candidates.into_iter().find(same).unwrap_or_else(expression))
}

fn of_written_number(sql: &str, ty: &ColumnType) -> (String, Vec<DefaultValue>) {
    let number: String = sql.split_whitespace().collect();
    let values = of_number(&number, ty);
    (number, values)
}

/// The words that aren't names here.
const KEYWORDS: [&str; 5] = ["TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"];

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
        for (sql, ty, expected) in [
            ("1", ColumnType::Bool, Some(DefaultValue::Bool(true))),
            ("FALSE", ColumnType::Bool, Some(DefaultValue::Bool(false))),
            ("-5", ColumnType::SmallInt, Some(DefaultValue::Integer(-5))),
            ("40000", ColumnType::SmallInt, expression("40000")),
            ("1.5e3", ColumnType::Double, number("1.5e3")),
            ("'it''s'", ColumnType::Text, text("it's")),
            ("\"it's\"", ColumnType::Text, text("it's")),
            ("abc", ColumnType::Text, text("abc")),
            ("abc", ColumnType::BigInt, expression("'abc'")),
            ("true", ColumnType::BigInt, expression("true")),
            ("5", ColumnType::Text, expression("5")),
            ("(.5)", ColumnType::Double, number(".5")),
            ("'1.50'", ColumnType::Decimal, number("1.50")),
            ("'7'", ColumnType::Decimal, Some(DefaultValue::Integer(7))),
            ("'abc'", ColumnType::Decimal, expression("'abc'")),
            ("X'6869'", ColumnType::Bytes, text("hi")),
            ("X'ff'", ColumnType::Bytes, expression("X'ff'")),
            ("'2024-01-31'", ColumnType::Date, text("2024-01-31")),
            // Writing this would result in another form.
            ("'2024-01-31 18:30'", ColumnType::Timestamp, expression("'2024-01-31 18:30'")),
            ("strftime('%Y-%m-%d', 'now')", ColumnType::Date, Some(DefaultValue::Now)),
            ("CURRENT_TIMESTAMP", ColumnType::Timestamp, expression("CURRENT_TIMESTAMP")),
            ("(1 + 1)", ColumnType::BigInt, expression("1 + 1")),
            ("NULL", ColumnType::Text, None),
            ("'[]'", ColumnType::BigInt.array(), Some(DefaultValue::EmptyArray)),
            ("'{}'", ColumnType::BigInt.array(), expression("'{}'")),
        ] {
            assert_eq!(read(sql, &ty), expected, "{sql} of {ty:?}");
        }
        let uuid = read("X'550e8400e29b41d4a716446655440000'", &ColumnType::Uuid);
        assert_eq!(uuid, text("550e8400-e29b-41d4-a716-446655440000"));
    }
}
