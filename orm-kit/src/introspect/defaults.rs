//! Defaults, from the SQL by which a database tells them.
//!
//! A default is a literal or `now` only where writing that gives the same again; everything else stays an
//! SQL expression, so that reading, creating and reading again ends where it began.

use orm_core::Dialect;
use orm_core::schema::fragments::default_sql;
use orm_core::schema::{ColumnType, DefaultValue};

use super::token::{Kind, tokens, without_parentheses};

/// The default of a column of SQLite's; `None` for NULL, which is none.
pub(super) fn sqlite(sql: &str, ty: &ColumnType) -> Option<DefaultValue> {
    let sql = sql.trim();
    let expression = || Some(DefaultValue::Sql(without_parentheses(sql).to_owned()));
    let tokens = tokens(sql);
    let kinds: Vec<&Kind> = tokens.iter().map(|token| &token.kind).collect();
    let (written, candidates) = match kinds.as_slice() {
        [word] if word.is("NULL") => return None,
        [word] if *ty == ColumnType::Bool && word.is("TRUE") => {
            return Some(DefaultValue::Bool(true));
        }
        [word] if *ty == ColumnType::Bool && word.is("FALSE") => {
            return Some(DefaultValue::Bool(false));
        }
        // SQLite takes a name in quotes for a text here.
        [Kind::Text(text) | Kind::Quoted(text)] => {
            (Dialect::Sqlite.quote_literal(text), of_text(text, ty))
        }
        [Kind::Blob(digits)] => (sql.to_owned(), of_bytes(digits, ty)),
        [Kind::Number(_)] | [Kind::Symbol(b'-'), Kind::Number(_)] => {
            let number: String = sql.split_whitespace().collect();
            (number.clone(), of_number(&number, ty))
        }
        _ => (sql.to_owned(), vec![DefaultValue::Now]),
    };
    let same = |default: &DefaultValue| {
        default_sql(default, ty, Dialect::Sqlite)
            .is_ok_and(|sql| without_parentheses(&sql) == without_parentheses(&written))
    };
    candidates.into_iter().find(same).or_else(expression)
}

/// The forms of the current moment that mizzle writes, as PostgreSQL tells them.
const NOW: &[(ColumnType, &[&str])] = &[
    (
        ColumnType::Date,
        &["((now() AT TIME ZONE 'utc'::text))::date", "(timezone('utc'::text, now()))::date"],
    ),
    (
        ColumnType::Time,
        &[
            "((now() AT TIME ZONE 'utc'::text))::time without time zone",
            "(timezone('utc'::text, now()))::time without time zone",
        ],
    ),
    (ColumnType::Timestamp, &["(now() AT TIME ZONE 'utc'::text)", "timezone('utc'::text, now())"]),
    (ColumnType::Timestamptz, &["CURRENT_TIMESTAMP", "now()"]),
];

/// The default of a column of PostgreSQL's; `None` for NULL, which is none.
pub(super) fn postgres(sql: &str, ty: &ColumnType) -> Option<DefaultValue> {
    let expression = || Some(DefaultValue::Sql(without_parentheses(sql).to_owned()));
    let is_now = NOW.iter().any(|(of, forms)| of == ty && forms.contains(&sql));
    if is_now {
        return Some(DefaultValue::Now);
    }
    let tokens = tokens(sql);
    let literal = tokens.iter().position(|token| token.kind == Kind::Symbol(b':'));
    let (literal, cast) = tokens.split_at(literal.unwrap_or(tokens.len()));
    let is_cast = cast.is_empty() || is_plain_cast(cast.iter().map(|token| &token.kind));
    let kinds: Vec<&Kind> = literal.iter().map(|token| &token.kind).collect();
    let candidates = match kinds.as_slice() {
        [word] if word.is("NULL") => return None,
        _ if !is_cast => Vec::new(),
        [word] if word.is("true") => vec![DefaultValue::Bool(true)],
        [word] if word.is("false") => vec![DefaultValue::Bool(false)],
        [Kind::Number(number)] => of_number(number, ty),
        [Kind::Text(text)] => match ty {
            ColumnType::Bytes => {
                text.strip_prefix("\\x").map_or(Vec::new(), |digits| of_bytes(digits, ty))
            }
            ColumnType::SmallInt
            | ColumnType::Integer
            | ColumnType::BigInt
            | ColumnType::Real
            | ColumnType::Double
            | ColumnType::Decimal => of_number(text, ty),
            _ => of_text(text, ty),
        },
        _ => Vec::new(),
    };
    let holds = |default: &DefaultValue| default_sql(default, ty, Dialect::Postgres).is_ok();
    candidates.into_iter().find(holds).or_else(expression)
}

