//! Arrays as JSON text, as SQLite stores them.
//!
//! A bool is `true` or `false`, an integer or a floating point number a number, and everything else a string: text, the
//! text form of a date, a decimal or an address, a UUID as it is written everywhere, bytes in hexadecimal.

use std::borrow::Cow;

use uuid::Uuid;

use crate::backend::any::{AnyValue, Kind};
use crate::error::ValueError;
use crate::schema::{Family, Storage};

const WANTED: &str = "a JSON array";

/// An element of an array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Element<'t> {
    Null,
    Bool(bool),
    /// A number, as it is written.
    Number(Cow<'t, str>),
    String(Cow<'t, str>),
}

/// Reads the elements of an array, one by one.
pub(crate) struct Elements<'t> {
    text: &'t str,
    at: usize,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Start,
    Inside,
    End,
}

impl<'t> Elements<'t> {
    pub(crate) const fn of(text: &'t str) -> Self {
        Self { text, at: 0, state: State::Start }
    }

    /// Returns all elements.
    #[cfg(feature = "sqlite")]
    pub(crate) fn all(text: &'t str) -> Result<Vec<Element<'t>>, ValueError> {
        let mut elements = Self::of(text);
        let mut all = Vec::new();
        while let Some(element) = elements.next()? {
            all.push(element);
        }
        Ok(all)
    }

    /// Returns the next element.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'t>>, ValueError> {
        if self.state == State::End {
            return Ok(None);
        }
        let separator = if self.state == State::Start { b'[' } else { b',' };
        self.skip_space();
        if self.state == State::Inside && self.take(b']') {
            return self.end();
        }
        if !self.take(separator) {
            return Err(invalid());
        }
        self.skip_space();
        if self.state == State::Start && self.take(b']') {
            return self.end();
        }
        self.state = State::Inside;
        self.element().map(Some)
    }

    fn end(&mut self) -> Result<Option<Element<'t>>, ValueError> {
        self.state = State::End;
        self.skip_space();
        if self.at == self.text.len() { Ok(None) } else { Err(invalid()) }
    }

    fn element(&mut self) -> Result<Element<'t>, ValueError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'[') => Err(ValueError::ArrayDimensions),
            _ => {
                let words = [
                    ("null", Element::Null),
                    ("true", Element::Bool(true)),
                    ("false", Element::Bool(false)),
                ];
                let rest = &self.text.as_bytes()[self.at..];
                let word = words.into_iter().find(|(word, _)| rest.starts_with(word.as_bytes()));
                let (word, element) = word.ok_or_else(invalid)?;
                self.at += word.len();
                Ok(element)
            }
        }
    }

    fn string(&mut self) -> Result<Element<'t>, ValueError> {
        let start = self.at;
        let mut is_plain = true;
        self.at += 1;
        loop {
            match self.peek().ok_or_else(invalid)? {
                b'"' => break,
                b'\\' => {
                    is_plain = false;
                    self.at += 2;
                }
                0..=0x1f => return Err(invalid()),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        let token = self.text.get(start..self.at).ok_or_else(invalid)?;
        if is_plain {
            return Ok(Element::String(Cow::Borrowed(&token[1..token.len() - 1])));
        }
        serde_json::from_str(token)
            .map(|text| Element::String(Cow::Owned(text)))
            .map_err(|_| invalid())
    }

    fn number(&mut self) -> Result<Element<'t>, ValueError> {
        let start = self.at;
        let is_part =
            |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        let token = &self.text[start..self.at];
        // Rust reads all numbers of JSON.
        token.parse::<f64>().map(|_| Element::Number(token.into())).map_err(|_| invalid())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }
}

fn invalid() -> ValueError {
    ValueError::Mismatch { found: "TEXT that is no JSON array".into(), wanted: WANTED }
}

/// A value as a column of the element's type stores it.
pub(crate) enum Stored<'t> {
    Integer(i64),
    Real(f64),
    Text(Cow<'t, str>),
    Blob(Vec<u8>),
}

impl Stored<'_> {
    /// Returns the value as it would come from a column.
    pub(crate) fn value(&self) -> AnyValue<'_> {
        match self {
            Self::Integer(value) => AnyValue::Integer(*value),
            Self::Real(value) => AnyValue::Real(*value),
            Self::Text(text) => AnyValue::Text(text.as_bytes()),
            Self::Blob(bytes) => AnyValue::Blob(bytes),
        }
    }
}

impl<'t> Element<'t> {
    /// Returns the element as a column of this type would store it; `None` for NULL.
    pub(crate) fn stored(self, kind: Kind) -> Result<Option<Stored<'t>>, ValueError> {
        let facts = kind.facts();
        let found = match &self {
            Self::Null => return Ok(None),
            Self::Bool(_) => "true or false in JSON",
            Self::Number(_) => "a JSON number",
            Self::String(_) => "a JSON string",
        };
        let wrong =
            || ValueError::Mismatch { found: found.into(), wanted: kind.array_facts().described };
        Ok(Some(match (self, facts.sqlite.storage) {
            (Self::Bool(value), Storage::Integer) if facts.family == Family::Bool => {
                Stored::Integer(value.into())
            }
            (Self::Number(number), Storage::Integer) if facts.family == Family::Integer => {
                Stored::Integer(number.parse().map_err(|_| wrong())?)
            }
            (Self::Number(number), Storage::Real) => {
                Stored::Real(number.parse().map_err(|_| wrong())?)
            }
            // Another program may have written it as a number.
            (Self::Number(number), Storage::Text) if facts.family == Family::Decimal => {
                Stored::Text(number)
            }
            (Self::String(text), Storage::Text) => Stored::Text(text),
            (Self::String(text), Storage::Blob) if facts.family == Family::Uuid => {
                let uuid = Uuid::try_parse(&text).map_err(|_| wrong())?;
                Stored::Blob(uuid.as_bytes().to_vec())
            }
            (Self::String(text), Storage::Blob) => {
                Stored::Blob(bytes(text.as_bytes()).ok_or_else(wrong)?)
            }
            (
                Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_),
                Storage::Integer | Storage::Real | Storage::Text | Storage::Blob,
            ) => return Err(wrong()),
        }))
    }
}

/// Returns the bytes of hexadecimal digits.
fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let pairs = digits.chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    pairs.collect()
}
