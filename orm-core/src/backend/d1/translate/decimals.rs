//! Keys that sort as decimal numbers do, for numbers that are stored as texts.
//!
//! The key of a number is a text: a digit for its sign, then the number of digits before the point, these digits, and those after
//! it, without the zeros that mean nothing. Digits of negative numbers are letters that sort the other way round. What isn't a
//! number comes after all numbers, as on SQLite.

/// Returns the key of a text.
pub(super) fn key(text: &str) -> String {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number {
        return format!("3{text}");
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.is_empty() && fraction.is_empty() {
        return "1".into();
    }
    let magnitude = format!("{:06}{whole}{fraction}", whole.len());
    if !text.starts_with('-') {
        return format!("2{magnitude}");
    }
    let reversed: String =
        magnitude.bytes().map(|digit| char::from(b'j' - (digit - b'0'))).collect();
    format!("0{reversed}z")
}

/// Returns the SQL of the key of a text.
pub(super) fn key_of(sql: &str) -> String {
    let magnitude = "printf('%06d', length(w)) || w || f";
    let reversed = (0..10).fold(magnitude.to_owned(), |sql, digit: u8| {
        format!("replace({sql}, '{digit}', '{}')", char::from(b'j' - digit))
    });
    let point = "instr(d, '.')";
    format!(
        "(SELECT CASE WHEN x IS NULL THEN NULL \
         WHEN d GLOB '*[^0-9.]*' OR d NOT GLOB '*[0-9]*' OR d GLOB '*.*.*' OR length(x) > length(d) + 1 THEN '3' || x \
         WHEN w = '' AND f = '' THEN '1' WHEN x GLOB '-*' THEN '0' || {reversed} || 'z' ELSE '2' || {magnitude} END \
         FROM (SELECT x, d, ltrim(CASE WHEN {point} THEN substr(d, 1, {point} - 1) ELSE d END, '0') AS w, \
         rtrim(CASE WHEN {point} THEN substr(d, {point} + 1) ELSE '' END, '0') AS f \
         FROM (SELECT x, ltrim(x, '+-') AS d FROM (SELECT {sql} AS x))))"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_numbers() {
        let sorted = [
            "-1000", "-12.5", "-12.25", "-12", "-1.5", "-1.25", "-0.5", "-0.05", "0", "0.05",
            "0.5", "1", "1.25", "1.5", "9", "12", "12.05", "12.5", "1000", "x",
        ];
        for pair in sorted.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
        for (one, other) in
            [("1.50", "1.5"), ("-0", "0.00"), ("+7", "007"), ("-2.0", "-2"), (".5", "0.50")]
        {
            assert_eq!(key(one), key(other));
        }
    }
}
