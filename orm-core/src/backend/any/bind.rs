//! Bound values and their types, independent of the database.

use std::borrow::Cow;
use std::fmt;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use uuid::Uuid;

use super::marks;
use crate::dialect::Dialect;
pub use crate::schema::Kind;
use crate::schema::{Family, MomentForm, TypeFacts};

/// The type of a bound value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyType {
    /// The type of the value, or of each element.
    pub kind: Kind,
    /// Whether it is one value or many.
    pub arity: Arity,
    /// The form of moments on SQLite, if it isn't mizzle's own.
    pub form: Option<MomentForm>,
}

/// Whether a bound value is one or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arity {
    /// One value.
    One,
    /// The value of a column of arrays: JSON text on SQLite.
    Array,
    /// A list that a statement takes apart: see `unpack`.
    List,
}

impl AnyType {
    /// Text.
    pub const TEXT: Self = Self::of(Kind::Text);

    /// Returns the type of one value of `kind`.
    pub const fn of(kind: Kind) -> Self {
        Self { kind, arity: Arity::One, form: None }
    }

    /// Returns a type of PostgreSQL's own, such as an enum, by its name there; text on SQLite.
    pub const fn native(name: &'static str) -> Self {
        Self::of(Kind::Native(name))
    }

    /// Returns an array of these.
    #[must_use]
    pub const fn array(self) -> Self {
        Self { arity: Arity::Array, ..self }
    }

    /// Returns a list of these.
    #[must_use]
    pub const fn list(self) -> Self {
        Self { arity: Arity::List, ..self }
    }

    /// Returns whether it is many values.
    #[inline]
    pub const fn is_many(self) -> bool {
        !matches!(self.arity, Arity::One)
    }

    /// Returns what mizzle knows of the type.
    #[inline]
    pub const fn facts(self) -> &'static TypeFacts {
        if self.is_many() { self.kind.array_facts() } else { self.kind.facts() }
    }

    /// Returns the collation that SQLite compares the values with, if it isn't the default.
    pub const fn collation(self) -> Option<&'static str> {
        if self.is_many() {
            Some(self.kind.array_collation())
        } else {
            self.kind.facts().sqlite.collation
        }
    }

    /// Returns the collation that mizzle's expressions on SQLite compare the values by, if it isn't the default. Columns of
    /// documents aren't declared with theirs.
    pub(crate) fn compared_by(self) -> Option<&'static str> {
        let is_document = self.facts().family == Family::Json;
        if is_document { Some(marks::JSON_COLLATION) } else { self.collation() }
    }

    /// Returns SQL that says the type of the expression before it: a cast on PostgreSQL, the collation on SQLite.
    pub(crate) fn said(self, dialect: Dialect) -> String {
        let capabilities = dialect.capabilities();
        match self.collation() {
            Some(collation) if capabilities.rewrites => format!(" COLLATE {collation}"),
            _ if capabilities.rewrites || self.kind.is_native() => String::new(),
            _ => format!("::{}", self.facts().postgres.declared),
        }
    }

    /// Returns the same type in another form on SQLite.
    #[must_use]
    pub const fn in_form(self, form: MomentForm) -> Self {
        Self { form: Some(form), ..self }
    }
}

/// A bound value, borrowed from the query if possible.
///
/// Its `Debug` output shows no value. Only [`DbBuilder::log_values`](crate::DbBuilder::log_values) writes values to the
/// log.
#[derive(Default, Clone)]
pub enum Bind<'a> {
    /// NULL
    #[default]
    Null,
    /// true or false
    Bool(bool),
    /// 16 bits
    I16(i16),
    /// 32 bits
    I32(i32),
    /// 64 bits
    I64(i64),
    /// floating point, 32 bits
    F32(f32),
    /// floating point, 64 bits
    F64(f64),
    /// text
    Text(Cow<'a, str>),
    /// bytes
    Bytes(Cow<'a, [u8]>),
    /// a day
    Date(NaiveDate),
    /// a time of day
    Time(NaiveTime),
    /// a day and time without a zone
    Timestamp(NaiveDateTime),
    /// a point in time
    Timestamptz(DateTime<Utc>),
    /// a point in time, which SQLite stores as text of this form
    Moment(DateTime<Utc>, MomentForm),
    /// 128 bits
    Uuid(Uuid),
    /// an exact decimal number
    Decimal(&'a BigDecimal),
    /// a JSON document, serialized
    Json(String),
    /// values of one type
    Array(Vec<Bind<'a>>),
}

impl fmt::Debug for Bind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bind(..)")
    }
}
