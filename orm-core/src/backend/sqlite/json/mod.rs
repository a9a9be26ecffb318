//! JSON documents as PostgreSQL's `jsonb` keeps them: numbers are exact decimals, keys are unique and in `jsonb`'s order.

mod compare;
mod functions;
mod operators;
mod parse;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use self::compare::compare;
pub(super) use self::functions::register;

/// A document, or a value in one. `Display` writes the text that `jsonb` has.
#[derive(Clone)]
enum Document {
    Null,
    Bool(bool),
    /// In plain notation, as PostgreSQL writes a `numeric`.
    Number(String),
    String(String),
    Array(Vec<Self>),
    Object(BTreeMap<Key, Self>),
}

/// A key of an object. Shorter keys come first, as in `jsonb`.
#[derive(Clone, PartialEq, Eq)]
struct Key(String);

/// A key of an object that isn't owned, to look it up.
trait AnyKey {
    fn key(&self) -> &str;
}

impl AnyKey for Key {
    fn key(&self) -> &str {
        &self.0
    }
}

impl AnyKey for &str {
    fn key(&self) -> &str {
        self
    }
}

impl<'k> Borrow<dyn AnyKey + 'k> for Key {
    fn borrow(&self) -> &(dyn AnyKey + 'k) {
        self
    }
}

impl PartialEq for dyn AnyKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for dyn AnyKey + '_ {}

impl PartialOrd for dyn AnyKey + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn AnyKey + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.key().as_bytes(), other.key().as_bytes());
        a.len().cmp(&b.len()).then_with(|| a.cmp(b))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        (self as &dyn AnyKey).cmp(other as &dyn AnyKey)
    }
}

impl Document {
    /// Returns the value of a key of an object.
    fn member<'d>(object: &'d BTreeMap<Key, Self>, key: &str) -> Option<&'d Self> {
        object.get(&key as &dyn AnyKey)
    }

    /// Returns whether it is neither an array nor an object.
    const fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number),
            Self::String(text) => quoted(text, f),
            Self::Array(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    item.fmt(f)?;
                }
                f.write_char(']')
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (index, (Key(key), value)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    quoted(key, f)?;
                    f.write_str(": ")?;
                    value.fmt(f)?;
                }
                f.write_char('}')
            }
        }
    }
}

fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\u{8}' => f.write_str("\\b")?,
            '\u{c}' => f.write_str("\\f")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\0'..='\u{1f}' => write!(f, "\\u{:04x}", u32::from(character))?,
            _ => f.write_char(character)?,
        }
    }
    f.write_char('"')
}
