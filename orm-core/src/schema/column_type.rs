//! The types of columns, and all that mizzle knows of each: the one table that DDL, binding, introspection, `pull` and
//! messages read.
//!
//! A row is a type. A row that leaves something out doesn't compile.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::facts::{BindAs, Family, Now, OnPostgres, OnSqlite, Storage, TypeFacts};

/// Declares the types without parameters, each with its facts.
macro_rules! types {
    ($($(#[$doc:meta])* $ty:ident, $family:ident, $described:literal {
        rust $rust:literal, default $default:literal, values $values:literal, bind $bind:ident;
        postgres $postgres:literal, names [$($in_catalog:literal),*], oids $one:literal $array:literal
            $(, as $text:ident)?;
        sqlite $sqlite:literal, names [$($on_sqlite:literal),* $(,)?], $storage:ident, arrays $arrays:literal
            $(, collation $collation:literal)? $(, form $form:literal)?;
        $(bits $bits:literal;)?
        $(now $now_sqlite:literal, $now_postgres:literal, printed [$($printed:literal),* $(,)?];)?
    })*) => {
        /// The type of a column's values, independent of the database.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ColumnType {
            $($(#[$doc])* $ty,)*
            /// Text of at most this many characters: `varchar` on PostgreSQL, text with a check on SQLite.
            Varchar(u32),
            /// One of a fixed set of labels.
            Enum {
                /// The labels, in the enum's order.
                labels: Vec<String>,
                /// The name of the native type on PostgreSQL. SQLite has text with a check instead.
                native: Option<String>,
            },
            /// A PostgreSQL type that only the program knows, by its name in the catalog; text on SQLite.
            Other(String),
            /// An array of one dimension, whose elements may be NULL: JSON text on SQLite. Its elements are of a type without
            /// parameters, of a native enum or of a type that only the program knows.
            Array(Box<Self>),
        }

        impl ColumnType {
            /// The types without parameters.
            pub const PLAIN: &[Self] = &[$(Self::$ty),*];

            /// Returns what mizzle knows of the type. Text with a maximum length, enums and other types are like text.
            pub const fn facts(&self) -> &'static TypeFacts {
                match self {
                    $(Self::$ty => Kind::$ty.facts(),)*
                    Self::Varchar(_) | Self::Enum { .. } | Self::Other(_) => Kind::Text.facts(),
                    Self::Array(element) => element.array_facts(),
                }
            }

            /// Returns what mizzle knows of arrays of the type.
            pub(super) const fn array_facts(&self) -> &'static TypeFacts {
                match self {
                    $(Self::$ty => Kind::$ty.array_facts(),)*
                    Self::Varchar(_) | Self::Enum { .. } | Self::Other(_) | Self::Array(_) => {
                        Kind::Text.array_facts()
                    }
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
            /// Returns whether it is a named type of PostgreSQL.
            pub const fn is_native(self) -> bool {
                matches!(self, Self::Native(_))
            }

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
                        bind: BindAs::$bind,
                        bits: optional!($($bits)?),
                        now: optional!($(Now {
                            sqlite: $now_sqlite,
                            postgres: $now_postgres,
                            printed: &[$($printed),*],
                        })?),
                        postgres: OnPostgres {
                            declared: $postgres,
                            names: &[$($in_catalog),*],
                            oids: ($one, $array),
                            as_text: <Option<&str>>::is_some(&optional!($(stringify!($text))?)),
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

            /// Returns what mizzle knows of arrays of the type.
            pub const fn array_facts(self) -> &'static TypeFacts {
                match self {
                    $(Self::$ty => const { &TypeFacts {
                        described: concat!("an array, each element ", $described),
                        family: Family::Array,
                        rust: concat!("Vec<", $rust, ">"),
                        default: "`[]`, the empty array",
                        values: "arrays",
                        bind: BindAs::$bind,
                        bits: None,
                        now: None,
                        postgres: OnPostgres {
                            declared: concat!($postgres, "[]"),
                            names: &[],
                            oids: ($array, 0),
                            as_text: Self::$ty.facts().postgres.as_text,
                        },
                        sqlite: OnSqlite {
                            declared: $arrays,
                            names: &[$arrays],
                            storage: Storage::Text,
                            collation: None,
                            form: None,
                        },
                    } },)*
                    Self::Native(_) => Self::Text.array_facts(),
                }
            }

            /// Returns the collation that SQLite compares arrays of the type with.
            pub const fn array_collation(self) -> &'static str {
                match self {
                    $(Self::$ty => concat!("mizzle_array" $(, "_", $collation)?),)*
                    Self::Native(_) => Self::Text.array_collation(),
                }
            }

            /// Returns whether PostgreSQL gets values of the type in text form.
            #[inline]
            pub const fn is_sent_as_text(self) -> bool {
                self.is_native() || self.facts().postgres.as_text
            }
        }

        /// Returns whether PostgreSQL gets values of the type with this number in text form.
        #[inline]
        pub const fn is_sent_as_text(oid: u32) -> bool {
            false $(|| const { Kind::$ty.is_sent_as_text() } && (oid == $one || oid == $array))*
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
    /// true or false; an integer 0 or 1 on SQLite.
    Bool, Bool, "a bool" {
        rust "bool", default "`true` or `false`", values "true or false", bind Bool;
        postgres "boolean", names ["bool"], oids 16 1000;
        sqlite "BOOLEAN", names ["BOOLEAN", "BOOL"], Integer, arrays "BOOLEAN_ARRAY_TEXT";
    }
    /// 16 bits, signed.
    SmallInt, Integer, "a 16-bit integer" {
        rust "i16", default "a whole number", values "whole numbers of 16 bits", bind I16;
        postgres "smallint", names ["int2"], oids 21 1005;
        sqlite "SMALLINT", names ["SMALLINT", "TINYINT", "INT2"], Integer, arrays "I16_ARRAY_TEXT";
        bits 16;
    }
    /// 32 bits, signed.
    Integer, Integer, "a 32-bit integer" {
        rust "i32", default "a whole number", values "whole numbers of 32 bits", bind I32;
        postgres "integer", names ["int4"], oids 23 1007;
        sqlite "INT", names ["INT", "INT4", "MEDIUMINT"], Integer, arrays "I32_ARRAY_TEXT";
        bits 32;
    }
    /// 64 bits, signed.
    BigInt, Integer, "a 64-bit integer" {
        rust "i64", default "a whole number", values "whole numbers of 64 bits", bind I64;
        postgres "bigint", names ["int8"], oids 20 1016;
        sqlite "BIGINT", names ["INTEGER", "BIGINT", "INT8"], Integer, arrays "I64_ARRAY_TEXT";
        bits 64;
    }
    /// Binary floating point of 32 bits (of 64 bits on SQLite).
    Real, Float, "a 32-bit float" {
        rust "f32", default "a number", values "numbers that a float holds exactly", bind F32;
        postgres "real", names ["float4"], oids 700 1021;
        sqlite "REAL", names [], Real, arrays "REAL_ARRAY_TEXT";
        bits 32;
    }
    /// Binary floating point of 64 bits.
    Double, Float, "a 64-bit float" {
        rust "f64", default "a number", values "numbers that a float holds exactly", bind F64;
        postgres "double precision", names ["float8"], oids 701 1022;
        sqlite "DOUBLE", names ["DOUBLE", "DOUBLE PRECISION", "FLOAT", "FLOAT4", "FLOAT8", "REAL"], Real, arrays "DOUBLE_ARRAY_TEXT";
        bits 64;
    }
    /// Text of any length.
    Text, Text, "text" {
        rust "String", default "a string", values "texts of the new type", bind Text;
        postgres "text", names ["text", "varchar", "bpchar"], oids 25 1009, as text;
        sqlite "TEXT", names [
            "TEXT", "CLOB", "STRING", "VARCHAR", "NVARCHAR", "CHAR", "NCHAR", "CHARACTER", "VARYING CHARACTER",
            "CHARACTER VARYING", "NATIVE CHARACTER",
        ], Text, arrays "TEXT_ARRAY_TEXT";
    }
    /// Bytes of any length.
    Bytes, Bytes, "bytes" {
        rust "Vec<u8>", default "a string", values "texts of the new type", bind Bytes;
        postgres "bytea", names ["bytea"], oids 17 1001;
        sqlite "BLOB", names ["BLOB", "BINARY", "VARBINARY", "BYTEA"], Blob, arrays "BLOB_ARRAY_TEXT";
    }
    /// A day.
    Date, Moment, "a date" {
        rust "NaiveDate", default "`now` or a string such as \"2024-01-31\"", values "dates alone", bind Date;
        postgres "date", names ["date"], oids 1082 1182;
        sqlite "DATE_TEXT", names ["DATE_TEXT", "DATE"], Text, arrays "DATE_ARRAY_TEXT", form "0000-00-00";
        now "(strftime('%Y-%m-%d', 'now'))", "((now() AT TIME ZONE 'utc')::date)",
            printed ["((now() AT TIME ZONE 'utc'::text))::date", "(timezone('utc'::text, now()))::date"];
    }
    /// A time of day, in microseconds.
    Time, Moment, "a time" {
        rust "NaiveTime", default "`now` or a string such as \"18:30:00\"", values "times of day", bind Time;
        postgres "time", names ["time"], oids 1083 1183;
        sqlite "TIME_TEXT", names ["TIME_TEXT", "TIME"], Text, arrays "TIME_ARRAY_TEXT", form "00:00:00.000000";
        now "(strftime('%H:%M:%f000', 'now'))", "((now() AT TIME ZONE 'utc')::time)",
            printed [
                "((now() AT TIME ZONE 'utc'::text))::time without time zone",
                "(timezone('utc'::text, now()))::time without time zone",
            ];
    }
    /// A day and time without a zone, in microseconds.
    Timestamp, Moment, "a date and time" {
        rust "NaiveDateTime", default "`now` or a string such as \"2024-01-31 18:30:00\"", values "dates with a time", bind Timestamp;
        postgres "timestamp", names ["timestamp"], oids 1114 1115;
        sqlite "TIMESTAMP_TEXT", names [
            "TIMESTAMP_TEXT", "TIMESTAMP", "DATETIME",
        ], Text, arrays "TIMESTAMP_ARRAY_TEXT", form "0000-00-00 00:00:00.000000";
        now "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))", "(now() AT TIME ZONE 'utc')",
            printed ["(now() AT TIME ZONE 'utc'::text)", "timezone('utc'::text, now())"];
    }
    /// A point in time, in microseconds.
    Timestamptz, Moment, "a point in time" {
        rust "DateTime<Utc>", default "`now` or a string such as \"2024-01-31 18:30:00+00:00\"", values "dates with a time", bind Timestamptz;
        postgres "timestamptz", names ["timestamptz"], oids 1184 1185;
        sqlite "TIMESTAMPTZ_TEXT", names [
            "TIMESTAMPTZ_TEXT", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE",
        ], Text, arrays "TIMESTAMPTZ_ARRAY_TEXT", form "0000-00-00 00:00:00.000000+00:00";
        now "(strftime('%Y-%m-%d %H:%M:%f000+00:00', 'now'))", "CURRENT_TIMESTAMP",
            printed ["CURRENT_TIMESTAMP", "now()"];
    }
    /// 128 bits.
    Uuid, Uuid, "a UUID" {
        rust "Uuid", default "a UUID in a string, or use `default_fn`", values "UUIDs", bind Uuid;
        postgres "uuid", names ["uuid"], oids 2950 2951;
        sqlite "UUID_BLOB", names ["UUID_BLOB"], Blob, arrays "UUID_ARRAY_TEXT";
    }
    /// An exact decimal number; text with the `decimal` collation on SQLite.
    Decimal, Decimal, "a decimal" {
        rust "Decimal", default "a number", values "decimal numbers", bind Decimal;
        postgres "numeric", names ["numeric"], oids 1700 1231;
        sqlite "DECIMAL_TEXT", names ["DECIMAL", "NUMERIC", "NUMBER"], Text, arrays "DECIMAL_ARRAY_TEXT", collation "decimal";
    }
    /// A JSON document: `jsonb` on PostgreSQL, text on SQLite.
    Json, Json, "JSON" {
        rust "serde_json::Value", default "a JSON document in a string", values "JSON documents", bind Json;
        postgres "jsonb", names ["jsonb", "json"], oids 3802 3807;
        sqlite "JSON_TEXT", names ["JSON_TEXT", "JSON"], Text, arrays "JSON_ARRAY_TEXT";
    }
    /// An internet address; text with the `inet` collation on SQLite.
    Inet, Network, "an internet address" {
        rust "Inet", default "an address in a string", values "internet addresses", bind Text;
        postgres "inet", names ["inet"], oids 869 1041, as text;
        sqlite "INET_TEXT", names ["INET"], Text, arrays "INET_ARRAY_TEXT", collation "inet";
    }
    /// A network of internet addresses; text with the `inet` collation on SQLite.
    Cidr, Network, "a network" {
        rust "Cidr", default "a network in a string, such as \"10.1.0.0/16\"", values "networks", bind Text;
        postgres "cidr", names ["cidr"], oids 650 651, as text;
        sqlite "CIDR_TEXT", names ["CIDR"], Text, arrays "CIDR_ARRAY_TEXT", collation "inet";
    }
    /// Months, days and microseconds; text with the `interval` collation on SQLite, which would take a type with `INT`
    /// in its name for integers.
    Interval, Interval, "an interval" {
        rust "Interval", default "an interval in a string, such as \"P1Y2M3DT4H5M6S\"", values "intervals", bind Text;
        postgres "interval", names ["interval"], oids 1186 1187, as text;
        sqlite "DURATION_TEXT", names [], Text, arrays "DURATION_ARRAY_TEXT", collation "interval";
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

    /// Returns the number of bits of a number.
    pub const fn bits(&self) -> Option<u32> {
        self.facts().bits
    }

    /// Returns the least and the greatest whole number that the type can hold.
    pub fn range(&self) -> Option<RangeInclusive<i64>> {
        let unused = 64 - self.bits().filter(|_| self.is_integer())?;
        Some(i64::MIN >> unused..=i64::MAX >> unused)
    }

    /// Returns whether its values are days with a time.
    pub const fn is_date_and_time(&self) -> bool {
        matches!(self, Self::Timestamp | Self::Timestamptz)
    }

    /// Returns the most characters of a text, if the type limits them.
    pub const fn max_length(&self) -> Option<u32> {
        if let Self::Varchar(length) = self { Some(*length) } else { None }
    }

    /// Returns the type of an array's elements.
    pub fn element(&self) -> Option<&Self> {
        if let Self::Array(element) = self { Some(element) } else { None }
    }

    /// Returns the type of a single value: that of an array's elements, or the type itself.
    pub fn item(&self) -> &Self {
        self.element().unwrap_or(self)
    }

    /// Returns the same to change it.
    pub fn item_mut(&mut self) -> &mut Self {
        if let Self::Array(element) = self { element } else { self }
    }

    /// Returns the type of arrays of this one. An enum without a native type is text there: no database checks its labels.
    #[must_use]
    pub fn array(self) -> Self {
        let is_text = matches!(self, Self::Enum { native: None, .. });
        Self::Array(Box::new(if is_text { Self::Text } else { self }))
    }

    /// Returns the labels of an enum.
    pub fn labels(&self) -> Option<&[String]> {
        if let Self::Enum { labels, .. } = self { Some(labels) } else { None }
    }

    /// Returns the name of an enum's native type on PostgreSQL.
    pub fn native(&self) -> Option<&str> {
        if let Self::Enum { native, .. } = self { native.as_deref() } else { None }
    }
}
