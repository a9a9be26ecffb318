//! Arithmetic and casts that fail like PostgreSQL's, for [`dsl::checked`](crate::dsl).

/// A number as SQLite has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Real(f64),
}

pub(super) type Failure = &'static std::ffi::CStr;

const DIVISION_BY_ZERO: Failure = c"division by zero";
const OVERFLOW: Failure = c"value out of range: overflow";
const UNDERFLOW: Failure = c"value out of range: underflow";

const fn out_of_range(bits: i64) -> Failure {
    match bits {
        16 => c"smallint out of range",
        32 => c"integer out of range",
        _ => c"bigint out of range",
    }
}

impl Number {
    pub(super) fn real(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Real(value) => value,
        }
    }
}

/// Computes `left operator right` with this many bits; negative ones are floating point.
pub(super) fn compute(
    operator: i64,
    bits: i64,
    left: Number,
    right: Number,
) -> Result<Number, Failure> {
    if let (1.., Number::Integer(left), Number::Integer(right)) = (bits, left, right) {
        let result = match operator {
            0 => left.checked_add(right),
            1 => left.checked_sub(right),
            2 => left.checked_mul(right),
            _ if right == 0 => return Err(DIVISION_BY_ZERO),
            _ => left.checked_div(right),
        };
        let result = result.ok_or(out_of_range(bits))?;
        return fit(bits, result).map(Number::Integer);
    }
    let (left, right) = (left.real(), right.real());
    let narrow = bits == -32;
    let (left, right) =
        if narrow { (f64::from(left as f32), f64::from(right as f32)) } else { (left, right) };
    let exact = match operator {
        0 => left + right,
        1 => left - right,
        2 => left * right,
        _ if right == 0.0 => return Err(DIVISION_BY_ZERO),
        _ => left / right,
    };
    // More than twice the digits, so that rounding twice is the same as rounding once.
    let result = if narrow { f64::from(exact as f32) } else { exact };
    if result.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(OVERFLOW);
    }
    let vanished = match operator {
        2 => left != 0.0 && right != 0.0,
        3 => left != 0.0 && right.is_finite(),
        _ => false,
    };
    if result == 0.0 && vanished { Err(UNDERFLOW) } else { Ok(Number::Real(result)) }
}

fn fit(bits: i64, value: i64) -> Result<i64, Failure> {
    let fits = match bits {
        16 => i16::try_from(value).is_ok(),
        32 => i32::try_from(value).is_ok(),
        _ => true,
    };
    if fits { Ok(value) } else { Err(out_of_range(bits)) }
}

/// Returns a number as an integer of this many bits, rounded to the nearest one; halfway, to the even one.
pub(super) fn to_integer(bits: i64, value: Number) -> Result<i64, Failure> {
    match value {
        Number::Integer(value) => fit(bits, value),
        Number::Real(value) => {
            let rounded = value.round_ties_even();
            // The first power of two that is too large; NaN isn't below it either.
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
                return Err(out_of_range(bits));
            }
            fit(bits, rounded as i64)
        }
    }
}

/// Returns a text as a boolean, by PostgreSQL's words: all that begin only one of them are the same.
pub(super) fn parse_boolean(text: &[u8]) -> Option<bool> {
    let text = text.trim_ascii().to_ascii_lowercase();
    let begins =
        |word: &str, shortest: usize| text.len() >= shortest && word.as_bytes().starts_with(&text);
    let is_true = begins("true", 1) || begins("yes", 1) || text == b"on" || text == b"1";
    let is_false = begins("false", 1) || begins("no", 1) || begins("off", 2) || text == b"0";
    (is_true || is_false).then_some(is_true)
}

/// Returns a text as an integer of this many bits.
pub(super) fn parse_integer(bits: i64, text: &[u8]) -> Result<i64, Failure> {
    let text = std::str::from_utf8(text).unwrap_or_default().trim_matches(is_space);
    match text.parse::<i128>() {
        Ok(value) => match i64::try_from(value) {
            Ok(value) => fit(bits, value),
            Err(_) => Err(out_of_range(bits)),
        },
        Err(error)
            if matches!(
                error.kind(),
                std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow
            ) =>
        {
            Err(out_of_range(bits))
        }
        Err(_) => Err(c"the text is not an integer"),
    }
}

