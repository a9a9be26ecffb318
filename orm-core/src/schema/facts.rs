//! What mizzle knows of a column's type.

/// What a type's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// true or false
    Bool,
    /// whole numbers
    Integer,
    /// binary floating point
    Float,
    /// exact decimal numbers
    Decimal,
    /// text
    Text,
    /// bytes
    Bytes,
    /// dates and times
    Moment,
    /// UUIDs
    Uuid,
    /// documents
    Json,
    /// internet addresses
    Network,
    /// spans of time
    Interval,
    /// arrays of values of a type
    Array,
}

/// The [`Bind`](crate::backend::Bind) of a value: the variant's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants of `Bind` say what they are")]
pub enum BindAs {
    Bool,
    I16,
    I32,
    I64,
    F32,
    F64,
    Text,
    Bytes,
    Json,
    Date,
    Time,
    /// Or a `Moment`, if the column stores moments in another form.
    Timestamp,
    /// Or a `Moment`, if the column stores moments in another form.
    Timestamptz,
    Uuid,
    Decimal,
}

/// How SQLite stores a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// As an integer.
    Integer,
    /// As a floating point number.
    Real,
    /// As text.
    Text,
    /// As bytes.
    Blob,
}

/// What mizzle knows of a type.
#[derive(Debug)]
pub struct TypeFacts {
    /// The type in messages: "the column is …".
    pub described: &'static str,
    /// What its values are.
    pub family: Family,
    /// The Rust type that `pull` writes.
    pub rust: &'static str,
    /// A default of this type, in messages: "write …".
    pub default: &'static str,
    /// Its values in messages: "values that are not …".
    pub values: &'static str,
    /// How its values are bound, or those of the elements.
    pub bind: BindAs,
    /// How many bits a number has, if that is fixed.
    pub bits: Option<u32>,
    /// The current moment, for a type that can hold it.
    pub now: Option<Now>,
    /// On PostgreSQL.
    pub postgres: OnPostgres,
    /// On SQLite.
    pub sqlite: OnSqlite,
}

/// The expressions for the current moment, in UTC in any time zone of the session.
#[derive(Debug)]
pub struct Now {
    /// On SQLite.
    pub sqlite: &'static str,
    /// On PostgreSQL.
    pub postgres: &'static str,
    /// How PostgreSQL prints `postgres`, by version.
    pub printed: &'static [&'static str],
}

/// A type on PostgreSQL.
#[derive(Debug)]
pub struct OnPostgres {
    /// The declared type.
    pub declared: &'static str,
    /// The names in `pg_type` that mean this type.
    pub names: &'static [&'static str],
    /// The numbers of the type and of its array type, which are in PostgreSQL's `pg_type.dat` and never change.
    pub oids: (u32, u32),
    /// Whether values are sent in text form, as [`Bind::Text`](crate::backend::Bind::Text).
    pub as_text: bool,
}

/// A type on SQLite.
///
/// SQLite keeps the declared type as it is written, which is how introspection finds the logical type again. But SQLite
/// acts only on the *affinity* that it derives from parts of the name (<https://sqlite.org/datatype3.html>, 3.1):
/// `INT`, then `CHAR`, `CLOB` or `TEXT`, then `BLOB`, then `REAL`, `FLOA` or `DOUB`. Any other name means NUMERIC,
/// which turns text that looks like a number into one. A `DECIMAL` would store 1.50 as 1.5, a `JSON` the document `1.0`
/// as the float 1, and `CAST(x AS TIMESTAMP)` would turn a day into 2024. So types that are stored as text or blob say
/// so after their logical name. `BOOLEAN` is NUMERIC, which does no harm: its values are integers.
///
/// Only `auto` columns use the exact type `INTEGER`. A primary key of that type is an alias of the rowid, and SQLite
/// makes up a number for NULL there, even if the column is NOT NULL. A key of type `INT` or `BIGINT` refuses NULL, as
/// PostgreSQL does.
#[derive(Debug)]
pub struct OnSqlite {
    /// The declared type.
    pub declared: &'static str,
    /// The declared types that mean this one, in capitals.
    pub names: &'static [&'static str],
    /// The collation that compares its values, if they aren't compared as they are stored.
    pub collation: Option<&'static str>,
    /// How a value is stored.
    pub storage: Storage,
    /// The form of all values, if that is text of a fixed width. A digit stands for any digit.
    pub form: Option<&'static str>,
}
