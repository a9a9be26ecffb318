//! How a value of one type becomes one of another, on each database alike.
//!
//! A value is carried over only if it comes back the same when it is turned back: `'007'` is no integer, because 7 would not
//! be `'007'` again.

use orm_core::Dialect;
use orm_core::schema::ColumnType::{self, *};

/// How values are carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conversion {
    /// As they are.
    Same,
    /// By an expression.
    By {
        /// What gives the new value.
        value: String,
        /// What is true of a value that can't be carried over, and what it is, such as `text that is no integer`.
        fails: Vec<(String, String)>,
    },
    /// Not at all: only NULL remains.
    Never,
}

/// How values of the column named `column` (quoted) become `to`.
pub(crate) fn convert(
    from: &ColumnType,
    to: &ColumnType,
    column: &str,
    dialect: Dialect,
) -> Conversion {
    if is_text(from) && is_text(to) {
        return texts(from, to, column, dialect);
    }
    let (value, fails) = match dialect {
        Dialect::Sqlite => match sqlite(from, to, column) {
            Some(conversion) => conversion,
            None => return Conversion::Never,
        },
        Dialect::Postgres => match postgres(from, to, column) {
            Some(conversion) => conversion,
            None => return Conversion::Never,
        },
    };
    let mut fails: Vec<(String, String)> = fails
        .into_iter()
        .map(|condition| (condition, format!("values that are not {}", noun(to))))
        .collect();
    // What becomes text must be one of the labels, or short enough.
    if let Conversion::By { fails: more, .. } = texts(&Text, to, &value, dialect)
        && is_text(to)
    {
        fails.extend(more);
    }
    let value = match to {
        Enum { native: Some(name), .. } if dialect == Dialect::Postgres => {
            format!("({value})::{}", dialect.quote_ident(name))
        }
        _ => value,
    };
    if value == column && fails.is_empty() {
        Conversion::Same
    } else {
        Conversion::By { value, fails }
    }
}

fn is_text(ty: &ColumnType) -> bool {
    matches!(ty, Text | Varchar(_) | Enum { .. })
}

fn noun(ty: &ColumnType) -> &'static str {
    match ty {
        Bool => "true or false",
        SmallInt => "whole numbers of 16 bits",
        Integer => "whole numbers of 32 bits",
        BigInt => "whole numbers of 64 bits",
        Real | Double => "numbers that a float holds exactly",
        Decimal => "decimal numbers",
        Date => "dates alone",
        Time => "times of day",
        Timestamp | Timestamptz => "dates with a time",
        Uuid => "UUIDs",
        Json => "JSON documents",
        _ => "texts of the new type",
    }
}

/// Between texts of any length, of some length, and enums.
fn texts(from: &ColumnType, to: &ColumnType, column: &str, dialect: Dialect) -> Conversion {
    let quoted = |label: &String| dialect.quote_literal(label);
    let is_native = |ty: &ColumnType| {
        dialect == Dialect::Postgres && matches!(ty, Enum { native: Some(_), .. })
    };
    let text = if is_native(from) { format!("{column}::text") } else { column.to_owned() };
    let mut fails = Vec::new();
    match (from, to) {
        (Enum { labels: old, .. }, Enum { labels: new, .. }) => {
            let removed = old.iter().filter(|label| !new.contains(label));
            fails.extend(removed.map(|label| {
                (
                    format!("{text} = {}", quoted(label)),
                    format!("the label {label:?}, which is removed"),
                )
            }));
        }
        (_, Enum { labels, .. }) => {
            let labels: Vec<String> = labels.iter().map(quoted).collect();
            fails.push((
                format!("{text} NOT IN ({})", labels.join(", ")),
                "texts that are none of the labels".into(),
            ));
        }
        (Varchar(old), Varchar(new)) if old <= new => {}
        (_, Varchar(new)) => {
            fails.push((
                format!("length({text}) > {new}"),
                format!("texts of more than {new} characters"),
            ));
        }
        _ => {}
    }
    let value = match to {
        Enum { native: Some(name), .. } if dialect == Dialect::Postgres => {
            format!("{text}::{}", dialect.quote_ident(name))
        }
        _ => text,
    };
    if value == column && fails.is_empty() {
        Conversion::Same
    } else {
        Conversion::By { value, fails }
    }
}

type Found = Option<(String, Option<String>)>;

