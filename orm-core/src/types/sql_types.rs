//! mizzle's own SQL types, in addition to [`diesel::sql_types`].

use std::marker::PhantomData;

use diesel::query_builder::QueryId;
use diesel::sql_types::{self, SingleValue, SqlOrd, SqlType, is_nullable};

use crate::schema::MomentForm;

/// An exact decimal number: `numeric` on PostgreSQL, text with the collation `decimal` on SQLite. The SQL
/// type of [`Decimal`](crate::Decimal).
///
/// It compares, sorts and groups as a number on both databases. It doesn't have diesel's operators `+ - * /`, `sum` and
/// `avg`, because SQLite would compute them in binary floating point. [`dsl::decimal`](crate::dsl::decimal) has exact
/// ones.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct ExactNumeric;

impl SqlOrd for ExactNumeric {}

/// An internet address: `inet` on PostgreSQL, text with the collation `inet` on SQLite. The SQL type of
/// [`Inet`](crate::Inet). It compares and sorts as an address on both databases.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Inet;

impl SqlOrd for Inet {}

/// A network of internet addresses: `cidr` on PostgreSQL, text with the collation `inet` on SQLite. The SQL type of
/// [`Cidr`](crate::Cidr). It compares and sorts as an address on both databases.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Cidr;

impl SqlOrd for Cidr {}

/// A span of time: `interval` on PostgreSQL, text with the collation `interval` on SQLite. The SQL type of
/// [`Interval`](crate::Interval). It compares and sorts as a span of time on both databases.
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Interval;

impl SqlOrd for Interval {}

/// A vector of floating point numbers: pgvector's `vector` on PostgreSQL, text on SQLite. The SQL type of
/// [`Vector`](crate::Vector).
#[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
pub struct Vector;

impl SqlOrd for Vector {}

/// A range of values of the type `ST`: `int4range` and the like on PostgreSQL, text on SQLite. The SQL type of
/// [`Range`](crate::Range).
#[derive(Debug, Clone, Copy, Default)]
pub struct Range<ST>(PhantomData<ST>);

impl<ST: 'static> SqlType for Range<ST> {
    type IsNull = is_nullable::NotNull;
}

impl<ST: 'static> SingleValue for Range<ST> {}

impl<ST: 'static> SqlOrd for Range<ST> {}

impl<ST: 'static> QueryId for Range<ST> {
    type QueryId = Self;

    const HAS_STATIC_QUERY_ID: bool = true;
}

/// A type that [`Range`]s have the bounds of.
pub trait RangeBound: SqlType<IsNull = is_nullable::NotNull> + SingleValue + 'static {
    /// The name of PostgreSQL's type of its ranges.
    const NAME: &'static str;
    /// The name as the last argument of SQLite's functions, and the end of the call.
    #[doc(hidden)]
    const AS_ARGUMENT: &'static str;
}

macro_rules! range_bounds {
    ($($bound:ty => $name:literal;)*) => {
        $(impl RangeBound for $bound {
            const NAME: &'static str = $name;
            const AS_ARGUMENT: &'static str = concat!(", '", $name, "')");
        })*
    };
}

range_bounds! {
    sql_types::Integer => "int4range";
    sql_types::BigInt => "int8range";
    ExactNumeric => "numrange";
    sql_types::Date => "daterange";
    sql_types::Timestamp => "tsrange";
    sql_types::Timestamptz => "tstzrange";
}

pub use crate::types::stored::{DateTimeAs, Form, MomentAs};

macro_rules! forms {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("[`MomentForm::", stringify!($name), "`], as a type.")]
            #[derive(Debug, Clone, Copy, Default)]
            pub struct $name;

            impl Form for $name {
                const FORM: MomentForm = MomentForm::$name;
            }
        )*
    };
}

forms!(Iso8601 SqliteDatetime UnixSeconds UnixMillis);
