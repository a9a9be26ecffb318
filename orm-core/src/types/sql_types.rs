//! mizzle's own SQL types, in addition to [`diesel::sql_types`].

use diesel::query_builder::QueryId;
use diesel::sql_types::{SqlOrd, SqlType};

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