/// A value that always can be.
fn always(value: impl Into<String>) -> Found {
    Some((value.into(), None))
}

/// A value that can be unless the condition is true.
fn unless(value: impl Into<String>, fails: impl Into<String>) -> Found {
    Some((value.into(), Some(fails.into())))
}

fn bits(ty: &ColumnType) -> Option<u32> {
    match ty {
        SmallInt => Some(16),
        Integer => Some(32),
        BigInt => Some(64),
        _ => None,
    }
}

fn range(ty: &ColumnType) -> &'static str {
    match ty {
        SmallInt => "-32768 AND 32767",
        Integer => "-2147483648 AND 2147483647",
        _ => "-9223372036854775808 AND 9223372036854775807",
    }
}

/// The largest whole number up to which a float has all.
fn exact_up_to(ty: &ColumnType) -> &'static str {
    if *ty == Real { "16777216" } else { "9007199254740992" }
}

const TRUE: &str = "'true', 't', 'yes', 'on', '1'";
const FALSE: &str = "'false', 'f', 'no', 'off', '0'";

fn postgres(from: &ColumnType, to: &ColumnType, c: &str) -> Found {
    const INTEGER: &str = "'^(0|-?[1-9][0-9]*)$'";
    const NUMBER: &str = r"'^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$'";
    const UUID: &str = "'^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'";
    let declared = |ty: &ColumnType| {
        orm_core::schema::fragments::column_type(
            &orm_core::schema::ColumnDef::new("", ty.clone()),
            Dialect::Postgres,
        )
    };
    let cast = format!("{c}::{}", declared(to));
    match (from, to) {
        _ if from == to => always(c),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            if bits(from) < bits(to) {
                always(c)
            } else {
                unless(cast, format!("{c} NOT BETWEEN {}", range(to)))
            }
        }
        (SmallInt | Integer | BigInt, Real | Double) => {
            unless(cast, format!("abs({c}::numeric) > {}", exact_up_to(to)))
        }
        (SmallInt | Integer | BigInt, Decimal) => always(cast),
        (Real | Double | Decimal, SmallInt | Integer | BigInt) => {
            unless(cast, format!("{c} <> trunc({c}) OR {c} NOT BETWEEN {}", range(to)))
        }
        (Real, Double) => always(c),
        (Double, Real) => unless(cast, format!("{c} <> {c}::real::double precision")),
        (Real | Double, Decimal) => unless(
            format!("{c}::text::numeric"),
            format!("{c}::text IN ('NaN', 'Infinity', '-Infinity')"),
        ),
        (Decimal, Real | Double) => {
            unless(format!("{c}::text::{}", declared(to)), format!("{cast}::text::numeric <> {c}"))
        }
        (Bool, SmallInt | Integer | BigInt) => {
            always(format!("(CASE WHEN {c} THEN 1 WHEN NOT {c} THEN 0 END)"))
        }
        (SmallInt | Integer | BigInt, Bool) => {
            unless(format!("({c} = 1)"), format!("{c} NOT IN (0, 1)"))
        }
        (Bool, Text | Varchar(_) | Enum { .. }) => always(format!("{c}::text")),
        (_, Bool) if is_text(from) => unless(
            format!("(lower({c}::text) IN ({TRUE}))"),
            format!("lower({c}::text) NOT IN ({TRUE}, {FALSE})"),
        ),
        (_, SmallInt | Integer | BigInt) if is_text(from) => unless(
            format!("{c}::text::{}", declared(to)),
            format!(
                "CASE WHEN {c}::text ~ {INTEGER} THEN {c}::text::numeric NOT BETWEEN {} ELSE true END",
                range(to)
            ),
        ),
        (_, Real | Double | Decimal) if is_text(from) => {
            unless(format!("{c}::text::{}", declared(to)), format!("{c}::text !~ {NUMBER}"))
        }
        (_, Uuid) if is_text(from) => {
            unless(format!("{c}::text::uuid"), format!("{c}::text !~ {UUID}"))
        }
        (_, Bytes) if is_text(from) => always(format!("convert_to({c}::text, 'UTF8')")),
        (_, Json) if is_text(from) => always(format!("{c}::text::jsonb")),
        (_, Date | Time | Timestamp) if is_text(from) => {
            always(format!("{c}::text::{}", declared(to)))
        }
        // A text without a zone is in UTC, whatever the session's.
        (_, Timestamptz) if is_text(from) => always(format!(
            "(CASE WHEN {c}::text ~* '(z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$' AND {c}::text ~ ':' THEN {c}::text::timestamptz \
             ELSE {c}::text::timestamp AT TIME ZONE 'UTC' END)"
        )),
        (Uuid, Bytes) => always(format!("uuid_send({c})")),
        (Bytes, Uuid) => unless(format!("encode({c}, 'hex')::uuid"), format!("length({c}) <> 16")),
        (Date, Timestamp) => always(format!("{c}::timestamp")),
        (Date, Timestamptz) => always(format!("({c}::timestamp AT TIME ZONE 'UTC')")),
        (Timestamp, Timestamptz) | (Timestamptz, Timestamp) => {
            always(format!("({c} AT TIME ZONE 'UTC')"))
        }
        (Timestamp, Date) => unless(format!("{c}::date"), format!("{c} <> date_trunc('day', {c})")),
        (Timestamptz, Date) => unless(
            format!("({c} AT TIME ZONE 'UTC')::date"),
            format!("{c} AT TIME ZONE 'UTC' <> date_trunc('day', {c} AT TIME ZONE 'UTC')"),
        ),
        (Bool | SmallInt | Integer | BigInt | Real | Double | Decimal, Json) => {
            always(format!("to_jsonb({c})"))
        }
        (SmallInt | Integer | BigInt | Real | Double | Decimal | Uuid | Json, _) if is_text(to) => {
            always(format!("{c}::text"))
        }
        (Date, _) if is_text(to) => always(format!("to_char({c}, 'YYYY-MM-DD')")),
        (Time, _) if is_text(to) => always(format!("to_char({c}, 'HH24:MI:SS.US')")),
        (Timestamp, _) if is_text(to) => {
            always(format!("to_char({c}, 'YYYY-MM-DD HH24:MI:SS.US')"))
        }
        (Timestamptz, _) if is_text(to) => always(format!(
            "(to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00')"
        )),
        _ => None,
    }
}

