//! Conversions in the SQL of PostgreSQL.

use orm_core::Dialect;
use orm_core::schema::ColumnDef;
use orm_core::schema::ColumnType::{self, *};
use orm_core::schema::fragments::column_type;

use super::{FALSE, Found, TRUE, always, exact_up_to, is_plain_in_json, is_text, range, unless};

pub(super) fn convert(from: &ColumnType, to: &ColumnType, c: &str) -> Found {
    const INTEGER: &str = "'^(0|-?[1-9][0-9]*)$'";
    const NUMBER: &str = r"'^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$'";
    const UUID: &str = "'^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$'";
    const DATE: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    const TIME: &str = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?";
    const ZONE: &str = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)";
    let not_like = |parts: &[&str]| format!("{c}::text !~ '^{}$'", parts.concat());
    let declared =
        |ty: &ColumnType| column_type(&ColumnDef::new("", ty.clone()), Dialect::Postgres);
    let cast = format!("{c}::{}", declared(to));
    match (from, to) {
        _ if from == to => always(c),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            if from.bits() < to.bits() {
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
        (Bool, Text | Varchar(_) | Enum { .. } | Other(_)) => always(format!("{c}::text")),
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
        // A comparison as text, because a cast of another value would fail before the pattern is looked at.
        (_, Cidr) if is_text(from) => unless(
            format!("{c}::text::cidr"),
            format!(
                "CASE WHEN {c}::text ~ '{}' THEN {c}::text::inet <> network({c}::text::inet) ELSE true END",
                address()
            ),
        ),
        (Inet, Cidr) => unless(cast, format!("{c} <> network({c})")),
        (Cidr, Inet) => always(cast),
        (_, Inet) if is_text(from) => {
            unless(format!("{c}::text::inet"), format!("{c}::text !~ '{}'", address()))
        }
        (_, Interval) if is_text(from) => {
            unless(format!("{c}::text::interval"), format!("{c}::text !~ '{}'", interval()))
        }
        (_, Bytes) if is_text(from) => always(format!("convert_to({c}::text, 'UTF8')")),
        (_, Json) if is_text(from) => always(format!("{c}::text::jsonb")),
        (_, Date) if is_text(from) => unless(format!("{c}::text::date"), not_like(&[DATE])),
        (_, Time) if is_text(from) => unless(format!("{c}::text::time"), not_like(&[TIME])),
        (_, Timestamp) if is_text(from) => {
            unless(format!("{c}::text::timestamp"), not_like(&[DATE, "[ T]", TIME]))
        }
        // A text without a zone is in UTC, whatever the session's zone.
        (_, Timestamptz) if is_text(from) => unless(
            format!(
                "(CASE WHEN {c}::text ~ '{ZONE}$' THEN {c}::text::timestamptz ELSE {c}::text::timestamp AT TIME ZONE \
                 'UTC' END)"
            ),
            not_like(&[DATE, "[ T]", TIME, "(", ZONE, ")?"]),
        ),
        (Array(from), Array(to)) => arrays(from, to, c, &cast),
        (Array(element), Json) if is_plain_in_json(element) => always(format!("to_jsonb({c})")),
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
        (Inet, _) if is_text(to) => always(format!("abbrev({c})")),
        (Cidr, _) if is_text(to) => always(format!("{c}::text")),
        (Interval, _) if is_text(to) => always(interval_text(c)),
        (Date, _) if is_text(to) => always(format!("to_char({c}, 'YYYY-MM-DD')")),
        (Time, _) if is_text(to) => always(format!("to_char({c}, 'HH24:MI:SS.US')")),
        (Timestamp, _) if is_text(to) => {
            always(format!("to_char({c}, 'YYYY-MM-DD HH24:MI:SS.US')"))
        }
        (Timestamptz, _) if is_text(to) => always(format!(
            "(to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00')"
        )),
        (
            Bool
            | SmallInt
            | Integer
            | BigInt
            | Real
            | Double
            | Text
            | Varchar(_)
            | Bytes
            | Date
            | Time
            | Timestamp
            | Timestamptz
            | Uuid
            | Decimal
            | Json
            | Inet
            | Cidr
            | Interval
            | Enum { .. }
            | Other(_)
            | Array(_),
            _,
        ) => None,
    }
}

/// Converts each element by a cast, whose result is the same as that of a single value.
fn arrays(from: &ColumnType, to: &ColumnType, c: &str, cast: &str) -> Found {
    let (integer, text) = (from.is_integer(), *to == Text);
    if integer && to.is_integer() && from.bits() > to.bits() {
        let is_out = format!("element NOT BETWEEN {}", range(to));
        return unless(cast, format!("EXISTS (SELECT FROM unnest({c}) AS element WHERE {is_out})"));
    }
    let is_cast = integer && (to.is_integer() || *to == Decimal || text)
        || (from, to) == (&Real, &Double)
        || text && matches!(from, Bool | Decimal | Uuid);
    is_cast.then(|| (cast.to_owned(), None))
}

/// Returns the pattern of internet addresses, each with or without a prefix.
fn address() -> String {
    const H: &str = "[0-9a-fA-F]{1,4}";
    let byte = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    let mut ipv6 = format!("({H}:){{7}}{H}|({H}:){{1,7}}:|:(:{H}){{1,7}}|::");
    for before in 1..=6 {
        ipv6.push_str(&format!("|({H}:){{1,{before}}}(:{H}){{1,{}}}", 7 - before));
    }
    format!(r"^(({byte}\.){{3}}{byte}(/(3[0-2]|[12]?\d))?|({ipv6})(/(12[0-8]|1[01]\d|[1-9]?\d))?)$")
}

/// Returns the pattern of intervals: ISO 8601, and what PostgreSQL prints.
fn interval() -> String {
    const N: &str = r"[-+]?\d{1,10}";
    let iso = format!(r"P(?=.)({N}Y)?({N}M)?({N}D)?(T(?=.)({N}H)?({N}M)?({N}(\.\d{{1,6}})?S)?)?");
    let words = format!(r"({N} (years?|mons?|months?|days?))( {N} (years?|mons?|months?|days?))*");
    let time = r"[-+]?\d{1,10}:\d{1,10}:\d{1,10}(\.\d{1,6})?";
    format!("^({iso}|({words} )?{time}|{words})$")
}

/// Writes an interval in ISO 8601, whatever form the session is configured for.
fn interval_text(c: &str) -> String {
    let part = |field: &str, letter: &str| {
        format!("coalesce(nullif(extract({field} FROM {c})::bigint, 0) || '{letter}', '')")
    };
    let seconds = format!(
        "coalesce(rtrim(rtrim(round(nullif(extract(microseconds FROM {c})::numeric, 0) / 1000000, 6)::text, '0'), '.') \
         || 'S', '')"
    );
    let parts = [
        part("year", "Y"),
        part("month", "M"),
        part("day", "D"),
        "'T'".into(),
        part("hour", "H"),
        part("minute", "M"),
        seconds,
    ];
    format!(
        "CASE WHEN {c} IS NOT NULL THEN regexp_replace(regexp_replace('P' || {}, 'T$', ''), '^P$', 'PT0S') END",
        parts.join(" || ")
    )
}
