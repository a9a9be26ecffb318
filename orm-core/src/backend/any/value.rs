//! Values as they come from a database.

use std::fmt;

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
        16 => "boolean".into(),
        17 => "bytea".into(),
        20 => "bigint".into(),
        21 => "smallint".into(),
        23 => "integer".into(),
        25 => "text".into(),
        114 => "json".into(),
        700 => "real".into(),
        701 => "double precision".into(),
        1042 => "character".into(),
        1043 => "character varying".into(),
        1082 => "date".into(),
        1083 => "time".into(),
        1114 => "timestamp".into(),
        1184 => "timestamptz".into(),
        1700 => "numeric".into(),
        2950 => "uuid".into(),
        3802 => "jsonb".into(),
        other => format!("the type with oid {other}"),
    }
}