fn sqlite(from: &ColumnType, to: &ColumnType, c: &str) -> Found {
    // `json_type` fails on what is no JSON, and CASE alone promises an order.
    let is_number =
        format!("CASE WHEN json_valid({c}) THEN json_type({c}) IN ('integer', 'real') ELSE 0 END");
    match (from, to) {
        _ if from == to => always(c),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            if bits(from) < bits(to) {
                always(c)
            } else {
                unless(c, format!("{c} NOT BETWEEN {}", range(to)))
            }
        }
        (SmallInt | Integer | BigInt, Real | Double) => {
            let limit = exact_up_to(to);
            unless(format!("CAST({c} AS REAL)"), format!("{c} NOT BETWEEN -{limit} AND {limit}"))
        }
        (SmallInt | Integer | BigInt, Decimal) => always(format!("CAST({c} AS TEXT)")),
        (Real | Double, SmallInt | Integer | BigInt) => unless(
            format!("CAST({c} AS INTEGER)"),
            format!("{c} <> CAST({c} AS INTEGER) OR {c} NOT BETWEEN {}", range(to)),
        ),
        // Both are 64 bits here.
        (Real, Double) | (Double, Real) => always(c),
        (Real | Double, Decimal) => unless(float_text(c), format!("{c} IN (9e999, -9e999)")),
        (Decimal, Real | Double) => unless(
            format!("CAST({c} AS REAL)"),
            format!("length(replace(replace(CAST({c} AS TEXT), '-', ''), '.', '')) > 15"),
        ),
        (Decimal, SmallInt | Integer | BigInt) => {
            let whole = format!(
                "CASE WHEN instr({c}, '.') THEN rtrim(rtrim({c}, '0'), '.') ELSE CAST({c} AS TEXT) END"
            );
            unless(format!("CAST({c} AS INTEGER)"), not_integer(&whole, to))
        }
        (Bool, SmallInt | Integer | BigInt) => always(c),
        (SmallInt | Integer | BigInt, Bool) => unless(c, format!("{c} NOT IN (0, 1)")),
        (Bool, Text | Varchar(_) | Enum { .. } | Json) => {
            always(format!("CASE {c} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"))
        }
        (_, Bool) if is_text(from) => unless(
            format!("lower({c}) IN ({TRUE})"),
            format!("lower({c}) NOT IN ({TRUE}, {FALSE})"),
        ),
        (_, SmallInt | Integer | BigInt) if is_text(from) => {
            unless(format!("CAST({c} AS INTEGER)"), not_integer(c, to))
        }
        (_, Real | Double) if is_text(from) => {
            unless(format!("CAST({c} AS REAL)"), format!("NOT ({is_number})"))
        }
        (_, Decimal) if is_text(from) => unless(c, format!("NOT ({is_number})")),
        (_, Uuid) if is_text(from) => unless(
            format!("unhex(replace({c}, '-', ''))"),
            format!("coalesce(length(unhex(replace({c}, '-', ''))), 0) <> 16"),
        ),
        (_, Bytes) if is_text(from) => always(format!("CAST({c} AS BLOB)")),
        (_, Json) if is_text(from) => unless(c, format!("NOT json_valid({c})")),
        (_, Date) if is_text(from) => unless(format!("date({c})"), not_moment(c)),
        (_, Time) if is_text(from) => unless(moment("%H:%M:%S", c, ""), not_moment(c)),
        (_, Timestamp) if is_text(from) => {
            unless(moment("%Y-%m-%d %H:%M:%S", c, ""), not_moment(c))
        }
        (_, Timestamptz) if is_text(from) => {
            unless(moment("%Y-%m-%d %H:%M:%S", c, " || '+00:00'"), not_moment(c))
        }
        (Uuid, Bytes) => always(c),
        (Bytes, Uuid) => unless(c, format!("length({c}) <> 16")),
        (Uuid, _) if is_text(to) => {
            let part = |start: u32, length: u32| format!("substr(hex({c}), {start}, {length})");
            let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
            // The hex of NULL is an empty text.
            always(format!(
                "CASE WHEN {c} IS NOT NULL THEN lower({}) END",
                parts.join(" || '-' || ")
            ))
        }
        (Date, Timestamp) => always(format!("{c} || ' 00:00:00.000000'")),
        (Date, Timestamptz) => always(format!("{c} || ' 00:00:00.000000+00:00'")),
        (Timestamp, Timestamptz) => always(format!("{c} || '+00:00'")),
        (Timestamptz, Timestamp) => always(format!("substr({c}, 1, 26)")),
        (Timestamp | Timestamptz, Date) => unless(
            format!("substr({c}, 1, 10)"),
            format!("substr({c}, 11, 16) <> ' 00:00:00.000000'"),
        ),
        (SmallInt | Integer | BigInt | Real | Double | Decimal, Json) => {
            always(format!("CAST({c} AS TEXT)"))
        }
        (SmallInt | Integer | BigInt, _) if is_text(to) => always(format!("CAST({c} AS TEXT)")),
        (Real | Double, _) if is_text(to) => always(float_text(c)),
        (Decimal | Json | Date | Time | Timestamp | Timestamptz, _) if is_text(to) => always(c),
        _ => None,
    }
}

