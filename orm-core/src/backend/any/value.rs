//! Values as they come from a database.

use std::fmt;

use crate::schema::ColumnType;

/// A value of a row, not yet decoded. NULL is a `None` of it.
///
/// Its `Debug` output shows no value.
#[derive(Clone, Copy)]
pub enum AnyValue<'a> {
    /// SQLite: an integer.
    Integer(i64),
    /// SQLite: a floating point number.
    Real(f64),
    /// SQLite: text, as bytes that aren't checked to be UTF-8.
    Text(&'a [u8]),
    /// SQLite: bytes.
    Blob(&'a [u8]),
    /// PostgreSQL: a value of the type `oid` in binary form.
    Postgres {
        /// The value.
        bytes: &'a [u8],
        /// The type's number in the catalog.
        oid: u32,
    },
}

impl fmt::Debug for AnyValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyValue({})", self.type_name())
    }
}

impl AnyValue<'_> {
    /// Returns the database's name for the value's type, for an error.
    pub(crate) fn type_name(&self) -> String {
        match self {
            Self::Integer(_) => "INTEGER".into(),
            Self::Real(_) => "REAL".into(),
            Self::Text(_) => "TEXT".into(),
            Self::Blob(_) => "BLOB".into(),
            Self::Postgres { oid, .. } => postgres_type_name(*oid),
        }
    }
}

/// The type numbers are fixed: they are in PostgreSQL's `pg_type.dat`.
fn postgres_type_name(oid: u32) -> String {
    match oid {
        114 => "json".into(),
        1042 => "character".into(),
        1043 => "character varying".into(),
        other => match ColumnType::PLAIN.iter().find(|ty| ty.facts().postgres.oids.0 == other) {
            Some(ty) => ty.facts().postgres.declared.into(),
            None => format!("the type with oid {other}"),
        },
    }
}
