//! Calls of mizzle's functions as plain SQL.

use orm_lexer::TokenKind;

use super::checks::{MISMATCH, arithmetic, failing, out_of_range, to_boolean, to_integer, to_real};
use super::parameters::Param;
use super::{Argument, Writing};
use crate::backend::any::to_glob;
use crate::backend::d1::refused;
use crate::backend::d1::value::Value;
use crate::error::{Error, ErrorKind, Result};

/// The advice for a function that has no other form.
const IN_PROGRAM: &str =
    "read the rows and compute in the program, or write an `sql!` with SQLite's own functions";

impl<'s> Writing<'_, 's> {
    /// Returns plain SQL for a call.
    pub(super) fn call(&mut self, name: &str, arguments: &[Argument<'s>]) -> Result<String> {
        let sql = |place: usize| arguments.get(place).map_or("NULL", |argument| &argument.sql);
        let number = |place: usize| sql(place).parse::<i64>().unwrap_or(64);
        Ok(match name {
            "mizzle_none" => {
                format!("CASE WHEN {} THEN {} ELSE 1 END", sql(0), failing(1043, "there is a row"))
            }
            "mizzle_rows" => self.rows(arguments)?,
            "mizzle_text" => format!("unhex({})", sql(0)),
            "mizzle_glob" => self.glob(arguments)?,
            "mizzle_ilike" => self.ilike(arguments)?,
            "mizzle_lower" | "mizzle_upper" => {
                let function = &name["mizzle_".len()..];
                let fails =
                    failing(1, "D1 changes the case of ASCII letters only, and a text has others");
                format!(
                    "CASE WHEN {text} GLOB '*[^' || char(1) || '-' || char(127) || ']*' THEN {fails} \
                     ELSE {function}({text}) END",
                    text = sql(0)
                )
            }
            "mizzle_substr" if number(0) < 0 => format!(
                "substr({text}, max(length({text}) - {} + 1, 1), {})",
                sql(2),
                sql(3),
                text = sql(1)
            ),
            "mizzle_substr" => format!("substr({}, {}, {})", sql(1), sql(2), sql(3)),
            "mizzle_abs" => {
                let (bits, value) = (number(0), sql(1));
                match bits {
                    16 | 32 => format!(
                        "CASE {value} WHEN {} THEN {} ELSE abs({value}) END",
                        if bits == 16 { i64::from(i16::MIN) } else { i64::from(i32::MIN) },
                        out_of_range(bits)
                    ),
                    _ => format!("abs({value})"),
                }
            }
            "mizzle_checked" if number(1) == -32 => {
                return Err(refused::function(
                    "compute with floating point numbers of 32 bits",
                    "use a column of 64 bits (`f64`)",
                ));
            }
            "mizzle_checked" => {
                let operator = usize::try_from(number(0)).unwrap_or_default();
                bound_once(&arguments[2..], |values| match values {
                    [left, right] => arithmetic(operator, number(1), left, right),
                    _ => "NULL".into(),
                })
            }
            "mizzle_cast" => self.cast(number(0), &arguments[1..])?,
            "mizzle_document" => bound_once(arguments, |values| {
                let text = values.first().map_or("NULL", String::as_str);
                let fails = failing(MISMATCH, "a text is no JSON document");
                format!(
                    "CASE WHEN {text} IS NULL OR json_valid({text}) THEN {text} ELSE {fails} END"
                )
            }),
            "mizzle_array_length" => format!("json_array_length({})", sql(0)),
            "mizzle_array_any"
            | "mizzle_array_contains"
            | "mizzle_array_contained"
            | "mizzle_array_overlaps" => array(name, arguments)?,
            "mizzle_double" => {
                return Err(refused::function(
                    "take so long a list of floating point numbers",
                    "use a shorter list: up to 32 numbers",
                ));
            }
            _ => return Err(refused::function(operation(name), IN_PROGRAM)),
        })
    }

    /// Returns the number of a LIMIT or an OFFSET.
    fn rows(&mut self, arguments: &[Argument<'s>]) -> Result<String> {
        let Some(argument) = arguments.first() else { return Ok("NULL".into()) };
        let fails = failing(MISMATCH, "a LIMIT or an OFFSET is negative");
        match argument.value.and_then(|number| self.parameters.value(number)) {
            Some(Value::Integer(rows)) if *rows < 0 => {
                Err(Error::new(ErrorKind::Value, "a LIMIT or an OFFSET is negative"))
            }
            Some(_) => Ok(argument.sql.clone()),
            None => {
                let sql = &argument.sql;
                Ok(format!("CASE WHEN {sql} < 0 THEN {fails} ELSE {sql} END"))
            }
        }
    }

    /// Returns the text that an argument is, if it is a value.
    fn constant(&self, argument: Option<&Argument<'s>>) -> Option<Value> {
        let argument = argument?;
        if let Some(number) = argument.value {
            return self.parameters.value(number).cloned();
        }
        match argument.tokens.as_slice() {
            [only] if only.kind == TokenKind::Text => Some(Value::Text(only.value()?.into_owned())),
            [only] if only.is("NULL") => Some(Value::Null),
            _ => None,
        }
    }

    /// `mizzle_glob(pattern)`, `mizzle_glob(pattern, escape)`
    fn glob(&mut self, arguments: &[Argument<'s>]) -> Result<String> {
        let escape = match arguments.get(1) {
            None => Some('\\'),
            Some(argument) => match self.constant(Some(argument)) {
                Some(Value::Text(text)) => text.chars().next(),
                _ => return Err(pattern_of_values()),
            },
        };
        match self.constant(arguments.first()) {
            Some(Value::Null) => Ok("NULL".into()),
            Some(Value::Text(pattern)) => {
                let mut sql = String::new();
                self.parameters.push_pattern(to_glob(&pattern, escape), &mut sql)?;
                Ok(sql)
            }
            _ => Err(pattern_of_values()),
        }
    }

    /// `mizzle_ilike(text, pattern)`: SQLite's LIKE knows the case of ASCII letters. Other letters are made small first.
    fn ilike(&mut self, arguments: &[Argument<'s>]) -> Result<String> {
        let pattern = match self.constant(arguments.get(1)) {
            Some(Value::Null) => return Ok("NULL".into()),
            Some(Value::Text(pattern)) => pattern,
            _ => return Err(pattern_of_values()),
        };
        let mut text = arguments.first().map_or_else(|| "NULL".into(), |text| text.sql.clone());
        let small: String = pattern
            .chars()
            .map(|letter| if letter.is_ascii() { letter } else { fold(letter) })
            .collect();
        for (letter, others) in forms(&small) {
            for other in others {
                let mut sql = format!("replace({text}, ");
                self.parameters.push(Param::Text(other.to_string()), &mut sql);
                sql.push_str(", ");
                self.parameters.push(Param::Text(letter.to_string()), &mut sql);
                sql.push(')');
                text = sql;
            }
        }
        let mut sql = format!("({text} LIKE ");
        self.parameters.push_pattern(small, &mut sql)?;
        sql.push_str(" ESCAPE '\\')");
        Ok(sql)
    }

    fn cast(&mut self, bits: i64, arguments: &[Argument<'s>]) -> Result<String> {
        let of = |cast: &dyn Fn(&str) -> String| {
            bound_once(arguments, |values| cast(values.first().map_or("NULL", String::as_str)))
        };
        Ok(match bits {
            0 => of(&|value| {
                let fails = failing(1, "D1 writes no floating point number as a text");
                format!(
                    "CASE typeof({value}) WHEN 'real' THEN {fails} ELSE CAST({value} AS TEXT) END"
                )
            }),
            1 => of(&to_boolean),
            2.. => of(&|value| to_integer(bits, value)),
            -64 => of(&to_real),
            _ => {
                return Err(refused::function(
                    "cast to floating point numbers of 32 bits",
                    "cast to 64 bits (`Double`)",
                ));
            }
        })
    }
}

fn pattern_of_values() -> Error {
    refused::function(
        "match a pattern that is no value of the program",
        "pass the pattern as a value, or use SQLite's own LIKE or GLOB in an `sql!`",
    )
}

/// Returns the letter that mizzle compares with on SQLite.
fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// Returns the letters of a pattern that other letters than ASCII's are forms of, with these.
fn forms(pattern: &str) -> Vec<(char, Vec<char>)> {
    let mut forms: Vec<(char, Vec<char>)> = Vec::new();
    let mut has_others = false;
    for letter in pattern.chars().map(|letter| letter.to_ascii_lowercase()) {
        let of_ascii = match letter {
            // The sign for kelvin, and the Turkish I with a dot.
            'k' => vec!['\u{212a}'],
            'i' => vec!['\u{130}'],
            letter if letter.is_ascii() || !letter.is_alphabetic() => continue,
            _ => Vec::new(),
        };
        if forms.iter().all(|(known, _)| *known != letter) {
            has_others |= of_ascii.is_empty();
            forms.push((letter, of_ascii));
        }
    }
    if has_others {
        for other in ('\u{80}'..='\u{1ffff}').filter(|letter| letter.is_alphabetic()) {
            let small = fold(other);
            let is_other = small != other && !small.is_ascii();
            if is_other
                && let Some((_, others)) = forms.iter_mut().find(|(letter, _)| *letter == small)
            {
                others.push(other);
            }
        }
    }
    forms
}

/// Writes an expression in which the values of the arguments occur several times. Each is computed once, unless it has an
/// aggregate or a window, which would belong to another query then.
fn bound_once(arguments: &[Argument<'_>], write: impl FnOnce(&[String]) -> String) -> String {
    const AGGREGATES: [&str; 7] = ["count", "sum", "total", "avg", "min", "max", "group_concat"];
    let is_simple = |argument: &Argument<'_>| argument.tokens.len() <= 5;
    let is_of_group = |argument: &Argument<'_>| {
        argument
            .tokens
            .iter()
            .any(|token| token.is("OVER") || AGGREGATES.iter().any(|function| token.is(function)))
    };
    if arguments.iter().all(is_simple) || arguments.iter().any(is_of_group) {
        let values: Vec<String> =
            arguments.iter().map(|argument| format!("({})", argument.sql)).collect();
        return format!("({})", write(&values));
    }
    let names: Vec<String> =
        (0..arguments.len()).map(|place| format!("`mizzle_value{place}`")).collect();
    let values: Vec<String> = arguments
        .iter()
        .zip(&names)
        .map(|(argument, name)| format!("{} AS {name}", argument.sql))
        .collect();
    format!("(SELECT {} FROM (SELECT {}))", write(&names), values.join(", "))
}

/// Comparisons of arrays, which are JSON. Their elements compare as SQLite's values do.
fn array(name: &str, arguments: &[Argument<'_>]) -> Result<String> {
    const PLAIN: [&str; 4] = ["smallint", "integer", "bigint", "text"];
    let elements = arguments.last().map_or("", |argument| argument.sql.trim_matches('\''));
    if !PLAIN.contains(&elements) {
        return Err(refused::function(
            &format!("look into an array of the type {elements}"),
            "use an array of integers or texts, or a separate table",
        ));
    }
    let [left, right, ..] = arguments else { return Ok("NULL".into()) };
    let (left, right) = (&left.sql, &right.sql);
    let every = |whole: &str, part: &str| {
        format!(
            "CASE WHEN {whole} IS NOT NULL AND {part} IS NOT NULL THEN NOT EXISTS (SELECT 1 FROM json_each({part}) AS p \
             WHERE p.value IS NULL OR NOT EXISTS (SELECT 1 FROM json_each({whole}) AS w WHERE w.value = p.value)) END"
        )
    };
    Ok(match name {
        "mizzle_array_contains" => every(left, right),
        "mizzle_array_contained" => every(right, left),
        "mizzle_array_overlaps" => format!(
            "CASE WHEN {left} IS NOT NULL AND {right} IS NOT NULL THEN EXISTS (SELECT 1 FROM json_each({left}) AS a \
             WHERE EXISTS (SELECT 1 FROM json_each({right}) AS b WHERE b.value = a.value)) END"
        ),
        _ => format!(
            "CASE WHEN {right} IS NULL THEN NULL \
             WHEN EXISTS (SELECT 1 FROM json_each({right}) AS a WHERE a.value = {left}) THEN 1 \
             WHEN json_array_length({right}) > 0 AND ({left} IS NULL \
             OR EXISTS (SELECT 1 FROM json_each({right}) AS a WHERE a.value IS NULL)) THEN NULL ELSE 0 END"
        ),
    })
}

/// Functions on vectors, which have the names of pgvector's.
const OF_VECTORS: [&str; 4] = ["l2_distance", "inner_product", "cosine_distance", "vector_dims"];

/// Returns whether mizzle brings the function along to SQLite.
pub(super) fn is_mizzles(name: &str) -> bool {
    name.starts_with("mizzle_") || name.starts_with("decimal_") || OF_VECTORS.contains(&name)
}

/// Returns the words for what a function does.
fn operation(name: &str) -> &'static str {
    match name {
        "mizzle_date_trunc" => "cut moments in its SQL",
        "mizzle_inet" | "mizzle_cidr" => "read internet addresses in its SQL",
        "mizzle_interval" => "read intervals in its SQL",
        _ if name.starts_with("decimal_") => "compute with decimal numbers exactly",
        _ if name.starts_with("mizzle_json") => "take JSON documents apart as PostgreSQL does",
        _ if name.starts_with("mizzle_array") => "change arrays in its SQL",
        _ if name.starts_with("mizzle_range") => "compare ranges",
        _ if OF_VECTORS.contains(&name) => "compute with vectors",
        _ => "do this in its SQL",
    }
}
