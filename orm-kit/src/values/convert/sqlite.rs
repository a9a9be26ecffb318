//! Conversions in the SQL of SQLite.

use orm_core::schema::ColumnType::{self, *};

use crate::affinity::Affinity;

use super::{
    Conversion, FALSE, Found, TRUE, always, exact_up_to, is_plain_in_json, is_text, range, unless,
};

/// Keeps values unchanged if only the declared type changes: SQLite stores values by it, and may change them.
pub(super) fn stored(from: &str, to: &str, c: &str) -> Conversion {
    let (before, after) = (Affinity::of(from), Affinity::of(to));
    // SQLite turns a text into a number if it looks like one. So does this comparison.
    let number = format!("CAST({c} AS NUMERIC)");
    let is_rewritten =
        format!("typeof({c}) = 'text' AND {c} = {number} AND CAST({number} AS TEXT) <> {c}");
    let fails = match after {
        _ if before == after => return Conversion::Same,
        Affinity::Blob => return Conversion::Same,
        Affinity::Text => {
            format!("typeof({c}) = 'real' AND CAST(CAST({c} AS TEXT) AS REAL) <> {c}")
        }
        Affinity::Integer | Affinity::Numeric => is_rewritten,
        Affinity::Real => format!(
            "{is_rewritten} OR typeof({c}) = 'integer' AND {c} NOT BETWEEN -9007199254740992 AND 9007199254740992"
        ),
    };
    let what = format!("values that a column declared {to} can't store as they are");
    Conversion::By { value: c.to_owned(), fails: vec![(fails, what)] }
}

/// Returns whether only a function that mizzle's connections have converts the values.
pub(super) fn needs_function(from: &ColumnType, to: &ColumnType) -> bool {
    from != to
        && match to {
            Cidr => is_text(from) || *from == Inet,
            Inet => is_text(from) || *from == Cidr,
            Interval => is_text(from),
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
            | Enum { .. }
            | Other(_)
            | Array(_) => false,
        }
}

pub(super) fn convert(from: &ColumnType, to: &ColumnType, c: &str) -> Found {
    // `json_type` fails for texts that aren't JSON, and only CASE guarantees an order.
    let is_number =
        format!("CASE WHEN json_valid({c}) THEN json_type({c}) IN ('integer', 'real') ELSE 0 END");
    match (from, to) {
        _ if from == to => always(c),
        (SmallInt | Integer | BigInt, SmallInt | Integer | BigInt) => {
            if from.bits() < to.bits() {
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
        (Bool, Text | Varchar(_) | Enum { .. } | Other(_) | Json) => {
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
        (_, Cidr) if is_text(from) || *from == Inet => {
            unless(format!("mizzle_cidr({c})"), format!("mizzle_cidr({c}) IS NULL"))
        }
        (Cidr, Inet) => always(format!("mizzle_inet({c})")),
        (_, Inet) if is_text(from) => {
            unless(format!("mizzle_inet({c})"), format!("mizzle_inet({c}) IS NULL"))
        }
        (_, Interval) if is_text(from) => {
            unless(format!("mizzle_interval({c})"), format!("mizzle_interval({c}) IS NULL"))
        }
        (Array(from), Array(to)) => arrays(from, to, c),
        (Array(element), Json) if is_plain_in_json(element) => always(c),
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
        (Decimal | Json | Date | Time | Timestamp | Timestamptz | Inet | Cidr | Interval, _)
            if is_text(to) =>
        {
            always(c)
        }
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

/// Converts each element in the JSON text.
fn arrays(from: &ColumnType, to: &ColumnType, c: &str) -> Found {
    let each = |value: &str| {
        format!("(SELECT json_group_array({value} ORDER BY key) FROM json_each({c}))")
    };
    // An aggregate of no array is the empty one.
    let each = |value: &str| format!("CASE WHEN {c} IS NOT NULL THEN {} END", each(value));
    let (integer, text) = (from.is_integer(), *to == Text);
    if integer && to.is_integer() && from.bits() > to.bits() {
        let is_out = format!("value NOT BETWEEN {}", range(to));
        return unless(c, format!("EXISTS (SELECT 1 FROM json_each({c}) WHERE {is_out})"));
    }
    let stays = integer && to.is_integer()
        || (from, to) == (&Real, &Double)
        || text && matches!(from, Decimal | Uuid);
    if stays {
        always(c)
    } else if integer && (*to == Decimal || text) {
        always(each("CAST(value AS TEXT)"))
    } else if *from == Bool && text {
        always(each("CASE value WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"))
    } else {
        None
    }
}

/// Writes a float on SQLite as text that reads as the same float: 15 digits if they suffice, otherwise 17.
fn float_text(c: &str) -> String {
    format!(
        "CASE WHEN CAST(CAST({c} AS TEXT) AS REAL) = {c} THEN CAST({c} AS TEXT) WHEN {c} IS NOT NULL \
         THEN format('%!.17g', {c}) END"
    )
}

/// Whether a text on SQLite isn't in the form of an integer of this size.
fn not_integer(text: &str, to: &ColumnType) -> String {
    format!(
        "CAST(CAST({text} AS INTEGER) AS TEXT) <> {text} OR CAST({text} AS INTEGER) NOT BETWEEN {}",
        range(to)
    )
}

fn not_moment(text: &str) -> String {
    format!("strftime('%s', {text}) IS NULL")
}

/// Reads the moment of a text in the form of SQLite's columns. SQLite's own functions only know milliseconds, so
/// microseconds are converted by hand.
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
