//! Intervals as text.

/// Months, days and microseconds.
pub(crate) type Parts = (i32, i32, i64);

const SECOND: i128 = 1_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;

/// PostgreSQL 17 has these for infinity.
const INFINITE: [Parts; 2] = [(i32::MAX, i32::MAX, i64::MAX), (i32::MIN, i32::MIN, i64::MIN)];

/// Returns whether it is not PostgreSQL's infinity.
pub(crate) fn is_finite(parts: Parts) -> bool {
    !INFINITE.contains(&parts)
}

/// Reads ISO 8601 (`P1Y2M3DT4H5M6.5S`), and the form in which PostgreSQL prints intervals unless it is configured
/// otherwise (`1 year 2 mons 3 days 04:05:06.5`).
pub(crate) fn parse(text: &str) -> Option<Parts> {
    let mut sum = Sum::default();
    match text.strip_prefix('P') {
        Some(iso) => {
            let (date, time) = match iso.split_once('T') {
                Some((_, "")) => return None,
                Some((date, time)) => (date, time),
                None if iso.is_empty() => return None,
                None => (iso, ""),
            };
            sum.add_units(
                date,
                &[('Y', Unit::Months(12)), ('M', Unit::Months(1)), ('D', Unit::Days)],
            )?;
            let times = [
                ('H', Unit::Micros(HOUR)),
                ('M', Unit::Micros(MINUTE)),
                ('S', Unit::Micros(SECOND)),
            ];
            sum.add_units(time, &times)?;
        }
        None => sum.add_words(text)?,
    }
    let parts =
        (sum.months.try_into().ok()?, sum.days.try_into().ok()?, sum.micros.try_into().ok()?);
    is_finite(parts).then_some(parts)
}

/// Returns the text of an interval in the form of ISO 8601, as PostgreSQL writes it.
pub(crate) fn written((months, days, micros): Parts) -> String {
    if (months, days, micros) == (0, 0, 0) {
        return "PT0S".into();
    }
    let mut text = String::from("P");
    push(&mut text, (months / 12).into(), 'Y');
    push(&mut text, (months % 12).into(), 'M');
    push(&mut text, days.into(), 'D');
    if micros == 0 {
        return text;
    }
    text.push('T');
    push(&mut text, micros / 3_600_000_000, 'H');
    push(&mut text, micros / 60_000_000 % 60, 'M');
    let seconds = micros % 60_000_000;
    if seconds != 0 {
        let sign = if seconds < 0 { "-" } else { "" };
        let seconds = seconds.unsigned_abs();
        let digits = format!("{sign}{}.{:06}", seconds / 1_000_000, seconds % 1_000_000);
        text.push_str(digits.trim_end_matches('0').trim_end_matches('.'));
        text.push('S');
    }
    text
}

fn push(text: &mut String, number: i64, letter: char) {
    if number != 0 {
        text.push_str(&number.to_string());
        text.push(letter);
    }
}

#[derive(Clone, Copy)]
enum Unit {
    Months(i128),
    Days,
    Micros(i128),
}

#[derive(Default)]
struct Sum {
    months: i128,
    days: i128,
    micros: i128,
}

impl Sum {
    /// Reads numbers, each before the letter of its unit, in the order of `units`.
    fn add_units(&mut self, mut text: &str, units: &[(char, Unit)]) -> Option<()> {
        let mut units = units.iter();
        while !text.is_empty() {
            let end = text.find(|c: char| c.is_ascii_alphabetic())?;
            let (number, rest) = text.split_at(end);
            let letter = rest.chars().next()?;
            let (_, unit) = units.find(|(known, _)| *known == letter)?;
            self.add(number, *unit)?;
            text = &rest[1..];
        }
        Some(())
    }

    /// Reads words: numbers before their units, and a time of day at the end.
    fn add_words(&mut self, text: &str) -> Option<()> {
        let mut words = text.split_ascii_whitespace().peekable();
        words.peek()?;
        while let Some(number) = words.next() {
            if number.contains(':') {
                self.add_time(number)?;
                return words.next().is_none().then_some(());
            }
            let unit = match words.next()? {
                "year" | "years" => Unit::Months(12),
                "mon" | "mons" | "month" | "months" => Unit::Months(1),
                "day" | "days" => Unit::Days,
                _ => return None,
            };
            self.add(number, unit)?;
        }
        Some(())
    }

    /// Reads `-04:05:06.5`.
    fn add_time(&mut self, text: &str) -> Option<()> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let mut parts = digits.split(':');
        for unit in [HOUR, MINUTE, SECOND] {
            let part = parts.next()?;
            if !part.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            self.add(&format!("{sign}{part}"), Unit::Micros(unit))?;
        }
        parts.next().is_none().then_some(())
    }

    fn add(&mut self, number: &str, unit: Unit) -> Option<()> {
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, number.strip_prefix('+').unwrap_or(number)),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let number = |digits: &str| -> Option<i128> {
            let is_number = (1..=18).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok())?
        };
        let whole = sign * number(whole)?;
        match (unit, fraction) {
            (Unit::Months(each), None) => self.months += whole * each,
            (Unit::Days, None) => self.days += whole,
            (Unit::Micros(each), None) => self.micros += whole * each,
            (Unit::Micros(SECOND), Some(fraction)) if (1..=6).contains(&fraction.len()) => {
                self.micros += whole * SECOND + sign * number(&format!("{fraction:0<6}"))?;
            }
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, written};

    #[test]
    fn reads_both_forms() {
        for (text, parts, iso) in [
            ("P1Y2M3DT4H5M6.5S", (14, 3, 14_706_500_000), "P1Y2M3DT4H5M6.5S"),
            ("1 year 2 mons 3 days 04:05:06.5", (14, 3, 14_706_500_000), "P1Y2M3DT4H5M6.5S"),
            (
                "-1 years -2 mons +3 days -04:05:06",
                (-14, 3, -14_706_000_000),
                "P-1Y-2M3DT-4H-5M-6S",
            ),
            ("00:00:00", (0, 0, 0), "PT0S"),
            ("PT0S", (0, 0, 0), "PT0S"),
            ("P14M", (14, 0, 0), "P1Y2M"),
            ("PT-0.000001S", (0, 0, -1), "PT-0.000001S"),
            ("-00:00:00.5", (0, 0, -500_000), "PT-0.5S"),
            ("30 days", (0, 30, 0), "P30D"),
            ("PT-2562047788H-54.775808S", (0, 0, i64::MIN), "PT-2562047788H-54.775808S"),
        ] {
            assert_eq!(parse(text), Some(parts), "{text}");
            assert_eq!(written(parts), iso, "{text}");
            assert_eq!(parse(iso), Some(parts), "{iso}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "1",
            "P1",
            "P1.5D",
            "P1D2M",
            "P1DT1.1234567S",
            "PT1.S",
            "P1W",
            "p1d",
            "1 week",
            "1 day 1",
            "04:05",
            "1 day 04:05:06 2 days",
            "04:-5:06",
            "P2147483648D",
            "PT9223372036854775808S",
            "1 year  x",
            "infinity",
            "P--1D",
            "P1Y1Y",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&written((i32::MAX, i32::MAX, i64::MAX))), None);
    }
}