/// A float on SQLite as text from which it can be read again: 15 digits where they do, and else 17.
fn float_text(c: &str) -> String {
    format!(
        "CASE WHEN CAST(CAST({c} AS TEXT) AS REAL) = {c} THEN CAST({c} AS TEXT) WHEN {c} IS NOT NULL \
         THEN format('%!.17g', {c}) END"
    )
}

/// Whether a text on SQLite is not written as an integer of this size is.
fn not_integer(text: &str, to: &ColumnType) -> String {
    format!(
        "CAST(CAST({text} AS INTEGER) AS TEXT) <> {text} OR CAST({text} AS INTEGER) NOT BETWEEN {}",
        range(to)
    )
}

fn not_moment(text: &str) -> String {
    format!("strftime('%s', {text}) IS NULL")
}

/// The moment of a text in the form in which SQLite's columns hold it: SQLite's own functions know milliseconds alone, so
/// that microseconds are carried over by hand.
fn moment(format: &str, text: &str, zone: &str) -> String {
    let point = format!("instr({text}, '.')");
    format!(
        "CASE WHEN {text} GLOB '*.[0-9][0-9][0-9][0-9][0-9][0-9]*' \
         THEN strftime('{format}', substr({text}, 1, {point} - 1) || ltrim(substr({text}, {point} + 1), '0123456789')) \
         || substr({text}, {point}, 7){zone} \
         ELSE strftime('{seconds}', {text}) || '000'{zone} END",
        seconds = format.replace("%S", "%f"),
    )
}
