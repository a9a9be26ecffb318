//! The parameters of a statement: numbered as SQLite numbers them, written so that JavaScript changes nothing.

use crate::backend::any::{PATTERN_PARAMETER, to_glob};
use crate::backend::d1::refused;
use crate::backend::d1::value::{Bound, Value, Written};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};

/// A parameter of a request.
///
/// Its `Debug` output shows no value.
#[derive(Clone, PartialEq)]
pub(in crate::backend::d1) enum Param {
    Text(String),
    Number(f64),
}

impl std::fmt::Debug for Param {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Param(..)")
    }
}

/// Stands around the place of a parameter in SQL that isn't finished. No SQL contains it.
const MARK: char = '\u{1}';

/// The longest pattern of LIKE and GLOB that D1 takes, in bytes.
const LONGEST_PATTERN: usize = 50;

pub(super) struct Parameters<'v> {
    values: &'v [Bound],
    /// Parameters with names, and their numbers.
    named: Vec<(String, usize)>,
    highest: usize,
    last: usize,
    /// What the marks stand for.
    params: Vec<Param>,
    /// Numbers of parameters, and the marks of their texts.
    places: Vec<(usize, usize)>,
}

impl<'v> Parameters<'v> {
    pub(super) fn new(values: &'v [Bound]) -> Self {
        Self {
            values,
            named: Vec::new(),
            highest: 0,
            last: 0,
            params: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Returns the number of a parameter, counted from 1, by SQLite's rules.
    pub(super) fn number(&mut self, text: &str) -> usize {
        let number = match text.strip_prefix('?') {
            Some("") => self.highest + 1,
            Some(digits) => digits.parse().unwrap_or(usize::MAX),
            None => match self.named.iter().find(|(name, _)| name == text) {
                Some((_, number)) => *number,
                None => {
                    self.named.push((text.to_owned(), self.highest + 1));
                    self.highest + 1
                }
            },
        };
        self.highest = self.highest.max(number);
        self.last = number;
        number
    }

    /// Returns the number of the last parameter.
    pub(super) fn last(&self) -> Option<usize> {
        self.last.checked_sub(1).map(|_| self.last)
    }

    pub(super) fn value(&self, number: usize) -> Option<&'v Value> {
        let place = number.checked_sub(1)?;
        Some(&self.values.get(place)?.value)
    }

    /// Returns the words for the values of a parameter's type, if equal ones may be different texts.
    pub(super) fn loose(&self, number: usize) -> Option<&'static str> {
        let bound = self.values.get(number.checked_sub(1)?)?;
        bound.loose.filter(|_| bound.value != Value::Null)
    }

    /// Writes a parameter. `is_term`: it is a whole term of an order.
    pub(super) fn write(
        &mut self,
        number: usize,
        name: &str,
        is_term: bool,
        out: &mut String,
    ) -> Result<()> {
        // Too few values are an error at the end.
        let Some(value) = self.value(number) else { return Ok(()) };
        if name.starts_with(PATTERN_PARAMETER)
            && let Value::Text(pattern) = value
        {
            let pattern = to_glob(pattern, Some('\\'));
            return self.push_pattern(pattern, out);
        }
        match value.written() {
            Written::Literal(sql) if is_term => out.push_str(&format!("({sql}+0)")),
            Written::Literal(sql) => out.push_str(&sql),
            Written::Text(text) => match self.places.iter().find(|(known, _)| *known == number) {
                // Another place of the same parameter.
                Some((_, slot)) => push_mark(*slot, out),
                None => {
                    self.places.push((number, self.params.len()));
                    self.push(Param::Text(text.to_owned()), out);
                }
            },
            Written::Number(number) => self.push(Param::Number(number), out),
            Written::Hexadecimal(digits) => {
                out.push_str("unhex(");
                self.push(Param::Text(digits), out);
                out.push(')');
            }
        }
        Ok(())
    }

    /// Writes a pattern of LIKE or GLOB.
    pub(super) fn push_pattern(&mut self, pattern: String, out: &mut String) -> Result<()> {
        if pattern.len() > LONGEST_PATTERN {
            return Err(refused::missing(
                "match so long a pattern",
                &format!("it takes patterns of at most {LONGEST_PATTERN} bytes"),
                "shorten the pattern, or look for a part of the text by `instr` in an `sql!`",
            ));
        }
        self.push(Param::Text(pattern), out);
        Ok(())
    }

    pub(super) fn push(&mut self, param: Param, out: &mut String) {
        push_mark(self.params.len(), out);
        self.params.push(param);
    }

    /// Numbers the parameters that the SQL has. Returns it, and them in their order.
    pub(super) fn finish(self, sql: String) -> Result<(String, Vec<Param>)> {
        if self.highest != self.values.len() {
            let message = format!(
                "the SQL has {} parameters, but {} values are bound",
                self.highest,
                self.values.len()
            );
            return Err(Error::new(ErrorKind::Query, message));
        }
        if !sql.contains(MARK) {
            return check_count(sql, Vec::new());
        }
        let mut numbers: Vec<Option<usize>> = vec![None; self.params.len()];
        let (mut written, mut params) = (String::with_capacity(sql.len()), Vec::new());
        for (place, piece) in sql.split(MARK).enumerate() {
            if place % 2 == 0 {
                written.push_str(piece);
                continue;
            }
            let Some(slot) = piece.parse::<usize>().ok().filter(|&slot| slot < numbers.len())
            else {
                continue;
            };
            let number = *numbers[slot].get_or_insert_with(|| {
                params.push(self.params[slot].clone());
                params.len()
            });
            written.push('?');
            written.push_str(&number.to_string());
        }
        check_count(written, params)
    }
}

fn push_mark(slot: usize, out: &mut String) {
    out.push(MARK);
    out.push_str(&slot.to_string());
    out.push(MARK);
}

fn check_count(sql: String, params: Vec<Param>) -> Result<(String, Vec<Param>)> {
    let most = Dialect::D1.capabilities().parameters;
    if params.len() > most {
        return Err(refused::missing(
            &format!("take a statement with {} parameters", params.len()),
            &format!("it takes at most {most}"),
            "split the statement; `eq_any` takes a list of any length, and `insert_all` any number of rows",
        ));
    }
    Ok((sql, params))
}
