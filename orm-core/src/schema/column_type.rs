//! The types of columns, and all that mizzle knows of each: the one table that DDL, binding, introspection, `pull` and
//! messages read.
//!
//! A type without a row doesn't compile, and neither does a row that leaves something out.

use serde::{Deserialize, Serialize};

/// The type of a column's values, independent of the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// true or false; an integer 0 or 1 on SQLite.
    Bool,
    /// 16 bits, signed.
    SmallInt,
    /// 32 bits, signed.
    Integer,
    /// 64 bits, signed.
    BigInt,
    /// Binary floating point of 32 bits (of 64 bits on SQLite).
    Real,
    /// Binary floating point of 64 bits.
    Double,
    /// Text of any length.
    Text,
    /// Text of at most this many characters: `varchar` on PostgreSQL, text with a check on SQLite.
    Varchar(u32),
    /// Bytes of any length.
    Bytes,
    /// A day.
    Date,
    /// A time of day, in microseconds.
    Time,
    /// A day and time without a zone, in microseconds.
    Timestamp,
    /// A point in time, in microseconds.
    Timestamptz,
    /// 128 bits.
    Uuid,
    /// An exact decimal number; text with the `decimal` collation on SQLite.
    Decimal,
    /// A JSON document: `jsonb` on PostgreSQL, text on SQLite.
    Json,
    /// One of a fixed set of labels.
    Enum {
        /// The labels, in the enum's order.
        labels: Vec<String>,
        /// The name of the native type on PostgreSQL. SQLite has text with a check instead.
        native: Option<String>,
    },
}

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

/// Declares the types without parameters, each with its facts.
macro_rules! types {
    ($($ty:ident, $family:ident, $described:literal {
        rust $rust:literal, default $default:literal, values $values:literal;
        postgres $postgres:literal, names [$($in_catalog:literal),*], oids $one:literal $array:literal;
        sqlite $sqlite:literal, names [$($on_sqlite:literal),* $(,)?], $storage:ident
            $(, collation $collation:literal)? $(, form $form:literal)?;
        $(now $now_sqlite:literal, $now_postgres:literal, printed [$($printed:literal),* $(,)?];)?
    })*) => {
        impl ColumnType {
            /// The types without parameters.
            pub const PLAIN: &[Self] = &[$(Self::$ty),*];

            /// Returns what mizzle knows of the type. Text with a maximum length and enums are like text.
            pub const fn facts(&self) -> &'static TypeFacts {
                match self {
                    $(Self::$ty => Kind::$ty.facts(),)*
                    Self::Varchar(_) | Self::Enum { .. } => Kind::Text.facts(),
                }
            }
        }

        /// The type of a bound value, independent of the database.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            $(
                #[doc = $described]
                $ty,
            )*
            /// a named type of PostgreSQL; text on SQLite
            Native(&'static str),
        }

        impl Kind {
            /// Returns what mizzle knows of the type. A named type is like text.
            #[inline]
            pub const fn facts(self) -> &'static TypeFacts {
                match self {
                    $(Self::$ty => const { &TypeFacts {
                        described: $described,
                        family: Family::$family,
                        rust: $rust,
                        default: $default,
                        values: $values,
                        now: optional!($(Now {
                            sqlite: $now_sqlite,
                            postgres: $now_postgres,
                            printed: &[$($printed),*],
                        })?),
                        postgres: OnPostgres {
                            declared: $postgres,
                            names: &[$($in_catalog),*],
                            oids: ($one, $array),
                        },
                        sqlite: OnSqlite {
                            declared: $sqlite,
                            names: &[$($on_sqlite),*],
                            storage: Storage::$storage,
                            collation: optional!($($collation)?),
                            form: optional!($($form)?),
                        },
                    } },)*
                    Self::Native(_) => Self::Text.facts(),
                }
            }
        }
    };
}

macro_rules! optional {
    () => {
        None
    };
    ($some:expr) => {
        Some($some)
    };
}