/// Returns a number as a floating point number.
pub(super) fn to_real(bits: i64, value: Number) -> Result<f64, Failure> {
    let (wide, narrow) = match value {
        // Rounded once.
        Number::Integer(value) => (value as f64, value as f32),
        Number::Real(value) => (value, value as f32),
    };
    if bits == -64 {
        return Ok(wide);
    }
    let narrow = f64::from(narrow);
    if narrow.is_infinite() && wide.is_finite() {
        return Err(OVERFLOW);
    }
    if narrow == 0.0 && wide != 0.0 { Err(UNDERFLOW) } else { Ok(narrow) }
}

/// Returns a text as a floating point number.
pub(super) fn parse_real(bits: i64, text: &[u8]) -> Result<f64, Failure> {
    let text = std::str::from_utf8(text).unwrap_or_default().trim_matches(is_space);
    let no_number = || c"the text is not a number";
    let value: f64 = text.parse().map_err(|_| no_number())?;
    // SQLite has no NaN: it would be NULL.
    if value.is_nan() {
        return Err(no_number());
    }
    let written_infinite =
        text.trim_start_matches(['+', '-']).starts_with(|first: char| first.is_ascii_alphabetic());
    if value.is_infinite() && !written_infinite {
        return Err(OVERFLOW);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    if value == 0.0 && mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
        return Err(UNDERFLOW);
    }
    to_real(bits, Number::Real(value))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// Writes a floating point number like PostgreSQL: with as few digits as distinguish it from all others.
pub(super) fn real_to_text(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..15).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_fit_or_fail() {
        let int = Number::Integer;
        assert_eq!(compute(0, 32, int(i32::MAX.into()), int(0)), Ok(int(i32::MAX.into())));
        assert_eq!(compute(0, 32, int(i32::MAX.into()), int(1)), Err(c"integer out of range"));
        assert_eq!(compute(1, 16, int(i16::MIN.into()), int(1)), Err(c"smallint out of range"));
        assert_eq!(compute(2, 64, int(i64::MAX), int(2)), Err(c"bigint out of range"));
        assert_eq!(compute(3, 64, int(i64::MIN), int(-1)), Err(c"bigint out of range"));
        assert_eq!(compute(3, 64, int(-7), int(2)), Ok(int(-3)));
        assert_eq!(compute(3, 64, int(1), int(0)), Err(DIVISION_BY_ZERO));
    }

    #[test]
    fn floating_point_numbers_fit_or_fail() {
        let real = Number::Real;
        assert_eq!(compute(2, -64, real(1e300), real(1e300)), Err(OVERFLOW));
        assert_eq!(compute(2, -64, real(1e-300), real(1e-300)), Err(UNDERFLOW));
        assert_eq!(compute(3, -64, real(1.0), real(0.0)), Err(DIVISION_BY_ZERO));
        assert_eq!(compute(2, -32, real(1e30), real(1e30)), Err(OVERFLOW));
        let tenth = f64::from(0.1_f32);
        let sum = f64::from(0.1_f32 + 0.1_f32 * 2.0);
        assert_eq!(compute(0, -32, real(tenth), real(f64::from(0.2_f32))), Ok(real(sum)));
    }

    #[test]
    fn casts_as_postgres_does() {
        assert_eq!(to_integer(32, Number::Real(2.5)), Ok(2));
        assert_eq!(to_integer(32, Number::Real(3.5)), Ok(4));
        assert_eq!(to_integer(64, Number::Real(1e19)), Err(c"bigint out of range"));
        assert_eq!(parse_integer(32, b" -12\n"), Ok(-12));
        assert_eq!(parse_integer(32, b"12abc"), Err(c"the text is not an integer"));
        assert_eq!(parse_integer(32, b""), Err(c"the text is not an integer"));
        assert_eq!(parse_integer(16, b"40000"), Err(c"smallint out of range"));
        assert_eq!(parse_real(-64, b" 1e3 "), Ok(1000.0));
        assert_eq!(parse_real(-64, b"1e999"), Err(OVERFLOW));
        assert_eq!(parse_real(-32, b"1e39"), Err(OVERFLOW));
        assert_eq!(parse_real(-64, b"x"), Err(c"the text is not a number"));
        for (value, text) in [
            (0.1, "0.1"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (-1.5e300, "-1.5e+300"),
            (-0.0, "-0"),
        ] {
            assert_eq!(real_to_text(value), text);
        }
    }
}