/// `::character varying(10)`, `::"my enum"`, and not two of them.
fn is_plain_cast<'a>(kinds: impl Iterator<Item = &'a Kind>) -> bool {
    let mut colons = 0;
    for kind in kinds {
        match kind {
            Kind::Symbol(b':') => colons += 1,
            Kind::Word(_) | Kind::Quoted(_) | Kind::Number(_) => {}
            Kind::Symbol(b'(' | b')' | b',' | b'.') => {}
            _ => return false,
        }
    }
    colons == 2
}

fn of_number(number: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    let mut defaults = Vec::new();
    if *ty == ColumnType::Bool {
        defaults.extend(match number {
            "0" => Some(DefaultValue::Bool(false)),
            "1" => Some(DefaultValue::Bool(true)),
            _ => None,
        });
        return defaults;
    }
    defaults.extend(number.parse().ok().map(DefaultValue::Integer));
    // NaN and the infinities are no literals of Rust.
    if number.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        defaults.push(DefaultValue::Number(number.to_owned()));
    }
    defaults
}

fn of_text(text: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    match ty {
        ColumnType::Decimal => of_number(text, ty),
        _ => vec![DefaultValue::Text(text.to_owned())],
    }
}

fn of_bytes(digits: &str, ty: &ColumnType) -> Vec<DefaultValue> {
    let Some(bytes) = bytes(digits) else { return Vec::new() };
    let text = match ty {
        ColumnType::Uuid => uuid::Uuid::from_slice(&bytes).ok().map(|uuid| uuid.to_string()),
        _ => String::from_utf8(bytes).ok(),
    };
    text.map(DefaultValue::Text).into_iter().collect()
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
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
    fn sqlite_literals() {
        for (sql, ty, expected) in [
            ("1", ColumnType::Bool, Some(DefaultValue::Bool(true))),
            ("FALSE", ColumnType::Bool, Some(DefaultValue::Bool(false))),
            ("-5", ColumnType::SmallInt, Some(DefaultValue::Integer(-5))),
            ("40000", ColumnType::SmallInt, expression("40000")),
            ("1.5e3", ColumnType::Double, number("1.5e3")),
            ("'it''s'", ColumnType::Text, text("it's")),
            ("\"it's\"", ColumnType::Text, text("it's")),
            ("5", ColumnType::Text, expression("5")),
            ("'1.50'", ColumnType::Decimal, number("1.50")),
            ("'7'", ColumnType::Decimal, Some(DefaultValue::Integer(7))),
            ("'abc'", ColumnType::Decimal, expression("'abc'")),
            ("X'6869'", ColumnType::Bytes, text("hi")),
            ("X'ff'", ColumnType::Bytes, expression("X'ff'")),
            ("'2024-01-31'", ColumnType::Date, text("2024-01-31")),
            // Writing this would give another form.
            ("'2024-01-31 18:30'", ColumnType::Timestamp, expression("'2024-01-31 18:30'")),
            ("strftime('%Y-%m-%d', 'now')", ColumnType::Date, Some(DefaultValue::Now)),
            ("CURRENT_TIMESTAMP", ColumnType::Timestamp, expression("CURRENT_TIMESTAMP")),
            ("(1 + 1)", ColumnType::BigInt, expression("1 + 1")),
            ("NULL", ColumnType::Text, None),
        ] {
            assert_eq!(sqlite(sql, &ty), expected, "{sql} of {ty:?}");
        }
        let uuid = sqlite("X'550e8400e29b41d4a716446655440000'", &ColumnType::Uuid);
        assert_eq!(uuid, text("550e8400-e29b-41d4-a716-446655440000"));
    }

    #[test]
    fn postgres_literals() {
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
        ] {
            assert_eq!(postgres(sql, &ty), expected, "{sql} of {ty:?}");
        }
    }
}