types! {
    Bool, Bool, "a bool" {
        rust "bool", default "`true` or `false`", values "true or false";
        postgres "boolean", names ["bool"], oids 16 1000;
        sqlite "BOOLEAN", names ["BOOLEAN", "BOOL"], Integer;
    }
    SmallInt, Integer, "a 16-bit integer" {
        rust "i16", default "a whole number", values "whole numbers of 16 bits";
        postgres "smallint", names ["int2"], oids 21 1005;
        sqlite "SMALLINT", names ["SMALLINT", "TINYINT", "INT2"], Integer;
    }
    Integer, Integer, "a 32-bit integer" {
        rust "i32", default "a whole number", values "whole numbers of 32 bits";
        postgres "integer", names ["int4"], oids 23 1007;
        sqlite "INT", names ["INT", "INT4", "MEDIUMINT"], Integer;
    }
    BigInt, Integer, "a 64-bit integer" {
        rust "i64", default "a whole number", values "whole numbers of 64 bits";
        postgres "bigint", names ["int8"], oids 20 1016;
        sqlite "BIGINT", names ["INTEGER", "BIGINT", "INT8"], Integer;
    }
    Real, Float, "a 32-bit float" {
        rust "f32", default "a number", values "numbers that a float holds exactly";
        postgres "real", names ["float4"], oids 700 1021;
        sqlite "REAL", names [], Real;
    }
    Double, Float, "a 64-bit float" {
        rust "f64", default "a number", values "numbers that a float holds exactly";
        postgres "double precision", names ["float8"], oids 701 1022;
        sqlite "DOUBLE", names ["DOUBLE", "DOUBLE PRECISION", "FLOAT", "FLOAT4", "FLOAT8", "REAL"], Real;
    }
    Text, Text, "text" {
        rust "String", default "a string", values "texts of the new type";
        postgres "text", names ["text", "varchar", "bpchar"], oids 25 1009;
        sqlite "TEXT", names [
            "TEXT", "CLOB", "STRING", "VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "CHARACTER", "VARYING CHARACTER",
            "CHARACTER VARYING", "NATIVE CHARACTER",
        ], Text;
    }
    Bytes, Bytes, "bytes" {
        rust "Vec<u8>", default "a string", values "texts of the new type";
        postgres "bytea", names ["bytea"], oids 17 1001;
        sqlite "BLOB", names ["BLOB", "BINARY", "VARBINARY", "BYTEA"], Blob;
    }
    Date, Moment, "a date" {
        rust "NaiveDate", default "`now` or a string such as \"2024-01-31\"", values "dates alone";
        postgres "date", names ["date"], oids 1082 1182;
        sqlite "DATE_TEXT", names ["DATE_TEXT", "DATE"], Text, form "0000-00-00";
        now "(strftime('%Y-%m-%d', 'now'))", "((now() AT TIME ZONE 'utc')::date)",
            printed ["((now() AT TIME ZONE 'utc'::text))::date", "(timezone('utc'::text, now()))::date"];
    }
    Time, Moment, "a time" {
        rust "NaiveTime", default "`now` or a string such as \"18:30:00\"", values "times of day";
        postgres "time", names ["time"], oids 1083 1183;
        sqlite "TIME_TEXT", names ["TIME_TEXT", "TIME"], Text, form "00:00:00.000000";
        now "(strftime('%H:%M:%f000', 'now'))", "((now() AT TIME ZONE 'utc')::time)",
            printed [
                "((now() AT TIME ZONE 'utc'::text))::time without time zone",
                "(timezone('utc'::text, now()))::time without time zone",
            ];
    }
    Timestamp, Moment, "a date and time" {
        rust "NaiveDateTime", default "`now` or a string such as \"2024-01-31 18:30:00\"", values "dates with a time";
        postgres "timestamp", names ["timestamp"], oids 1114 1115;
        sqlite "TIMESTAMP_TEXT", names [
            "TIMESTAMP_TEXT", "TIMESTAMP", "DATETIME",
        ], Text, form "0000-00-00 00:00:00.000000";
        now "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))", "(now() AT TIME ZONE 'utc')",
            printed ["(now() AT TIME ZONE 'utc'::text)", "timezone('utc'::text, now())"];
    }
    Timestamptz, Moment, "a point in time" {
        rust "DateTime<Utc>", default "`now` or a string such as \"2024-01-31 18:30:00+00:00\"", values "dates with a time";
        postgres "timestamptz", names ["timestamptz"], oids 1184 1185;
        sqlite "TIMESTAMPTZ_TEXT", names [
            "TIMESTAMPTZ_TEXT", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE",
        ], Text, form "0000-00-00 00:00:00.000000+00:00";
        now "(strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now'))", "CURRENT_TIMESTAMP",
            printed ["CURRENT_TIMESTAMP", "now()"];
    }
    Uuid, Uuid, "a UUID" {
        rust "Uuid", default "a UUID in a string, or use `default_fn`", values "UUIDs";
        postgres "uuid", names ["uuid"], oids 2950 2951;
        sqlite "UUID_BLOB", names ["UUID_BLOB"], Blob;
    }
    Decimal, Decimal, "a decimal" {
        rust "Decimal", default "a number", values "decimal numbers";
        postgres "numeric", names ["numeric"], oids 1700 1231;
        sqlite "DECIMAL_TEXT", names ["DECIMAL", "NUMERIC", "NUMBER"], Text, collation "decimal";
    }
    Json, Json, "JSON" {
        rust "serde_json::Value", default "a JSON document in a string", values "JSON documents";
        postgres "jsonb", names ["jsonb", "json"], oids 3802 3807;
        sqlite "JSON_TEXT", names ["JSON_TEXT", "JSON"], Text;
    }
}

impl ColumnType {
    /// Returns what its values are.
    pub const fn family(&self) -> Family {
        self.facts().family
    }

    /// Returns whether its values are whole numbers.
    pub const fn is_integer(&self) -> bool {
        matches!(self.family(), Family::Integer)
    }

    /// Returns whether its values are numbers.
    pub const fn is_number(&self) -> bool {
        matches!(self.family(), Family::Integer | Family::Float | Family::Decimal)
    }

    /// Returns the type in prose, for messages: "the column is …".
    pub fn described(&self) -> String {
        match self {
            Self::Varchar(length) => format!("text of at most {length} characters"),
            Self::Enum { native: Some(name), .. } => format!("the enum {name:?}"),
            Self::Enum { native: None, .. } => "an enum".into(),
            plain => plain.facts().described.into(),
        }
    }

    /// Returns the type that one of PostgreSQL's catalog means, by its name there.
    pub fn of_postgres(name: &str) -> Option<Self> {
        Self::PLAIN.iter().find(|ty| ty.facts().postgres.names.contains(&name)).cloned()
    }

    /// Returns the type that a declared one of SQLite's means, by its name in capitals.
    pub fn of_sqlite(name: &str) -> Option<Self> {
        Self::PLAIN.iter().find(|ty| ty.facts().sqlite.names.contains(&name)).cloned()
    }
}
