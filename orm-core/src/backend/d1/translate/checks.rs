//! Arithmetic and casts that fail as PostgreSQL's do, in plain SQL.

/// The greatest floating point number is smaller than this one, which SQLite reads as infinite.
const INFINITE: &str = "9e999";

/// Returns an expression that fails: SQLite names the path that it can't read. `code` is a result code of SQLite's.
pub(in crate::backend::d1) fn failing(code: i32, message: &str) -> String {
    format!("json_extract('{{}}', 'mizzle {code} {message}')")
}

/// The result code for a value that doesn't fit: SQLITE_MISMATCH.
pub(super) const MISMATCH: i32 = 20;

fn range_of(bits: i64) -> Option<(i64, i64)> {
    match bits {
        16 => Some((i16::MIN.into(), i16::MAX.into())),
        32 => Some((i32::MIN.into(), i32::MAX.into())),
        _ => None,
    }
}

pub(super) fn out_of_range(bits: i64) -> String {
    let name = match bits {
        16 => "smallint",
        32 => "integer",
        _ => "bigint",
    };
    failing(MISMATCH, &format!("{name} out of range"))
}

/// Returns the condition that an integer fits the bits.
fn fits(bits: i64, sql: &str) -> String {
    match range_of(bits) {
        Some((low, high)) => format!("{sql} BETWEEN {low} AND {high}"),
        None => "1".into(),
    }
}

/// Returns `left operator right`; an operator is the number that `mizzle_checked` takes.
pub(super) fn arithmetic(operator: usize, bits: i64, left: &str, right: &str) -> String {
    let symbol = ["+", "-", "*", "/"][operator.min(3)];
    let by_zero = failing(MISMATCH, "division by zero");
    let by_zero = match operator {
        3 => format!("WHEN {right} = 0 THEN {by_zero} "),
        _ => String::new(),
    };
    let whole = format!("({left} {symbol} {right})");
    // Integers that don't fit become floating point.
    let integers = format!(
        "CASE {by_zero}WHEN typeof{whole} = 'integer' AND {} THEN {whole} ELSE {} END",
        fits(bits, &whole),
        out_of_range(bits),
    );
    let (a, b) = (format!("CAST({left} AS REAL)"), format!("CAST({right} AS REAL)"));
    let real = format!("({a} {symbol} {b})");
    let is_finite = |number: &str| format!("abs({number}) < {INFINITE}");
    let vanishes = match operator {
        2 => Some(format!("{a} <> 0 AND {b} <> 0")),
        3 => Some(format!("{a} <> 0 AND {}", is_finite(&b))),
        _ => None,
    };
    let underflow = vanishes.map_or_else(String::new, |condition| {
        let fails = failing(MISMATCH, "value out of range: underflow");
        format!("WHEN {real} = 0 AND {condition} THEN {fails} ")
    });
    let reals = format!(
        "CASE {by_zero}WHEN abs{real} = {INFINITE} AND {} AND {} THEN {} {underflow}ELSE {real} END",
        is_finite(&a),
        is_finite(&b),
        failing(MISMATCH, "value out of range: overflow"),
    );
    let are_null = format!("{left} IS NULL OR {right} IS NULL");
    if bits < 0 {
        return format!("CASE WHEN {are_null} THEN NULL ELSE {reals} END");
    }
    format!(
        "CASE WHEN {are_null} THEN NULL WHEN typeof({left}) = 'integer' AND typeof({right}) = 'integer' \
         THEN {integers} ELSE {reals} END"
    )
}

/// Returns a number or a text as an integer of this many bits, rounded to the nearest one; halfway, to the even one.
pub(super) fn to_integer(bits: i64, sql: &str) -> String {
    let whole = format!("CAST({sql} AS INTEGER)");
    let rest = format!("({sql} - {whole})");
    let rounded = format!(
        "({whole} + CASE WHEN {rest} > 0.5 OR {rest} = 0.5 AND {whole} % 2 <> 0 THEN 1 \
         WHEN {rest} < -0.5 OR {rest} = -0.5 AND {whole} % 2 <> 0 THEN -1 ELSE 0 END)"
    );
    let fails = out_of_range(bits);
    let integer = format!("CASE WHEN {} THEN {sql} ELSE {fails} END", fits(bits, sql));
    let real = format!(
        "CASE WHEN {sql} >= -9223372036854775808.0 AND {sql} < 9223372036854775808.0 AND {} THEN {rounded} \
         ELSE {fails} END",
        fits(bits, &rounded)
    );
    let trimmed = trimmed(sql);
    let digits = format!("ltrim({trimmed}, '+-')");
    let read = format!("CAST({trimmed} AS INTEGER)");
    let text = format!(
        "CASE WHEN {digits} = '' OR {digits} GLOB '*[^0-9]*' OR length({trimmed}) > length({digits}) + 1 THEN {} \
         WHEN ltrim({digits}, '0') <> ltrim(CAST({read} AS TEXT), '-') AND {read} <> 0 \
         OR NOT ({}) THEN {fails} ELSE {read} END",
        failing(MISMATCH, "the text is not an integer"),
        fits(bits, &read),
    );
    format!(
        "CASE typeof({sql}) WHEN 'integer' THEN {integer} WHEN 'real' THEN {real} WHEN 'text' THEN {text} END"
    )
}

/// Returns a text as a boolean, by PostgreSQL's words, and a number by whether it is 0.
pub(super) fn to_boolean(sql: &str) -> String {
    let word = format!("lower({})", trimmed(sql));
    format!(
        "CASE typeof({sql}) WHEN 'null' THEN NULL WHEN 'text' THEN CASE \
         WHEN {word} IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN 1 \
         WHEN {word} IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN 0 \
         ELSE {} END ELSE {sql} <> 0 END",
        failing(MISMATCH, "a text is no boolean"),
    )
}

/// Returns a number as a floating point number; a text only if it is one as JSON writes it.
pub(super) fn to_real(sql: &str) -> String {
    let trimmed = trimmed(sql);
    format!(
        "CASE typeof({sql}) WHEN 'text' THEN CASE \
         WHEN json_valid({trimmed}) AND json_type({trimmed}) IN ('integer', 'real') \
         AND abs(CAST({trimmed} AS REAL)) < {INFINITE} THEN CAST({trimmed} AS REAL) \
         ELSE {} END WHEN 'null' THEN NULL ELSE CAST({sql} AS REAL) END",
        failing(MISMATCH, "the text is not a number"),
    )
}

fn trimmed(sql: &str) -> String {
    format!("trim({sql}, ' ' || char(9, 10, 11, 12, 13))")
}
